"""From what a person typed to a decision: words of a fixed list, and nothing else.

Neither a model nor a search for a word reads a verdict: in "not approved" there is "approved". What
is not understood is no decision; the person is told what was expected, and the question stands.
"""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn, cast

from ..duration import Duration, seconds
from ..errors import ConfigError, nearest
from ..human import (
    Decision,
    HumanReply,
    HumanRequest,
    NotUnderstood,
    approve,
    edit,
    how_to_edit,
    reject,
    respond,
    revise,
    stop,
    try_again,
)
from .authority import Directory, refusal
from .values import is_finite

_END_AND_MORE = re.compile(r"\s*(stop|exit|quit)\b(?!\s*$)", re.IGNORECASE)
"""How a text begins that may be meant to end a conversation, or to be said in it."""


def read_answer(
    request: HumanRequest, reply: HumanReply, directory: Directory | None = None, form: Any = None
) -> Decision | None:
    """Return what a reply decides about a request; None where the request takes any text.

    Args:
        request: what was asked, as plain data.
        reply: what was answered.
        directory: the people of the run, where it has a list of them.
        form: the pydantic model of the request's form, whose own validators have a say, too.

    Raises:
        NotUnderstood: the answer does not count: who gave it, what it is, or what it lacks.
    """
    # A prompt for a text that is for nobody in particular approves nothing: whoever sits there may answer it.
    wrong = refusal(request, reply, directory) if request.decisions or request.to else ""
    if wrong:
        raise NotUnderstood(wrong)
    if not request.decisions:
        if reply.decision is not None:  # its text is blank, and at a classic prompt blank lets things happen
            raise NotUnderstood(f"{reply.decision.verb} is a decision, and this question takes a text")
        if request.moment == "speak":
            _check_said(request, reply.text)
        if request.moment == "interrupt" and (begun := _END_AND_MORE.match(reply.text)):
            raise NotUnderstood(
                f"nothing was done: {begun[1]} alone ends the conversation; to tell the agents what begins so, put say "
                "before it"
            )
        return None
    decision = reply.decision or parse(request, reply.text)
    checked = check(request, decision)
    if checked.verb == "approve" and form is not None and hasattr(form, "model_validate_json"):
        return replace(checked, value=_validated(form, checked.value))
    return checked


def _check_said(request: HumanRequest, text: str) -> None:
    """Refuse what is no message where one is needed, and none of the choices where there are some."""
    word = text.strip().lower()
    if word in ("", "pass") and "pass" not in request.choices:
        raise NotUnderstood("expected a message, or exit: nothing was said, and it cannot be passed here")
    if request.options and word not in ("", "stop", *(choice.lower() for choice in request.choices)):
        raise NotUnderstood(f"{_quoted(text.strip())} is not one of: {', '.join(request.choices)}")
    whom, handovers = word.partition(":")[0].strip(), [one for one in request.choices if one.startswith("to ")]
    if whom.startswith("to ") and whom not in map(str.lower, handovers):
        near = nearest(whom, handovers, cutoff=0.8)
        if near is not None:  # else it is a message, and nobody means to hand over
            raise NotUnderstood(f"{_quoted(whom)} hands over to nobody; did you mean {near!r}?")


# ---------------------------------------------------------------- what was typed


def parse(request: HumanRequest, text: str) -> Decision:
    """Read a typed answer: a word of the list, and what belongs to it.

    Raises:
        NotUnderstood: it is blank, another word, or has what does not belong to it.
    """
    typed = text.strip()
    for option in request.options:
        if typed and typed.lower() == option.lower():
            return approve.filled(option)
    word, _, rest = typed.partition(" ")
    verb, rest = word.lower().removesuffix(":"), rest.strip()
    if verb == "always" and request.offers:
        return _always(request, rest)
    if verb not in request.decisions:
        raise NotUnderstood(f"{_quoted(typed)} is not a decision; {expected(request)}")
    match verb:
        case "approve":
            return _approve(request, rest)
        case "edit":
            return edit(**_assignments(rest, request))
        case "reject":
            return reject(rest)
        case "respond":
            if not rest:
                raise NotUnderstood("respond: expected the result that is to stand in its place, such as: respond done")
            return respond(rest)
        case "revise":
            return revise(rest)
        case "retry":
            return try_again if not rest else _too_much("retry", rest)
        case _:
            return stop(rest) if rest else stop()


def expected(request: HumanRequest) -> str:
    """Say which answers a request takes."""
    words = [how_to_edit(request) if verb == "edit" else _FORMS.get(verb, verb) for verb in request.decisions]
    if request.options:
        words = [*request.options, *(w for w in words if w != "approve")]
    elif request.form is not None:
        words = [f"approve {_fields(request.form)}" if w == "approve" else w for w in words]
    words += ["always" if len(request.offers) == 1 else f"always 1..{len(request.offers)}"] if request.offers else []
    return "expected one of: " + ", ".join(words)


_FORMS: dict[str, str] = {
    "reject": "reject why",
    "respond": "respond result",
    "revise": "revise what",
}


def _fields(form: Mapping[str, Any]) -> str:
    names = cast(Mapping[str, Any], form.get("properties") or {})
    return " ".join(f"{name}=..." for name in names) or "{...}"


def _approve(request: HumanRequest, rest: str) -> Decision:
    if not rest:
        return approve
    if request.form is None:
        if request.options:
            raise NotUnderstood(f"{_quoted(f'approve {rest}')} is not a decision; {expected(request)}")
        return _too_much("approve", rest)
    return approve.filled(_assignments(rest, request))


def _too_much(word: str, rest: str) -> Decision:
    raise NotUnderstood(f"{word} stands alone, so {_quoted(f'{word} {rest}')} is not a decision; type {word}")


def _always(request: HumanRequest, rest: str) -> Decision:
    number, _, time = rest.partition(" for ") if not rest.startswith("for ") else ("", "", rest[4:])
    chosen = number.strip() or "1"
    if not chosen.isdecimal() or not 1 <= int(chosen) <= len(request.offers):
        raise NotUnderstood(f"always {rest}: expected a number from 1 to {len(request.offers)}, and perhaps: for 1h")
    offer = request.offers[int(chosen) - 1]
    try:
        lasts: Duration | None = seconds(time.strip(), "for") if time else None
    except ConfigError as error:
        raise NotUnderstood(f"always {rest}: {error}") from None
    return approve.always_for(offer.scope, lasts)


def _assignments(text: str, request: HumanRequest) -> dict[str, Any]:
    """Read ``amount=5 note="two words"``, or a JSON object."""
    if text.startswith("{"):
        try:
            return _json(text)
        except ValueError as error:
            raise NotUnderstood(f"{_quoted(text)} is not a JSON object: {error}") from None
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise NotUnderstood(f"{_quoted(text)}: {error}; expected name=value, values with spaces in quotes") from None
    if not words:
        raise NotUnderstood("expected name=value, such as: edit amount=5")
    values: dict[str, Any] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise NotUnderstood(f"{_quoted(word)} is not name=value; values with spaces stand in quotes")
        if name in values:
            raise NotUnderstood(f"{name} is given twice; which one counts?")
        values[name] = _value(value, name, request)
    return values


def _json(text: str) -> Any:
    """Read JSON in which each name stands once and each number is one."""
    return json.loads(text, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_once)


def _no_number(text: str) -> NoReturn:
    raise NotUnderstood(f"{text} is not a number that can be worked with")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise NotUnderstood(f"{next(n for n in names if names.count(n) > 1)} is given twice; which one counts?")
    return found


def _value(text: str, name: str, request: HumanRequest) -> Any:
    """Read a typed value: as JSON, unless the schema says that it is a text."""
    schema = request.form if request.form is not None else request.schema
    properties = cast(Mapping[str, Any], (schema or {}).get("properties") or {})
    wanted = cast(Mapping[str, Any], properties.get(name) or {})
    if wanted.get("type") == "string":
        return text
    try:
        return _json(text)
    except ValueError:
        return text


# ---------------------------------------------------------------- whether it may be decided


def check(request: HumanRequest, decision: Decision) -> Decision:
    """Return a decision that the request takes, complete and valid.

    Raises:
        NotUnderstood: the request does not take it, or something in it does not fit.
    """
    if decision.verb not in request.decisions:
        raise NotUnderstood(f"{decision.verb} is not possible here; {expected(request)}")
    _check_numbers(decision.arguments)
    _check_numbers(decision.value)
    if decision.verb == "edit":
        _check_edit(request, decision)
    if decision.verb == "approve" and (request.options or request.form is not None):
        return _check_form(request, decision)
    if decision.verb == "approve" and decision.value is not None:
        raise NotUnderstood("approve stands alone here: no form was asked for")
    if decision.always and all(offer.scope != decision.always for offer in request.offers):
        raise NotUnderstood("always is not offered here; approve this one")
    return decision


def _check_numbers(value: Any) -> None:
    """Refuse what is no number, as where it is typed: NaN is within every limit of a schema."""
    if not is_finite(value):
        _no_number(str(value))
    if isinstance(value, Mapping):
        value = list(cast(Mapping[Any, Any], value).values())
    if isinstance(value, (list, tuple)):
        for part in cast("list[Any]", value):
            _check_numbers(part)


def _check_edit(request: HumanRequest, decision: Decision) -> None:
    if not decision.arguments:
        raise NotUnderstood("edit: expected the arguments that change, such as: edit amount=5")
    assert request.action is not None  # only actions are edited
    said = decision.arguments.get("content")
    if request.action.kind == "reply" and isinstance(said, str) and not said.strip():
        raise NotUnderstood(
            "edit: content is blank, and nothing can be said so; reject it, or say what is to stand there"
        )
    if request.schema is not None:
        changed = {**request.action.arguments, **decision.arguments}
        _check_names(request.schema, decision.arguments, "edit")
        _check_schema(request.schema, changed, "edit", only=set(decision.arguments))


def _check_form(request: HumanRequest, decision: Decision) -> Decision:
    value = decision.value
    if request.options:
        if value not in request.options:
            raise NotUnderstood(f"expected one of: {', '.join(request.options)}")
        return decision
    assert request.form is not None
    if hasattr(value, "model_dump"):
        filled: Any = _plain(value, by_alias=True)
        _check_numbers(filled)
    else:
        filled = value if value is not None else dict[str, Any]()
    if isinstance(filled, Mapping):
        _check_names(request.form, cast(Mapping[str, Any], filled), "the form")
    _check_schema(request.form, filled, "the form")
    return replace(decision, value=filled)


def _validated(model: Any, filled: Any) -> Any:
    """Return what was filled in as the model has it, as plain data: converted, with its defaults."""
    try:
        return _plain(model.model_validate_json(json.dumps(filled)), by_alias=False)
    except Exception as error:  # noqa: BLE001 - a validator that raises whatever it likes opens no door
        raise NotUnderstood(f"the form: {_problems(error)}") from None


def _problems(error: Exception) -> str:
    """Say what a model has against a form, without the words around it."""
    listed: Any = getattr(error, "errors", None)
    if not callable(listed):
        return f"{type(error).__name__}: {error}"
    found = cast("list[dict[str, Any]]", listed(include_url=False, include_context=False, include_input=False))
    told = [(".".join(map(str, e["loc"])), str(e["msg"]).removeprefix("Value error, ")) for e in found]
    return "; ".join(f"{path}: {what}" if path else what for path, what in told)


def _plain(filled: Any, *, by_alias: bool) -> Any:
    dumped = filled.model_dump(mode="json", by_alias=by_alias)
    return _revealed(filled.model_dump(by_alias=by_alias), dumped)


def _revealed(value: Any, plain: Any) -> Any:
    """Return the plain form of a value with its secrets as they were typed: a model shows them as stars."""
    if hasattr(value, "get_secret_value"):
        return value.get_secret_value()
    if isinstance(value, Mapping) and isinstance(plain, dict):
        given = cast(Mapping[Any, Any], value)
        return {k: _revealed(given.get(k), v) for k, v in cast("dict[str, Any]", plain).items()}
    if isinstance(value, (list, tuple)) and isinstance(plain, list):
        pairs = zip(cast("list[Any]", value), cast("list[Any]", plain), strict=True)
        return [_revealed(v, p) for v, p in pairs]
    return plain


def _check_names(schema: Mapping[str, Any], given: Mapping[str, Any], what: str) -> None:
    """Refuse a name that the schema does not know: a slip of the pen would be dropped without a word."""
    known = schema.get("properties")
    more = schema.get("additionalProperties") or schema.keys() & {"patternProperties", "allOf", "anyOf", "oneOf"}
    if not isinstance(known, Mapping) or more:
        return
    names = list(cast(Mapping[str, Any], known))
    unknown = [name for name in given if name not in names]
    if unknown:
        raise NotUnderstood(f"{what}: there is no {', '.join(unknown)}; expected {', '.join(names) or 'nothing'}")


def _check_schema(schema: Mapping[str, Any], value: Any, what: str, only: set[str] | None = None) -> None:
    from ..json_schema import checker

    problems: list[str] = []
    try:
        errors = checker(schema, what)(value)
    except ConfigError as error:  # a schema that cannot be used opens no door
        raise NotUnderstood(str(error)) from None
    for error in errors:
        path = [str(step) for step in error.absolute_path]
        if only is not None and path and path[0] not in only:
            continue  # a value that was given in a form the schema does not describe, and is not touched
        problem = f"{error.message}{_meant(error)}"
        problems.append(f"{'.'.join(path)}: {problem}" if path else problem)
    if problems:
        raise NotUnderstood(f"{what}: {'; '.join(problems)}")


def _meant(error: Any) -> str:
    """Suggest the word of a closed list that was probably meant."""
    if error.validator != "enum" or not isinstance(error.instance, str):
        return ""
    near = nearest(error.instance, [word for word in error.validator_value if isinstance(word, str)])
    return f"; did you mean {near!r}?" if near else ""


def _quoted(text: str) -> str:
    if not text:
        return "a blank line"
    return repr(text if len(text) <= 60 else text[:57] + "...")
