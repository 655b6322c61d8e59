"""Chats in chats: queues, prerequisites, nested chats."""

from __future__ import annotations

from typing import Any

from tests.classic.stage import Stage, scenario


def _team(s: Stage, *names: str) -> list[Any]:
    return [s.agent(n, llm_config=s.model(*(f"{n} {i}" for i in range(1, 10)), name=n)) for n in names]


@scenario("sync")
def a_queue(s: Stage) -> None:
    user, (ann, bob) = s.agent("user"), _team(s, "ann", "bob")
    s.results += user.initiate_chats([
        {"recipient": ann, "message": "first", "max_turns": 1},
        {"recipient": bob, "message": "second", "max_turns": 1, "carryover": "given"},
    ])  # fmt: skip
    s.note("results", [len(user.get_chat_results()), user.get_chat_results(1).summary])


@scenario("sync")
def a_queue_of_three_with_exclusions(s: Stage) -> None:
    user, (ann, bob, cid) = s.agent("user"), _team(s, "ann", "bob", "cid")
    s.results += s.ns.initiate_chats([
        {"sender": user, "recipient": ann, "message": "first", "max_turns": 1},
        {"sender": user, "recipient": bob, "message": "second", "max_turns": 1},
        {
            "sender": user, "recipient": cid, "message": "third", "max_turns": 1,
            "finished_chat_indexes_to_exclude_from_carryover": [0],
        },
    ])  # fmt: skip


@scenario("sync")
def a_queue_with_a_message_function(s: Stage) -> None:
    user, (ann, bob) = s.agent("user"), _team(s, "ann", "bob")

    def opening(sender: Any, recipient: Any, context: dict[str, Any]) -> str:
        return f"carried: {context['carryover']}"

    s.results += user.initiate_chats([
        {"recipient": ann, "message": "first", "max_turns": 1, "silent": True},
        {"recipient": bob, "message": opening, "max_turns": 1, "topic": "cats"},
    ])  # fmt: skip


@scenario("sync")
def a_queue_that_talks_to_one_agent_twice(s: Stage) -> None:
    user, (ann,) = s.agent("user"), _team(s, "ann")
    s.results += user.initiate_chats([
        {"recipient": ann, "message": "first", "max_turns": 1, "clear_history": False},
        {"recipient": ann, "message": "second", "max_turns": 1, "clear_history": False},
    ])  # fmt: skip


@scenario("async")
def chats_side_by_side(s: Stage) -> None:
    user, (ann, bob, cid) = s.agent("user"), _team(s, "ann", "bob", "cid")
    queue = [
        {"chat_id": 1, "recipient": ann, "message": "first", "max_turns": 1, "silent": True},
        {"chat_id": 2, "recipient": bob, "message": "second", "max_turns": 1, "silent": True, "prerequisites": [1]},
        {"chat_id": 3, "recipient": cid, "message": "third", "max_turns": 1, "silent": True, "prerequisites": [1, 2]},
    ]
    found = s.wait(user.a_initiate_chats(queue))
    s.note("summaries", {str(k): v.summary for k, v in found.items()})


@scenario("async")
def chats_side_by_side_with_an_exclusion(s: Stage) -> None:
    user, (ann, bob, cid) = s.agent("user"), _team(s, "ann", "bob", "cid")
    queue = [
        {"chat_id": 1, "sender": user, "recipient": ann, "message": "first", "max_turns": 1, "silent": True},
        {
            "chat_id": 2, "sender": user, "recipient": bob, "message": "second", "max_turns": 1, "silent": True,
            "prerequisites": [1],
        },
        {
            "chat_id": 3, "sender": user, "recipient": cid, "message": "third", "max_turns": 1, "silent": True,
            "prerequisites": [1, 2], "finished_chat_indexes_to_exclude_from_carryover": [1],
        },
    ]  # fmt: skip
    s.note("summaries", {str(k): v.summary for k, v in s.wait(s.ns.a_initiate_chats(queue)).items()})


@scenario("sync")
def a_queue_without_a_recipient(s: Stage) -> None:
    s.agent("user").initiate_chats([{"message": "first"}])


@scenario("sync")
def results_of_no_queue(s: Stage) -> None:
    s.agent("user").get_chat_results()


@scenario()
def nested_chats(s: Stage) -> None:
    ann, bob = _team(s, "ann", "bob")
    user = s.agent("user")
    outer = s.agent("outer")
    outer.register_nested_chats(
        [
            {"recipient": ann, "max_turns": 1, "summary_method": "last_msg"},
            {"recipient": bob, "message": "and you?", "max_turns": 1, "summary_method": "last_msg"},
        ],
        trigger=user,
    )
    s.chat(user, outer, message="hello", max_turns=2)


@scenario()
def nested_chat_with_a_message_function(s: Stage) -> None:
    (ann,) = _team(s, "ann")
    user, outer = s.agent("user"), s.agent("outer")

    def opening(recipient: Any, messages: Any, sender: Any, config: Any) -> str:
        return f"{sender.name} told {recipient.name}: {messages[-1]['content']}"

    outer.register_nested_chats([{"recipient": ann, "message": opening, "max_turns": 1}], trigger="user")
    s.chat(user, outer, message="hello", max_turns=1)


@scenario()
def nested_chats_with_nothing_to_say(s: Stage) -> None:
    (ann,) = _team(s, "ann")
    user, outer = s.agent("user"), s.agent("outer")
    outer.register_nested_chats([{"recipient": ann, "message": lambda *a: ""}], trigger=user)
    s.chat(user, outer, message="hello", max_turns=2)


@scenario()
def nested_chats_by_a_reply_function(s: Stage) -> None:
    (ann,) = _team(s, "ann")
    user, outer = s.agent("user"), s.agent("outer")

    def reply(queue: Any, recipient: Any, messages: Any, sender: Any, config: Any) -> Any:
        return True, f"{len(queue)} {recipient.name} {sender.name} {config}"

    outer.register_nested_chats([{"recipient": ann}], trigger=user, reply_func_from_nested_chats=reply, config="c")
    s.chat(user, outer, message="hello", max_turns=1)


@scenario("async")
def nested_chats_side_by_side(s: Stage) -> None:
    ann, bob = _team(s, "ann", "bob")
    user, outer = s.agent("user"), s.agent("outer")
    outer.register_nested_chats(
        [
            {"chat_id": 1, "recipient": ann, "message": "you first", "max_turns": 1, "silent": True},
            {"chat_id": 2, "recipient": bob, "message": "then you", "max_turns": 1, "silent": True,
             "prerequisites": [1]},
        ],
        trigger=user, use_async=True,
    )  # fmt: skip
    s.chat(user, outer, message="hello", max_turns=1)


@scenario("sync")
def nested_side_by_side_without_ids(s: Stage) -> None:
    (ann,) = _team(s, "ann")
    s.agent("outer").register_nested_chats([{"recipient": ann}], trigger=ann, use_async=True)


def _carried(s: Stage, method: Any, **more: Any) -> None:
    (ann,) = _team(s, "ann")
    user = s.agent("user", default_auto_reply="go on")
    outer = s.agent("outer")
    outer.register_nested_chats(
        [{"recipient": ann, "message": "the task", "max_turns": 1,
          "carryover_config": {"summary_method": method, **more}}],
        trigger=user,
    )  # fmt: skip
    s.chat(user, outer, message="hello", max_turns=3)


@scenario()
def nested_carryover_of_all(s: Stage) -> None:
    _carried(s, "all")


@scenario()
def nested_carryover_of_the_last_message(s: Stage) -> None:
    _carried(s, "last_msg")


@scenario()
def nested_carryover_by_reflection(s: Stage) -> None:
    _carried(s, "reflection_with_llm", summary_args={"summary_prompt": "sum it up"})


@scenario("sync")
def nested_carryover_by_a_function(s: Stage) -> None:
    def method(agent: Any, messages: Any, args: Any) -> str:
        return f"{agent.name} {[m['content'] for m in messages]} {args}"

    _carried(s, method, summary_args={"a": 1})
