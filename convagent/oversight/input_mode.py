"""The three classic human input modes as one pure table.

A mode says at which moments a person is prompted, and what the answer does to the turn. The
behaviour is that of AutoGen 0.2 (``check_termination_and_human_reply``): an empty answer lets
the agent reply by itself, or ends the chat at a termination message; ``exit``, exactly and in
lower case, ends it; any other text becomes the agent's message. It approves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..agent import Ending
from ..errors import one_of
from ..human import Moment

HumanInputMode = Literal["ALWAYS", "TERMINATE", "NEVER"]
MODES: tuple[HumanInputMode, ...] = ("ALWAYS", "TERMINATE", "NEVER")

LIMIT_REACHED = "Maximum number of consecutive auto-replies reached"
USER_EXIT = "User requested to end the conversation"
NO_INPUT = "NO HUMAN INPUT RECEIVED."


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question that a mode asks at this moment."""

    text: str
    moment: Moment


@dataclass(frozen=True, slots=True)
class End:
    """The agent does not reply, and the chat ends."""

    reason: str
    how: Ending = "done"


@dataclass(frozen=True, slots=True)
class Say:
    """The person's text is the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class AutoReply:
    """The agent replies by itself."""


AUTO_REPLY = AutoReply()
Verdict = End | Say | AutoReply


def check_mode(value: object) -> HumanInputMode:
    """Return a human input mode, or raise `ConfigError` with the nearest right word."""
    if value in MODES:
        return value
    raise one_of("human_input_mode", value, MODES)


def met(agent: str) -> str:
    """Return the reason for an end at a termination message."""
    return f"Termination message condition on agent '{agent}' met"


def before_reply(mode: HumanInputMode, agent: str, other: str, at_limit: bool, terminating: bool) -> Prompt | Verdict:
    """Decide what happens when a message has come in: a question, an end, or an auto-reply.

    Args:
        mode: the agent's human input mode.
        agent: its name.
        other: the name of the agent whose message came in.
        at_limit: whether it has given its allowed number of replies in a row.
        terminating: whether the message meets its termination condition.
    """
    if mode == "ALWAYS":
        return Prompt(
            f"Replying as {agent}. Provide feedback to {other}. Press enter to skip and use auto-reply, "
            "or type 'exit' to end the conversation: ",
            "turn",
        )
    if mode == "NEVER":
        if at_limit:
            return End(LIMIT_REACHED, "limit")
        return End(met(agent)) if terminating else AUTO_REPLY
    if at_limit and not terminating:
        return Prompt(
            f"Please give feedback to {other}. Press enter to skip and use auto-reply, "
            "or type 'exit' to stop the conversation: ",
            "limit",
        )
    if at_limit or terminating:
        return Prompt(
            f"Please give feedback to {other}. Press enter or type 'exit' to stop the conversation: ",
            "limit" if at_limit else "termination",
        )
    return AUTO_REPLY


def after_answer(agent: str, prompt: Prompt, answer: str, terminating: bool) -> Verdict:
    """Decide what an answer to a mode's question does."""
    if answer == "exit":
        if prompt.moment == "termination":
            return End(f"{met(agent)} and no human input provided")
        return End(USER_EXIT, "stopped")
    if answer:
        return Say(answer)
    if not terminating:
        return AUTO_REPLY
    return End(met(agent) if prompt.moment == "turn" else f"{met(agent)} and no human input provided")
