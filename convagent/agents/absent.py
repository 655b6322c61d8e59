"""Members of the classic's agents that ours do not have, each with what to do instead."""

from __future__ import annotations

import warnings
from typing import Any, cast

from ..errors import NoSuchAttribute

CODE = "how code is run says code_execution_config=; what runs it is agent.code_executor"
_HOOKS = "hooks are registered by register_hook() and called by the agent itself, before each reply"
_TOOLS = "tools are given by tools=[...], add_tool() or register_for_llm()"

MEMBERS: dict[str, str] = {
    **dict.fromkeys(
        (
            "_code_execution_config", "_code_executor", "_generate_code_execution_reply_using_executor",
            "run_executor", "use_docker",
        ),
        CODE,
    ),
    **dict.fromkeys(
        (
            "hook_lists", "process_all_messages_before_reply", "process_last_received_message",
            "update_agent_state_before_reply",
        ),
        _HOOKS,
    ),
    **dict.fromkeys(("set_ui_tools", "unset_ui_tools", "_tools", "_ui_tools"), _TOOLS),
    **dict.fromkeys(
        ("_last_msg_as_summary", "_reflection_with_llm", "_reflection_with_llm_as_summary", "_summarize_chat"),
        "pass summary_method= to initiate_chat(): 'reflection_with_llm', or a function",
    ),
    "client_cache": "the cache of a chat is given by initiate_chat(..., cache=...)",
    "_append_oai_message": "history is written by send() and receive(); read it in chat_messages",
    "_consecutive_auto_reply_counter": "the counters are reset by reset_consecutive_auto_reply_counter()",
    "_function_map": "the functions it executes are in function_map",
    "_generate_oai_reply_from_client": "register a function that replies: register_reply(); or a model: llm_config=",
    "_human_input": "what a person answered is in ChatResult.human_input",
    "_match_trigger": "a trigger may be a function of the sender: register_reply(function, ...)",
    "_max_consecutive_auto_reply": "call max_consecutive_auto_reply() and update_max_consecutive_auto_reply()",
    "_max_consecutive_auto_reply_dict": "call max_consecutive_auto_reply(sender)",
    "_oai_system_message": "read system_message, and change it by update_system_message()",
    "_print_received_message": "what is shown is an observer's: initiate_chat(..., observers=[...])",
    "_prepare_chat": "do it before initiate_chat(), or override that",
    "_process_message_before_send": "register_hook('process_message_before_send', function) does it",
    "_process_received_message": "override receive(), or add an observer: initiate_chat(..., observers=[...])",
    "_reply_func_list": "reply functions are registered by register_reply() and exchanged by replace_reply_func()",
    "_should_terminate_chat": "pass is_termination_msg=, a function of the message",
}  # fmt: skip
"""By name, what to do instead; the private ones are those that subclasses of the classic reach for."""


def warn_of_overrides(kind: type[Any]) -> None:
    """Warn of methods of a subclass that the classic would call and nobody calls here."""
    for name in vars(kind):
        if name in MEMBERS and (name.startswith("_") or MEMBERS[name] is _HOOKS):
            warnings.warn(
                f"nothing calls {kind.__name__}.{name}: {MEMBERS[name]}",
                UserWarning,
                stacklevel=3,  # the class statement
            )


def missing(agent: Any, name: str) -> Any:
    """Raise `NoSuchAttribute` for what an agent does not have.

    It is called on a miss only, so that what an agent has costs nothing more.
    """
    kind = cast("type[Any]", type(agent))
    if hasattr(kind, name):
        return object.__getattribute__(agent, name)  # a property failed: its own error is the one to be seen
    if name in MEMBERS:
        raise NoSuchAttribute(f"{kind.__name__} has no {name!r}: {MEMBERS[name]}")
    raise NoSuchAttribute(f"{kind.__name__!r} object has no attribute {name!r}", name, agent)
