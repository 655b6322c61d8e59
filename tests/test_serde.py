"""Events and the values in them go through JSON and come back."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from convagent import Action, Decision, HumanReply, HumanRequest, Usage, events
from convagent.action import Failure
from convagent.errors import ConfigError
from convagent.events import Event, MessageEvent, stamp
from convagent.human import Grant, Offer, Seat
from convagent.serde import (
    Record,
    RecordedError,
    encode,
    made,
    read,
    read_body,
    read_value,
    write,
    write_body,
    write_value,
)

ACTION = Action(
    "tool", "bot", "pay", {"amount": 120, "tags": ["a", None]}, "cashier", "run", 3, 1, "call_1", 0.75,
    Failure("TimeoutError", "no answer", retryable=True, doubt=True), 2, "high", {"eur": 120}, "ada",
)  # fmt: skip
REQUEST = HumanRequest(
    "run:4", "May bot call pay?", "bot", "customer", "decision", ("approve", "reject"), True,
    decisions=("approve", "edit"), to=("clerk", "ada"), need=2, given=("bob",), action=ACTION, preview="amount 120",
    changed="amount: 5 -> 120", because="amount > 100", form={"type": "object"}, options=("a", "b"),
    offers=(Offer("exact", "these"), Offer("clause", "those")), schema={"$ref": "#/$defs/x"}, within=60.0,
    deadline=1700000060.5, otherwise="it is denied", level=1,
)  # fmt: skip
VOTE = HumanReply("run:4", "approve", by="bob")
REPLY = HumanReply(
    "run:4", "approve", "ada", "terminal", True, Decision("approve", value={"iban": "x"}, always="clause", lasts=60.0),
    ("clerk",), "os user", (VOTE,),
)  # fmt: skip
GRANT = Grant("g1", "ada", "bot", "pay", "exact", {"amount": 5}, "amount < 10", ("clerk",), "rules", 1700000000.0)
MESSAGE: Any = {"role": "assistant", "content": "hé", "tool_calls": [{"id": "", "function": {"name": "pay"}}]}
TALK = {
    "message": MESSAGE, "sender": "bot", "recipient": "ada", "silent": True, "inner": True, "by": "bob", "side": 1,
    "auto_replies": 4, "owes": False, "typed_by": "cyd",
}  # fmt: skip

TRANSITION: dict[str, Any] = {
    "source_agent": "bot", "transition_target": "ada", "target": {"kind": "agent", "agent_name": "ada"},
    "silent": True,
}  # fmt: skip
ATTEMPT: dict[str, Any] = {"mentions": {"ada": 1}, "attempt": 2, "attempts_left": 1, "verbose": True}
FULL: dict[str, Mapping[str, Any]] = {
    "AfterWorksTransitionEvent": TRANSITION,
    "AnswerRefusedEvent": {"request_id": "run:4", "status": "late", "problem": "too late", "by": "ada", "channel": "w"},
    "ChannelFailedEvent": {"channel": "webhook", "error": "500", "request_id": "run:4"},
    "ClearAgentsHistoryEvent": {"agent_name": "ada", "nr_events_to_preserve": 2},
    "ClearConversableAgentHistoryEvent": {"no_events_preserved": 2},
    "ConfidenceEvent": {"value": 0.25, "source": "vote(3)", "reason": "none"},
    "ControlEvent": {"action": "say", "text": "use EUR", "by": "ada"},
    "DecidedEvent": {"action": ACTION, "decision": Decision("edit", "", {"amount": 5}), "by": ("a",), "grants": ("g",)},
    "ErrorEvent": {"error": RecordedError("ValueError", "no")},
    "EscalatedEvent": {"request": REQUEST, "why": "time is up", "to": "it is denied"},
    "ExecuteCodeBlockEvent": {
        "func_name": "run_code", "call_id": None, "arguments": {"language": "sh", "code": "ls"}, "recipient": "bot",
        "code_block_count": 1, "silent": True,
    },
    "ExecuteFunctionEvent": {"func_name": "pay", "call_id": None, "arguments": {"a": 1}, "recipient": "bot"},
    "ExecutedCodeBlockEvent": {
        "func_name": "run_code", "call_id": None, "arguments": None, "result": "a.txt", "is_exec_success": True,
        "recipient": "bot", "seconds": 0.5, "exit_code": 1, "code_file": "tmp.sh",
    },
    "ExecutedFunctionEvent": {
        "func_name": "pay", "call_id": "c", "arguments": None, "result": "done", "is_exec_success": True,
        "recipient": "bot", "seconds": 0.5,
    },
    "FunctionCallEvent": TALK,
    "FunctionResponseEvent": TALK,
    "GenerateCodeExecutionReplyEvent": {"code_blocks": ("sh", "python"), "sender": "ada", "recipient": "bot"},
    "GrantEvent": {"grant": GRANT},
    "GrantRevokedEvent": {"grant_id": "g1", "why": "no more", "by": "ada"},
    "GuardrailTransitionEvent": {**TRANSITION, "guardrail": "no money"},
    "HandoffEvent": {"source": "ada", "target": "bob", "reason": "billing", "by": "cy"},
    "MergedEvent": {"sources": ("ada", "bob"), "text": "both", "failed": ("cy",), "by": "dan"},
    "OnConditionLLMTransitionEvent": TRANSITION,
    "OnContextConditionTransitionEvent": TRANSITION,
    "PassedEvent": {"reason": "nothing to add"},
    "PlanEvent": {"facts": "it rains", "plan": "1. wait", "number": 2, "by": "ada"},
    "PlanProgressEvent": {
        "satisfied": False, "progressing": True, "looping": False, "speaker": "bob", "instruction": "look",
        "reason": "nobody has", "stalls": 1,
    },
    "GroupChatResumeEvent": {"last_speaker_name": "ada", "events": [{"content": "hi", "name": "ada"}], "silent": True},
    "GroupChatRunChatEvent": {"speaker": "ada", "silent": True},
    "InputReplyEvent": {"reply": REPLY, "seconds": 3.5, "settled": False},
    "InputRequestEvent": {"request": REQUEST, "seat": Seat("ada", ("clerk",))},
    "MessageEvent": TALK,
    "ModelCallFinished": {
        "model": "m", "seconds": 0.1, "usage": Usage(3, 4, 0.5), "cached": True, "finish_reason": "stop", "error": "e",
        "position": 2,
    },
    "ModelCallStarted": {"model": "m"},
    "ModelFallbackEvent": {"model": "m", "endpoint": "e", "error": "x"},
    "ModelRetryEvent": {
        "model": "m", "endpoint": "e", "attempt": 1, "seconds": 2.0, "reason": "rate-limited", "error": "429",
    },
    "PostCarryoverProcessingEvent": {
        "carryover": ["a"], "message": {"content": "x"}, "sender": "a", "recipient": "b", "verbose": True,
        "summary_method": "last_msg", "max_turns": 3,
    },
    "PrintEvent": {"objects": ("a", 1, None), "sep": ",", "end": ""},
    "ProgressEvent": {"tool": "pay", "done": 1.0, "total": 2.0, "note": "half", "arguments": {"a": 1}},
    "ReplyResultTransitionEvent": TRANSITION,
    "ReviewedEvent": {
        "round": 2, "verdict": "reject", "draft": "dear", "result": "Dear", "by": "ada", "reason": "rude",
    },
    "RulingEvent": {"action": ACTION, "ruling": "ask", "reason": "amount > 100"},
    "RunCompletionEvent": {
        "history": [MESSAGE], "summary": "s", "cost": {"total": 0.5}, "last_speaker": "bot", "reason": "done",
        "context_variables": {"x": 1}, "how": "limit",
    },
    "RunLeftEvent": {"status": "waiting", "journal": "runs.db", "reason": "Ctrl-C", "requests": (REQUEST,)},
    "RunStarted": {
        "agents": ("a", "b"), "notes": ("offline",), "parent": "p", "silent": True, "follows": True,
        "hides": {"pay": {"properties": {"pin": {"x-secret": True}}}},
    },
    "SelectSpeakerEvent": {"agents": ("ada", "bob")},
    "SelectSpeakerInvalidInputEvent": {"agents": ("ada", "bob")},
    "SelectSpeakerTryCountExceededEvent": {"try_count": 3, "agents": ("ada", "bob")},
    "SelectionMessageEvent": {"text": "who?", "sender": "ada", "recipient": "bob"},
    "SpeakerAttempt": ATTEMPT,
    "SpeakerAttemptFailedMultipleAgentsEvent": ATTEMPT,
    "SpeakerAttemptFailedNoAgentsEvent": ATTEMPT,
    "SpeakerAttemptSuccessfulEvent": ATTEMPT,
    "StreamEvent": {"text": "he", "sender": "a", "recipient": "b", "silent": True, "draft": True},
    "StreamResetEvent": {"reason": "broken", "sender": "a", "recipient": "b", "silent": True, "draft": True},
    "TerminationAndHumanReplyNoInputEvent": {"no_human_input_msg": "none", "sender": "a", "recipient": "b"},
    "TerminationEvent": {"termination_reason": "done", "sender": "a", "recipient": "b", "silent": True, "how": "limit"},
    "TextEvent": TALK,
    "ToolCallEvent": TALK,
    "ToolNotRunEvent": {"func_name": "pay", "call_id": "c", "reason": "no", "recipient": "b"},
    "ToolResponseEvent": TALK,
    "TransitionEvent": TRANSITION,
    "UsageSummaryEvent": {"mode": "both", "actual": {"a": 1}, "total": {"b": 2}},
    "UsingAutoReplyEvent": {"human_input_mode": "ALWAYS", "sender": "a", "recipient": "b"},
}  # fmt: skip
"""Of every event class each field with a value of its own that is not the default."""

CLASSES = sorted(
    (c for c in vars(events).values() if isinstance(c, type) and issubclass(c, Event) and c is not Event),
    key=lambda c: c.__name__,
)


def _same(one: Event, other: Event) -> None:
    if isinstance(one, events.ErrorEvent) and isinstance(other, events.ErrorEvent):
        assert repr(one.error) == repr(other.error)
        assert (one.run_id, one.seq, one.at, one.agent) == (other.run_id, other.seq, other.at, other.agent)
        return
    assert type(one) is type(other)
    assert one == other


@pytest.mark.parametrize("kind", CLASSES, ids=lambda c: c.__name__)
def test_every_event_class_goes_through_json(kind: type[Event]) -> None:
    """Every event class comes back as it was. A new class, or a new field, needs its line in FULL."""
    own = {f.name for f in fields(kind) if not f.name.startswith("_")} - {"run_id", "seq", "at", "agent"}
    assert kind.__name__ in FULL, f"{kind.__name__} is new: give it a line in FULL, with a value for each field"
    values = FULL[kind.__name__]
    assert set(values) == own
    defaults = {f.name: f.default for f in fields(kind)}
    assert [name for name, value in values.items() if value == defaults[name]] == []
    event = kind(**values, agent="bot")
    stamp(event, "run/1", 7, 1700000000.25)
    text = write(event)
    assert json.loads(text)["v"] == 1
    _same(read(text), event)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda c: c.__name__)
def test_event_is_its_body_and_its_row_when_written_apart(kind: type[Event]) -> None:
    """A body without run, number and time comes back with those of the row that it stands in."""
    event = kind(**FULL[kind.__name__])
    body = json.loads(write_body(event))
    assert not {"run_id", "seq", "at"} & set(body)
    stamp(event, "run", 3, 5.0)
    _same(read_body(body, "run", 3, 5.0), event)


@pytest.mark.parametrize("value", [ACTION, REQUEST, REPLY, GRANT, Decision("stop", "why"), Seat("ada"), Usage(1, 2)])
def test_value_goes_through_json(value: Any) -> None:
    """The values that a journal keeps come back one by one, too."""
    assert read_value(type(value), write_value(value)) == value


@pytest.mark.parametrize("given", [None, 3, "x", ["kind"], {"kin": "tool"}], ids=repr)
def test_value_is_refused_when_it_was_no_such_value(given: object) -> None:
    """What stands in a row is read as strictly as a text."""
    with pytest.raises(ConfigError):
        made(Action, given)


ODD: list[Any] = [
    Decimal("1.10"), datetime(2026, 1, 2, 3, 4, 5, 6, UTC), date(2026, 1, 2), time(3, 4), timedelta(days=1, seconds=2),
    UUID(int=7), b"\x00\xff", {1, 2}, float("inf"), {"$is": "mine"}, {"$is": "decimal", "value": "x"}, "\ud800", 10**30,
]  # fmt: skip


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_argument_keeps_its_type_when_json_has_no_word_for_it(value: Any) -> None:
    """Arguments that a tool was given come back as they were, and the action is the same one."""
    action = Action("tool", "bot", "pay", {"value": value, "list": [{"in": value}]})
    found = read_value(Action, write_value(action))
    assert found == action
    assert found.digest == action.digest


class Colour(enum.Enum):
    RED = "red"


class Form(BaseModel):
    amount: int
    pin: SecretStr


@dataclass
class Point:
    x: int
    y: Any


@pytest.mark.parametrize("value", [Colour.RED, Form(amount=1, pin=SecretStr("1234")), Point(1, Point(2, None))])
def test_digest_stays_when_an_argument_is_of_the_users_own_class(value: Any) -> None:
    """What cannot be rebuilt comes back as what the digest sees of it, so an approval is still for this action."""
    action = Action("tool", "bot", "pay", {"value": value})
    text = write_value(action)
    assert read_value(Action, text).digest == action.digest
    assert "1234" not in text


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text()
        | st.decimals(allow_nan=False)
        | st.binary(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("$is"), inner, max_size=4),
        max_leaves=12,
    )
)
def test_any_plain_value_comes_back(value: Any) -> None:
    """Whatever containers of plain values an argument is, it comes back equal; NaN as NaN."""
    found = read_value(Action, write_value(Action("tool", "bot", "pay", {"value": value}))).arguments["value"]
    assert repr(found) == repr(value)


def test_container_that_holds_itself_is_written() -> None:
    """A value without an end does not hang or end the run: where it begins again a text says so."""
    endless: list[Any] = [1]
    endless.append(endless)
    assert json.loads(encode({"a": endless})) == {"a": [1, "(nested in itself)"]}


def test_number_that_json_has_not_is_written_as_json() -> None:
    """Other readers of the file can read it: there is no NaN and no Infinity in it."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    text = write_value(Action("tool", "bot", "pay", {"a": float("nan"), "b": [float("-inf")]}))
    assert json.loads(text, parse_constant=refuse)["arguments"]["a"] == {"$is": "float", "value": "nan"}


def test_unknown_event_comes_back_as_a_record() -> None:
    """An event of a later version is no error, and is written again as it was."""
    text = '{"v":1,"type":"telepathy","agent":"bot","who":["ada"],"run_id":"r","seq":3,"at":2.5}'
    event = read(text)
    assert isinstance(event, Record)
    assert (event.kind, event.agent, event.run_id, event.seq, event.at) == ("telepathy", "bot", "r", 3, 2.5)
    assert event.body["who"] == ["ada"]
    assert json.loads(write(event)) == json.loads(text)


@pytest.mark.parametrize("body", [{"v": 2, "text": 1}, {"v": 1, "text": "a", "mood": "glad"}])
def test_known_event_comes_back_as_a_record_when_it_is_of_a_later_version(body: dict[str, Any]) -> None:
    """Neither a higher version nor a field that is not known yet is guessed at, or dropped."""
    event = read_body({**body, "type": "control"})
    assert isinstance(event, Record)
    assert {**event.body} == body


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"v":1,"type":"control"}', "action"),
        ('{"v":1,"type":"control","action":5}', "control: action: 5 is no str"),
        ('{"v":1,"type":"ruling","ruling":"ask","action":{"kind":"dance","agent":"a","name":"b"}}', "dance"),
        ('{"v":1,"type":"decided","action":[],"decision":{"verb":"approve"}}', "no Action"),
        ('{"type":"control"}', "has a v and a type"),
        ("[]", "expected an object"),
        ("{", "no JSON"),
        ('{"v":1,"type":"print","objects":[{"$is":"decimal","value":"many"}]}', "no decimal"),
    ],
)
def test_known_event_is_refused_when_it_lacks_what_belongs_to_it(text: str, said: str) -> None:
    """What says that it is an event that is known, and is none, is an error that names the field."""
    with pytest.raises(ConfigError, match=said):
        read(text)


def test_functions_are_not_written() -> None:
    """The ways to answer a question stay behind; a stored request is answered by nobody."""
    event = events.InputRequestEvent(request=REQUEST, _answered=lambda: True)
    found = read(write(event))
    assert isinstance(found, events.InputRequestEvent)
    assert found.request == REQUEST
    assert not found.answered
    assert found.respond("approve").status == "unknown"


def test_content_that_is_a_function_is_written_as_what_it_returns() -> None:
    """A message whose content is made from its context is stored as the text that was said."""
    message: Any = {"role": "user", "content": lambda context: f"hi {context['who']}", "context": {"who": "ada"}}
    found = read(write(events.TextEvent(message=message, sender="a", recipient="b")))
    assert isinstance(found, MessageEvent)
    assert found.text == "hi ada"


def test_error_is_stored_as_type_and_text() -> None:
    """Of an exception its class's name and its text are left, and no code runs to read it."""
    found = read(write(events.ErrorEvent(error=ConfigError("amount is wrong"))))
    assert isinstance(found, events.ErrorEvent)
    assert repr(found.error) == "ConfigError: amount is wrong"
