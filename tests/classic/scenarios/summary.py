"""How a chat is summed up."""

from __future__ import annotations

from typing import Any

from tests.classic.stage import Stage, scenario


def _pair(s: Stage, *replies: Any, **given: Any) -> tuple[Any, Any]:
    return s.agent("user", default_auto_reply="go on", **given), s.agent("bot", llm_config=s.model(*replies))


@scenario()
def last_message_without_the_word(s: Stage) -> None:
    s.chat(*_pair(s, "all done. TERMINATE"), message="hello", max_turns=1)


@scenario()
def last_message_of_parts(s: Stage) -> None:
    user, bot = _pair(s, "one")
    parts = [{"type": "text", "text": "the end TERMINATE"}, {"type": "text", "text": "really"}]
    bot.register_reply([s.ns.ConversableAgent], lambda *a, **k: (True, {"content": parts}))
    s.chat(user, bot, message="hello", max_turns=1)


@scenario()
def no_summary(s: Stage) -> None:
    s.chat(*_pair(s, "one"), message="hello", max_turns=1, summary_method=None)


@scenario()
def reflection(s: Stage) -> None:
    s.chat(*_pair(s, "one", "in short"), message="hello", max_turns=1, summary_method="reflection_with_llm")


@scenario()
def reflection_with_a_prompt_and_role(s: Stage) -> None:
    args = {"summary_prompt": "sum it up", "summary_role": "user"}
    user, bot = _pair(s, "one", "in short")
    s.chat(user, bot, message="hello", max_turns=1, summary_method="reflection_with_llm", summary_args=args)


@scenario()
def reflection_by_the_senders_model(s: Stage) -> None:
    user = s.agent("user", llm_config=s.model("in short"))
    bot = s.agent("bot", default_auto_reply="fine")
    s.chat(user, bot, message="hello", max_turns=1, summary_method="reflection_with_llm")


@scenario()
def reflection_over_tool_calls(s: Stage) -> None:
    calls = [{"id": "c1", "name": "look", "arguments": {}}]
    user, bot = _pair(s, calls, "seen", "in short", function_map={"look": lambda: "a cat"})
    s.chat(user, bot, message="hello", max_turns=2, summary_method="reflection_with_llm")


@scenario()
def reflection_that_fails(s: Stage) -> None:
    from convagent.testing.faults import status

    config = s.model("one", status(400, message="no"))
    s.chat(
        s.agent("user"), s.agent("bot", llm_config=config),
        message="hello", max_turns=1, summary_method="reflection_with_llm",
    )  # fmt: skip


@scenario()
def reflection_without_any_model(s: Stage) -> None:
    s.chat(
        s.agent("user"), s.agent("bot", default_auto_reply="fine"),
        message="hello", max_turns=1, summary_method="reflection_with_llm",
    )  # fmt: skip


@scenario()
def function_as_summary(s: Stage) -> None:
    def count(sender: Any, recipient: Any, args: dict[str, Any]) -> str:
        known = sorted(k for k in args if k != "cache")
        return f"{sender.name} {recipient.name} {known} {len(recipient.chat_messages[sender])}"

    s.chat(*_pair(s, "one"), message="hello", max_turns=1, summary_method=count, summary_args={"a": 1})


@scenario()
def function_that_returns_no_text(s: Stage) -> None:
    user, bot = _pair(s, "one", "two")
    s.chat(user, bot, message="hello", max_turns=1, summary_method=lambda *a: {"content": "inside"})
    s.chat(user, bot, message="hello", max_turns=1, summary_method=lambda *a: 7, clear_history=False)


@scenario()
def unknown_method(s: Stage) -> None:
    s.chat(*_pair(s, "one"), message="hello", max_turns=1, summary_method="poem")


@scenario()
def no_reply_at_all(s: Stage) -> None:
    s.chat(s.agent("user"), s.agent("bot", max_consecutive_auto_reply=0), message="hello")
