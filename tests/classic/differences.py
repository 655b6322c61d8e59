"""Where our outcome differs from the classic's on purpose: what differs, and why.

`differences.json` and `differences_of_handoffs.json` hold our values, by `scenario/mode` and by the path of the value
in the outcome.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

WHY: dict[str, str] = {
    # histories and results
    "counts_start_anew_in_the_next_chat": "a result keeps its history; the classic's is emptied by the next chat",
    "clear_history_true_starts_anew": "a result keeps its history; the classic's is emptied by the next chat",
    "clear_history_false_goes_on": "a result keeps its history as it was when its chat ended",
    "roles_may_change_sides": "a result keeps its history as it was when its chat ended",
    "system_message_of_a_model": "a result keeps its history as it was when its chat ended",
    "system_message_from_a_template": "a result keeps its history; the classic's is emptied by the next chat",
    "configuration_is_passed_and_reset": "a result keeps its history; the classic's is emptied by the next chat",
    "function_that_returns_no_text": "a result keeps its history as it was when its chat ended",
    "after_a_chat_a_message_is_answered": "a result keeps its history as it was when its chat ended",
    "stop_reply_at_receive": "a result keeps its history as it was when its chat ended",
    "chat_messages_may_be_edited": "a result keeps its history as it was when its chat ended",
    "reset": "a result keeps its history; the classic's is emptied by the next chat",
    "a_queue_that_talks_to_one_agent_twice": "a result keeps its history as it was when its chat ended",
    "signatures_are_updated_and_removed": "fault 24: registering a tool makes no new client, so usage adds up; "
    "a result keeps its history",
    "message_dict_with_context": "fault 18: `context` is not popped from the stored history",
    "last_received_message": "fault 18: hooks do not edit the stored history",
    "receive_outside_a_chat": "what was received was said: its sender remembers it too",
    "clear_history_keeps_a_call_with_its_result": "nr_messages_to_preserve counts for one named agent too",
    # how a chat ends
    "max_turns_the_recipients_person_exits": "`exit` ends the chat, whichever side the person is on",
    "two_agents_with_nothing_to_say": "fault 33: two agents with nothing to say stop",
    "nested_chats_with_nothing_to_say": "a recipient without a reply ends the chat, under max_turns too",
    # people
    "get_human_input_sync": "fault 5: answers of an overridden get_human_input are in ChatResult.human_input",
    "get_human_input_async": "fault 5: answers of an overridden get_human_input are in ChatResult.human_input",
    "a_patched_class": "fault 5: answers of an overridden get_human_input are in ChatResult.human_input",
    "a_patched_class_async": "fault 5: answers of an overridden get_human_input are in ChatResult.human_input",
    # tools
    "tool_safeguards": "faults 15, 32: async chats pass the safeguards too, which see what the model is told",
    "several_calls": "async chats run the calls of one reply together and report in order",
    "equal_ids": "async chats run the calls of one reply together and report in order",
    "empty_ids": "async chats run the calls of one reply together and report in order",
    "tool_calls_with_a_reply_function": "fault 32: results are text, as the model gets them",
    "empty_arguments": "arguments that are an empty text are no arguments: many servers send that",
    "a_function_that_returns_nothing": "fault 32: results are JSON, and None is null",
    "run_without_recipient_with_tools": "the tools of a run are the agent's for that run only",
    # nested chats and runs
    "nested_carryover_of_all": "the first message is carried over too: the classic loses it, or fails on it",
    "nested_carryover_of_the_last_message": "the first message is carried over too: the classic fails on it",
    "nested_carryover_by_reflection": "the outer history is kept; the classic empties it to reflect on a part of it",
    "nested_carryover_by_a_function": "the first message is carried over too: the classic loses it, or fails on it",
    "run_without_recipient_to_the_user": "fault 13: the last speaker is who spoke last",
    "sequential_run": "fault 13: the last speaker is who spoke last; the event names the method that is used",
    # groups
    "group_in_round_trips": "fault 22: the end of a group is told once",
    "group_in_round_trips_of_a_member": "fault 22: the end of a group is told once",
    "group_ends_at_a_termination_message": "fault 15: the last message reaches everybody in async chats too",
    "group_member_meets_its_own_condition": "fault 22: the end of a group is told once",
    "group_with_a_person_in_it": "fault 22: the end of a group is told once",
    "group_with_limited_members": "fault 22: the end of a group is told once",
    "group_with_a_cleared_history": "fault 22: the end of a group is told once",
    "group_goes_on_where_it_was": "a result keeps its history as it was when its chat ended",
    "group_is_resumed_by_its_manager": "what the manager says to its group itself it remembers once, not twice",
    "group_with_messages_from_before": "the cost is that of everybody, and of the choice of speakers",
    "group_begins_anew": "a result keeps its history; what the manager said to the others is cleared too",
    "group_by_a_model": "the cost is that of everybody, and of the choice of speakers",
    "group_by_a_model_that_has_to_be_asked_again": "the cost is that of everybody, and of the choice of speakers",
    "group_by_a_model_that_is_shown": "the cost is that of everybody, and of the choice of speakers",
    "group_by_a_model_in_other_words": "the cost is that of everybody, and of the choice of speakers",
    "group_by_a_model_without_a_prompt": "the cost is that of everybody, and of the choice of speakers",
    "group_with_models": "the cost is that of everybody, and of the choice of speakers",
    "group_with_tools": "fault 21: no content is not the text None; the cost is that of everybody",
    "group_with_tools_that_anybody_answers": "fault 21: no content is not the text None; the cost is everybody's",
}
WHY |= {
    # group patterns
    "after_work_of_the_group": "fault 22: the end of a group is told once",
    "pattern_in_turns_with_a_user": "fault 22: the end of a group is told once",
    "pattern_ends_at_a_word": "fault 15: the last message reaches everybody in async chats too",
    "pattern_by_a_person": "nobody can choose the executor of tools",
    "pattern_by_a_model": "nobody can choose the executor of tools; what choosing costs is counted",
    "pattern_by_a_model_in_other_words": "nobody can choose the executor of tools; what choosing costs is counted",
    "after_work_of_the_group_by_a_model": "nobody can choose the executor of tools; what choosing costs is counted",
    "model_ends_it": "fault 21: no content is not the text None",
    "model_hands_over": "fault 21: no content is not the text None",
    "model_hands_over_and_back": "faults 21, 24: no text None; making the tools anew forgets no usage",
    "model_hands_over_in_sight": "fault 21: no content is not the text None",
    "model_hands_over_to_a_group_inside": "the classic fails to make its GroupChatConfig",
    "model_hands_over_to_a_nested_chat": "faults 21, 24: no text None; making the tools anew forgets no usage",
    "model_hands_over_to_the_user": "faults 21, 24: no text None; making the tools anew forgets no usage",
    "tool_fails_in_a_pattern": "fault 21: no content is not the text None",
    "tool_hands_over_and_sets_variables": "fault 21: no content is not the text None",
    "tool_result_of_other_kinds": "faults 21, 32: no text None; results are JSON, and None is null",
    "tool_returns_without_handing_over": "what a tool sets in the variables that it is given is set",
    "tool_sends_back_to_its_caller": "StayTarget stays with whoever called the tool, not with the executor",
    "tool_that_nobody_has": "fault 21: no content is not the text None",
    "tools_of_one_reply_share_variables": "fault 21: no content is not the text None",
}
"""By scenario."""

ABSENT = "<absent>"
OURS: dict[str, dict[str, Any]] = {
    key: values
    for name in ("differences.json", "differences_of_handoffs.json")
    for key, values in json.loads((Path(__file__).parent / name).read_text(encoding="utf-8")).items()
}


def apply(key: str, outcome: dict[str, Any]) -> dict[str, Any]:
    """Return the outcome that is expected of us."""
    expected = copy.deepcopy(outcome)
    for path, value in OURS.get(key, {}).items():
        *parents, last = path.split("/")
        place: Any = expected
        for part in parents:
            place = place[int(part) if isinstance(place, list) else part]
        if value == ABSENT:
            del place[last]
        else:
            place[int(last) if isinstance(place, list) else last] = value
    return expected
