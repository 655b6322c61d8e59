"""How a decision that is asked for looks, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, cast

from .._screen import visible
from ..duration import spoken
from ..human import HumanRequest, Verb, how_to_edit

WIDTH = 80


def card(request: HumanRequest, number: int = 0) -> str:
    """Return what a person has to know to decide: who wants what, why they are asked, and what they may answer.

    Args:
        request: what is asked.
        number: its place in a list of several; 0: it is the only one.
    """
    lines = ["-" * WIDTH, f"{number}. {visible(request.prompt)}" if number else visible(request.prompt)]
    lines += [f"  {line}" for line in visible(request.preview).splitlines()]
    action = request.action
    if action is not None and action.risk:
        lines.append(f"  risk: {visible(action.risk)}")
    if action is not None and action.impact is not None:
        lines.append(f"  estimated impact: {visible(str(action.impact))}")
    if action is not None and action.confidence is not None:
        sure = action.confidence
        lines.append(f"  confidence: {sure if isinstance(sure, str) else f'{sure:.2f}'}")
    if request.changed:
        lines.append("  since the last one that was approved:")
        lines += [f"    {line}" for line in visible(request.changed).splitlines()]
    if request.where:
        lines.append(f"Asked inside {visible(' > '.join(request.where))}.")
    if request.because:
        lines.append(f"Asked because {visible(request.because)}.")
    lines += _who(request)
    if request.within is not None:
        lines.append(f"Time to answer: {spoken(request.within)}; then {request.otherwise}.")
    lines.append(answers(request))
    lines += [f"  {visible(line)}" for line in fields(request)]
    lines += [f"  always {n}: {visible(offer.text)}" for n, offer in enumerate(request.offers, 1)]
    return "\n".join(lines) + "\n"


def in_one_line(request: HumanRequest) -> str:
    """Return a request that was shown already, short enough for a list."""
    action = request.action
    told = " ".join(f"{name}={value!r}" for name, value in action.arguments.items()) if action is not None else ""
    text = visible(" ".join(f"{request.prompt} {told}".split()))
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def how_to_answer(numbers: Sequence[int]) -> str:
    """Say how one, several and all of a list are decided."""
    first, second = numbers[0], numbers[1]
    return f"{first} approve | {second} reject why | {first},{second} approve | all approve"


def time_left(seconds: float) -> str:
    """Return the time that is left as a clock shows it: ``0:09``, ``4:59``, ``1:30:00``."""
    whole = max(ceil(seconds), 0)
    minutes, hours = whole // 60, whole // 3600
    return f"{hours}:{minutes % 60:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _who(request: HumanRequest) -> list[str]:
    lines: list[str] = []
    if request.to:
        lines.append(f"For {' or '.join(request.to)}.")
    if request.need > 1:
        given = f"; {', '.join(request.given)} approved already" if request.given else ""
        lines.append(f"{request.need} different people must approve{given}.")
    if request.level:
        lines.append("It was not answered where it stood before.")
    return lines


def answers(request: HumanRequest) -> str:
    """Return the answers that a request takes, in one line."""
    words = list(request.options)
    for verb in request.decisions:
        if verb == "approve" and request.options:
            continue
        names = cast("Mapping[str, Any]", (request.form or {}).get("properties") or {})
        fields = " ".join(f"{name}=..." for name in names)
        spelled = how_to_edit(request) if verb == "edit" else _SPELLED.get(verb, verb)
        words.append(f"approve {fields}".strip() if verb == "approve" else spelled)
    if request.offers:
        words.append("always" if len(request.offers) == 1 else f"always 1-{len(request.offers)}")
    return "Answer: " + " | ".join(words)


def fields(request: HumanRequest) -> list[str]:
    """Return what each field of the form takes that is filled in with an approval, a line a field."""
    form: Mapping[str, Any] = request.form or {}
    properties = cast("Mapping[str, Mapping[str, Any]]", form.get("properties") or {})
    needed = form.get("required") or ()
    return [_field(name, schema, name in needed) for name, schema in properties.items()]


def _field(name: str, schema: Mapping[str, Any], needed: bool) -> str:
    told = [_takes(schema), schema.get("description", ""), "" if needed else "may be left out"]
    return f"{name}: {'; '.join(text for text in told if text)}".rstrip(": ")


def _takes(schema: Mapping[str, Any]) -> str:
    choices = cast("Sequence[Any]", schema.get("enum") or ())
    if choices:
        return " or ".join(str(choice) for choice in choices)
    limits = (("from", schema.get("minimum")), ("to", schema.get("maximum")))
    words = [_KINDS.get(str(schema.get("type")), ""), *(f"{word} {n:g}" for word, n in limits if n is not None)]
    return " ".join(filter(None, words))


_KINDS = {"number": "a number", "integer": "a whole number", "boolean": "true or false", "string": "text"}

_SPELLED: dict[Verb, str] = {
    "reject": "reject why",
    "respond": "respond result",
    "revise": "revise what",
}
