"""A question to a person and its answer, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Moment = Literal["message", "opening", "turn", "limit", "termination", "interrupt"]
"""Why a person is asked. `message`: an agent asked by itself (`get_human_input`); `opening`: what the
first message shall be; `turn`, `limit`, `termination`: the classic prompts; `interrupt`: the run was
interrupted and asks how to go on."""


@dataclass(frozen=True, slots=True)
class HumanRequest:
    """One question to a person. An answer names it by `id`, never by position."""

    id: str
    """`run_id:number`, unique in the run."""
    prompt: str
    """What the person reads, exactly."""
    agent: str
    """The agent that asks."""
    about: str = ""
    """The agent whose message the question is about, or empty."""
    moment: Moment = "message"
    choices: tuple[str, ...] = ()
    """Words offered for completion; any text is accepted."""
    password: bool = False
    """Whether what is typed must not be shown."""


@dataclass(frozen=True, slots=True)
class HumanReply:
    """The answer to one request."""

    request_id: str
    text: str
    by: str = ""
    """Who answered, as the channel knows; empty where it does not."""
    channel: str = ""
    """The channel through which the answer came."""
    end_of_input: bool = False
    """The channel ended before an answer: text is empty and nobody said anything."""
