"""A stage on which one scenario is played: with the classic's names, or with ours.

A scenario uses classic names only. What can be seen of it afterwards (histories, requests,
prompts, the transcript) is its outcome; it is plain JSON, so that it can be compared with
what the classic did.
"""

from __future__ import annotations

import asyncio
import builtins
import io
import json
import re
import sys
import warnings
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from convagent.testing.openai_server import OpenAIServer

_RUN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(/[\w]+)*")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

EVENTS = {
    "text": ("sender", "recipient", "content"),
    "tool_call": ("sender", "recipient", "tool_calls"),
    "tool_response": ("sender", "recipient", "tool_responses"),
    "function_call": ("sender", "recipient", "function_call"),
    "function_response": ("sender", "recipient", "content"),
    "input_request": ("prompt", "password"),
    "using_auto_reply": ("human_input_mode", "sender", "recipient"),
    "termination_and_human_reply_no_input": ("no_human_input_msg", "sender", "recipient"),
    "termination": ("termination_reason", "sender", "recipient"),
    "execute_function": ("func_name", "call_id", "arguments", "recipient"),
    "executed_function": ("func_name", "call_id", "arguments", "content", "recipient"),
    "run_completion": ("summary", "history", "cost", "last_speaker"),
    "post_carryover_processing": ("carryover", "message", "sender", "recipient", "summary_method", "max_turns"),
    "usage_summary": (),
}
"""The events that both have, and what of their payload a migrated processor reads."""


class Unanswered(BaseException):
    """A scenario asked more often than it has answers: it is wrong, or what it plays is."""


@dataclass
class Scenario:
    """A function of a stage, and how it is played."""

    play: Callable[[Stage], Any]
    group: str
    modes: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.play.__name__


SCENARIOS: list[Scenario] = []
BOTH = ("sync", "async")


def scenario(*modes: str) -> Callable[[Callable[[Stage], Any]], Callable[[Stage], Any]]:
    """Register a scenario; it is played in synchronous and in async chats unless modes are named."""

    def register(play: Callable[[Stage], Any]) -> Callable[[Stage], Any]:
        SCENARIOS.append(Scenario(play, play.__module__.rpartition(".")[2], modes or BOTH))
        return play

    return register


@dataclass
class Stage:
    """Makes agents, models and people, and notes what happens to them."""

    ns: Any
    mode: str
    agents: list[Any] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    results: list[Any] = field(default_factory=list)
    servers: dict[str, OpenAIServer] = field(default_factory=dict)
    exits: ExitStack = field(default_factory=ExitStack)

    @property
    def is_async(self) -> bool:
        return self.mode == "async"

    def agent(self, name: str, kind: Any = "ConversableAgent", **given: Any) -> Any:
        """Make an agent: no model and no person unless asked for."""
        cls = getattr(self.ns, kind) if isinstance(kind, str) else kind
        if kind == "ConversableAgent":
            given = {"human_input_mode": "NEVER", "llm_config": False, **given}
        made = cls(name, **given)
        self.agents.append(made)
        return made

    def model(self, *replies: Any, name: str = "model", **more: Any) -> dict[str, Any]:
        """Return the configuration of a model that gives these replies."""
        server = self.exits.enter_context(OpenAIServer(list(replies)))
        self.servers[name] = server
        return server.llm_config(**{"cache_seed": None, **more})

    def person(self, *answers: str) -> None:
        """Type these answers, one a prompt."""
        self.answers.extend(answers)

    def input(self, prompt: object = "") -> str:
        """Stand for `input`; the transcript shows the prompt and the answer as a terminal does."""
        self.prompts.append(str(prompt))
        if not self.answers:
            raise Unanswered(f"nobody is there to answer {prompt!r}")
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        sys.stdout.write(f"{prompt}{answer}\n")
        return answer

    def chat(self, sender: Any, recipient: Any, **given: Any) -> Any:
        """Hold a chat, in the scenario's mode."""
        if self.is_async:
            result = self.wait(sender.a_initiate_chat(recipient, **given))
        else:
            result = sender.initiate_chat(recipient, **given)
        self.results.append(result)
        return result

    def do(self, target: Any, method: str, *args: Any, **given: Any) -> Any:
        """Call a method, or its `a_` twin."""
        if self.is_async:
            return self.wait(getattr(target, f"a_{method}")(*args, **given))
        return getattr(target, method)(*args, **given)

    def wait(self, coro: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(coro)

    def note(self, name: str, value: Any) -> None:
        """Remember a value as part of the outcome."""
        self.notes[name] = value

    def log(self, name: str, value: Any) -> None:
        """Append a value to a list of the outcome."""
        self.notes.setdefault(name, []).append(plain(value))


def play(
    found: Scenario, ns: Any, mode: str, redirect: Callable[[io.StringIO], None] = lambda out: None
) -> dict[str, Any]:
    """Play a scenario and return its outcome."""
    stage = Stage(ns, mode)
    out = io.StringIO()
    error = None
    with (
        stage.exits,
        mock.patch.object(builtins, "input", stage.input),
        mock.patch.object(sys, "stdout", out),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        redirect(out)
        try:
            returned = found.play(stage)
        except Exception as raised:
            returned, error = None, builtin_error(raised)
    return {
        "returned": plain(returned),
        "error": error,
        "notes": plain(stage.notes),
        "prompts": stage.prompts,
        "unasked": len(stage.answers),
        "results": [result_of(r) for r in stage.results],
        "histories": {
            a.name: {peer.name: plain(list(messages)) for peer, messages in a.chat_messages.items() if messages}
            for a in stage.agents
        },
        "requests": {name: [request_of(b) for b in server.bodies] for name, server in stage.servers.items()},
        "transcript": transcript(out.getvalue()),
    }


def result_of(result: Any) -> dict[str, Any]:
    """Return what a ChatResult holds."""
    return {
        "chat_history": plain(result.chat_history),
        "summary": plain(result.summary),
        "cost": plain(result.cost),
        "human_input": plain(result.human_input),
    }


def request_of(body: Any) -> dict[str, Any]:
    """Return what a model was asked; null and absent are the same to an endpoint."""
    return {k: plain(v) for k, v in sorted(body.items()) if v is not None and (k, v) != ("stream", False)}


def event_of(event: Any) -> Any:
    """Return what a migrated processor reads of an event; None for a kind that only we have."""
    fields = EVENTS.get(event.type)
    if fields is None:
        return None
    content = event.content
    return {"type": event.type, **{name: plain(getattr(content, name, None)) for name in fields}}


def transcript(text: str) -> list[str]:
    """Return the lines of a transcript, without colours and the ids of runs."""
    return _RUN.sub("<run>", _COLOUR.sub("", text)).split("\n")


def builtin_error(error: BaseException) -> str:
    """Return the name of the nearest built-in class of an error: what an existing `except` catches."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")


def plain(value: Any) -> Any:
    """Return a value as JSON; what JSON cannot hold as its name or text."""
    return json.loads(json.dumps(value, default=_named, sort_keys=True))


def _named(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump()
    if hasattr(value, "items"):
        return dict(value.items())
    return getattr(value, "name", None) or getattr(value, "__name__", None) or str(value)
