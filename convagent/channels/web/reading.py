"""From a form that came back to what somebody decided, or to the same form with what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...duration import seconds
from ...errors import ConfigError
from ...human import (
    Decision,
    HumanRequest,
    approve,
    edit,
    reject,
    respond,
    revise,
    stop,
    try_again,
)
from .fields import Field, changes, checked, fields_of, filled, typed_into
from .visit import Visit

ANSWER = "answer"
"""Stands in the place of a verb where the question takes a text."""


@dataclass(slots=True)
class Draft:
    """What was typed so far, and what is wrong with it."""

    verb: str = ""
    typed: Mapping[str, str] = field(default_factory=dict[str, str])
    fields: Mapping[str, tuple[Field, ...]] = field(default_factory=dict[str, "tuple[Field, ...]"])
    """By verb, `edit` and `approve`."""
    problem: str = ""
    """What is wrong as a whole."""
    problems: Mapping[str, str] = field(default_factory=dict[str, str])
    """What is wrong with a text, by its name."""


def blank(request: HumanRequest) -> Draft:
    """Return the forms of a request as nobody has typed into them."""
    found: dict[str, tuple[Field, ...]] = {}
    if "edit" in request.decisions and request.action is not None:
        found["edit"] = fields_of(request.schema, request.action.arguments)
    if "approve" in request.decisions and request.form is not None:
        found["approve"] = fields_of(request.form, {}, with_defaults=True)
    return Draft(fields=found)


def read(request: HumanRequest, visit: Visit) -> tuple[Decision | str | None, Draft]:
    """Return what somebody decided, or their text; None: something is wrong, and the draft says what."""
    draft = blank(request)
    draft.verb = visit.typed("verb")
    draft.typed = {name: visit.typed(name) for name in visit.form}
    if draft.verb == ANSWER and not request.decisions:
        return visit.typed("text"), draft
    if draft.verb not in request.decisions:
        draft.problem = "Choose one of the answers below."
        return None, draft
    match draft.verb:
        case "approve":
            return _approval(request, draft), draft
        case "edit":
            return _edit(request, draft), draft
        case "reject":
            return reject(visit.typed("text").strip()), draft
        case "respond":
            return _text(draft, "What is to stand in its place?", respond), draft
        case "revise":
            return _text(draft, "What is to be different?", revise), draft
        case "retry":
            return try_again, draft
        case "stop":
            return stop(visit.typed("text").strip() or stop().text), draft


def _text(draft: Draft, missing: str, decided: Any) -> Decision | None:
    text = draft.typed.get("text", "").strip()
    if not text:
        draft.problems = {"text": missing}
        return None
    return decided(text)


def _edit(request: HumanRequest, draft: Draft) -> Decision | None:
    assert request.action is not None  # only actions are edited
    changed, told = changes(typed_into(draft.fields.get("edit", ()), draft.typed))
    if not any(f.problem for f in told):
        if changed:
            draft.problem, told = checked(request.schema, {**request.action.arguments, **changed}, told, only=changed)
        else:
            draft.problem = "Nothing is changed. Change a value, or approve it as it is."
    draft.fields = {**draft.fields, "edit": told}
    return None if draft.problem or any(f.problem for f in told) else edit(**changed)


def _approval(request: HumanRequest, draft: Draft) -> Decision | None:
    always = draft.typed.get("always", "")
    if request.options:
        return _option(request, draft)
    if request.form is not None:
        return _form(request, draft)
    return _always(draft, always) if always else approve


def _option(request: HumanRequest, draft: Draft) -> Decision | None:
    chosen = draft.typed.get("option", "")
    if chosen not in request.options:
        draft.problems = {"option": "Choose one of these."}
        return None
    return approve.filled(chosen)


def _form(request: HumanRequest, draft: Draft) -> Decision | None:
    value, told = filled(typed_into(draft.fields["approve"], draft.typed))
    if not any(f.problem for f in told):
        draft.problem, told = checked(request.form, value, told)
    draft.fields = {**draft.fields, "approve": told}
    return None if draft.problem or any(f.problem for f in told) else approve.filled(value)


def _always(draft: Draft, always: str) -> Decision | None:
    if always not in ("exact", "clause"):
        draft.problems = {"always": "Choose one of these."}
        return None
    lasts = draft.typed.get("lasts", "").strip()
    try:
        return approve.always_for(always, seconds(lasts, "for") if lasts else None)
    except ConfigError as error:
        draft.problems = {"lasts": str(error)}
        return None
