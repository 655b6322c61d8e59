"""The ledgers of an orchestrator: what its model is asked for, and how the answer is read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ..agent import Agent
from ..errors import nearest


class NoLedger(ValueError):
    """What a model sent is no ledger; the text says what is wrong with it."""


# ---------------------------------------------------------------- the task ledger

PARTS: Mapping[str, str] = {
    "given": "Given", "look_up": "To look up", "derive": "To work out", "guesses": "Guesses",
}  # fmt: skip
"""By field: what the parts of the facts are called."""


@dataclass(frozen=True, slots=True)
class TaskLedger:
    """What is known of a task, and how it is to be done."""

    facts: str
    plan: str


def read_task(text: str) -> TaskLedger:
    """Read a task ledger.

    Raises:
        NoLedger: it is none.
    """
    found = _object(text)
    plan = _lines(found, "plan")
    if not plan:
        raise NoLedger("'plan' is empty; it needs at least one step")
    parts = {field: _lines(found, field) for field in PARTS}
    facts = "\n\n".join(
        f"{PARTS[field]}:\n" + "\n".join(f"- {one}" for one in parts[field]) for field in parts if parts[field]
    )
    return TaskLedger(facts, "\n".join(_numbered(plan)))


def _numbered(steps: Sequence[str]) -> list[str]:
    if len(steps) == 1 or all(_NUMBER.match(step) for step in steps):
        return list(steps)
    return [f"{number}. {step}" for number, step in enumerate(steps, 1)]


_NUMBER = re.compile(r"\s*\d+[.)]")


# ---------------------------------------------------------------- the progress ledger


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task is, and what comes next."""

    satisfied: bool
    looping: bool
    progressing: bool
    speaker: str = ""
    instruction: str = ""
    reason: str = ""


def read_progress(text: str, names: Sequence[str]) -> Progress:
    """Read a progress ledger.

    Args:
        text: what the model sent.
        names: who may be next.

    Raises:
        NoLedger: it is none, or names nobody who may be next.
    """
    found = _object(text)
    satisfied, looping, progressing = (_flag(found, name) for name in ("satisfied", "looping", "progressing"))
    reason = _text(found, "reason", needed=False)
    if satisfied:
        return Progress(True, looping, progressing, reason=reason)
    speaker = _text(found, "speaker")
    if speaker not in names:
        near = nearest(speaker, names)
        hint = f"; did you mean {near!r}?" if near else ""
        raise NoLedger(f"'speaker' is {speaker!r}, who is none of {', '.join(names)}{hint}")
    return Progress(False, looping, progressing, speaker, _text(found, "instruction"), reason)


# ---------------------------------------------------------------- reading


def _object(text: str) -> Mapping[str, Any]:
    """Return the JSON object of a text; models put it into a fence, or a sentence before it."""
    start, end = text.find("{"), text.rfind("}")
    try:
        found: object = json.loads(text[start : end + 1] if 0 <= start < end else text)
    except ValueError as error:
        raise NoLedger(f"it is not JSON: {error}") from None
    if not isinstance(found, Mapping):
        raise NoLedger(f"it is a JSON {type(found).__name__}; an object is needed")
    return cast("Mapping[str, Any]", found)


def _lines(found: Mapping[str, Any], field: str) -> list[str]:
    value = found.get(field)
    items: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(item, str) for item in items):
        raise NoLedger(f"{field!r} holds what is no text; a list of texts is needed")
    return [item.strip() for item in items if item.strip()]


def _flag(found: Mapping[str, Any], field: str) -> bool:
    value = found.get(field)
    if not isinstance(value, bool):
        raise NoLedger(f"{field!r} is {json.dumps(value)}; true or false is needed")
    return value


def _text(found: Mapping[str, Any], field: str, needed: bool = True) -> str:
    value = found.get(field, "")
    if not isinstance(value, str) or (needed and not value.strip()):
        raise NoLedger(f"{field!r} is {json.dumps(value)}; a text is needed")
    return value.strip()


# ---------------------------------------------------------------- what the model is told

TASK, PROGRESS, ANSWER = "TASK LEDGER", "PROGRESS LEDGER", "FINAL ANSWER"
"""What a request for each of them begins with: rules and scripts can tell them apart by it."""


def head(members: Sequence[Agent]) -> str:
    """Return the system message."""
    team = "\n".join(f"- {member.name}: {member.description}" for member in members)
    return (
        "You lead a team. You do none of its work yourself: you take stock of the task, plan it, say who does what, "
        f"judge how far it is, and write the final answer.\n\nYour team:\n{team}"
    )


_FIELDS = """Answer with one JSON object and nothing else:
{"given": [facts that the task itself states],
 "look_up": [facts that somebody has to look up, and where],
 "derive": [facts that have to be worked out, by thought or by calculation],
 "guesses": [what you believe without having checked it],
 "plan": [the steps in order; each says who of the team does it; nobody has to take part who is not needed]}"""


def for_plan() -> str:
    """Return what asks for the first task ledger."""
    return f"{TASK}. Before anybody begins: what is known of the task above, and how is it to be done?\n{_FIELDS}"


def for_new_plan(facts: str, plan: str, why: str) -> str:
    """Return what asks for another task ledger, from what was learned."""
    return (
        f"{TASK}. The task needs a new plan: {why}\n\nWhat was known:\n{facts or '(nothing)'}\n\n"
        f"The last plan:\n{plan or '(none)'}\n\nBring it up to date with what was learned since. Move what was "
        "confirmed to the given facts, correct what was wrong, and plan anew so that what failed is not tried again.\n"
        f"{_FIELDS}"
    )


def for_progress(names: Sequence[str], wishes: Sequence[str], passed: str = "", plan: str = "") -> str:
    """Return what asks for a progress ledger.

    Args:
        names: who may come next.
        wishes: what people asked for when they sent answers back.
        passed: who had the word and said nothing; empty: nobody.
        plan: what the team was told of the plan; empty: it stands above.
    """
    wanted = "".join(f"\n- {wish}" for wish in wishes)
    return (
        f"{PROGRESS}. How far is the task, and what comes next?"
        + (f"\n\n{plan}\n" if plan else "")
        + (f"\n{passed}." if passed else "")
        + (f"\nAn answer was sent back. It is not done before this is met:{wanted}" if wanted else "")
        + f"""
Answer with one JSON object and nothing else:
{{"reason": what you judge by, in a sentence or two,
 "satisfied": true if the whole task is done,
 "looping": true if the same is said or done again and again,
 "progressing": true if the last steps brought the task further, or the work is just beginning,
 "speaker": who comes next: {", ".join(names)},
 "instruction": what they are to do now, complete by itself}}"""
    )


def for_answer(why: str, wishes: Sequence[str]) -> str:
    """Return what asks for the final answer.

    Args:
        why: what ended the work early; empty: it is done.
        wishes: what people asked for when they sent earlier answers back.
    """
    stopped = f" The work ends here, unfinished: {why}. Say what was found, and what is missing." if why else ""
    wanted = "".join(f"\n- {wish}" for wish in wishes)
    return (
        f"{ANSWER}.{stopped} Write the answer to the task for whoever asked, from what the team found. "
        "Say it as your own, and nothing about the team."
        + (f"\nEarlier answers were sent back for this:{wanted}" if wanted else "")
    )


def again(wrong: str) -> str:
    """Return what a model is told that sent no ledger."""
    return f"That cannot be used: {wrong}. Send the whole JSON object again, and nothing else."


def wished(text: str) -> str:
    """Return what a model is told whose plan was sent back."""
    return (
        f"That plan was sent back. It is to be different: {text}\nSend the whole JSON object again, and nothing else."
    )


def told(facts: str, plan: str) -> str:
    """Return what the team is told of a plan."""
    known = f"What is known:\n{facts}\n\n" if facts else ""
    return f"{known}The plan:\n{plan}"
