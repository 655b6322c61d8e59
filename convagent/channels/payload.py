"""Requests as JSON, for channels that leave the process, and answers read from JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from ..action import Action, canonical
from ..duration import seconds
from ..errors import ConfigError
from ..human import Decision, HumanRequest, Scope, Verb, stop
from ..redaction import redacted

# ---------------------------------------------------------------- out


def request_as_json(request: HumanRequest) -> dict[str, Any]:
    """Return a request as JSON values, its secrets hidden.

    The digest is left out (None) where arguments are hidden: together with the rest it would let
    short secrets be guessed.
    """
    shown = redacted(request)
    return {
        "id": shown.id,
        "level": shown.level,
        "agent": shown.agent,
        "where": list(shown.where),
        "moment": shown.moment,
        "prompt": shown.prompt,
        "preview": shown.preview,
        "changed": shown.changed,
        "because": shown.because,
        "action": None if shown.action is None else _action(shown.action, hidden=shown is not request),
        "decisions": list(shown.decisions),
        "options": list(shown.options),
        "choices": list(shown.choices),
        "form": _plain(shown.form),
        "schema": _plain(shown.schema),
        "offers": [{"scope": offer.scope, "text": offer.text} for offer in shown.offers],
        "to": list(shown.to),
        "need": shown.need,
        "given": list(shown.given),
        "within": shown.within,
        "deadline": shown.deadline,
        "otherwise": shown.otherwise,
    }


def _action(action: Action, *, hidden: bool) -> dict[str, Any]:
    failure = action.failure
    return {
        "kind": action.kind,
        "agent": action.agent,
        "name": action.name,
        "arguments": _plain(action.arguments),
        "executor": action.executor or action.agent,
        "digest": None if hidden else action.digest,
        "risk": action.risk,
        "impact": _plain(action.impact),
        "confidence": action.confidence,
        "failure": None if failure is None else {"type": failure.type, "text": failure.text},
        "attempts": action.attempts,
    }


def _plain(value: Any) -> Any:
    """Return any value as JSON values; numbers that JSON has not become texts."""
    return json.loads(canonical(value), parse_constant=str)


# ---------------------------------------------------------------- in


class BadAnswer(ValueError):
    """A text is not an answer; the message says to whoever sent it what was expected."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that came as JSON."""

    request_id: str
    answer: str | Decision
    by: str
    level: int | None
    """That of the question as it was read; None: nobody said."""


_KEYS = frozenset(("request_id", "decision", "text", "by", "level"))
_BELONGS: Mapping[Verb, frozenset[str]] = {
    "approve": frozenset(("value", "always", "lasts")),
    "edit": frozenset(("arguments",)),
    "reject": frozenset(("text",)),
    "respond": frozenset(("value",)),
    "revise": frozenset(("text",)),
    "retry": frozenset(),
    "stop": frozenset(("text",)),
}
"""What may stand beside each verb."""


def answer_from_json(body: bytes) -> Answer:
    """Read ``{"request_id": ..., "level": ..., "decision": ... or "text": ..., "by": ...}``.

    A decision is a verb, or an object of `verb` and what belongs to it: `{"verb": "edit",
    "arguments": {"amount": 5}}`. The level may be left out.

    Raises:
        BadAnswer: it is anything else. Nothing is guessed and nothing is overlooked.
    """
    try:
        found = json.loads(body.decode(), object_pairs_hook=_object, parse_float=_finite, parse_constant=_no_constant)
    except BadAnswer:
        raise
    except RecursionError:
        raise BadAnswer("the body is nested too deeply") from None
    except ValueError as error:
        raise BadAnswer(f"the body is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadAnswer("the body is not a JSON object; expected request_id, by, and a decision or a text")
    given = cast(dict[str, Any], found)
    _only(given, _KEYS, "the body")
    if ("decision" in given) == ("text" in given):
        raise BadAnswer("expected either a decision or a text")
    answer = _text(given, "text") if "text" in given else _decision(given["decision"])
    return Answer(_text(given, "request_id"), answer, _text(given, "by", empty=True), _level(given.get("level")))


def _level(value: Any) -> int | None:
    if value is not None and (type(value) is not int or value < 0):
        raise BadAnswer("level: expected that of the request, such as 0")
    return value


def _decision(value: Any) -> Decision:
    given: dict[str, Any] = cast(dict[str, Any], value) if isinstance(value, dict) else {"verb": value}
    verb = given.get("verb")
    if not isinstance(verb, str) or verb not in _BELONGS:
        raise BadAnswer(f"decision: expected one of {', '.join(_BELONGS)}, or an object with such a verb")
    known = cast(Verb, verb)
    _only(given, _BELONGS[known] | {"verb"}, f"decision {verb}")
    arguments = given.get("arguments", {})
    if not isinstance(arguments, dict):
        raise BadAnswer("decision edit: arguments: expected an object")
    always = given.get("always", "")
    if always not in ("", "exact", "clause"):
        raise BadAnswer("decision approve: always: expected exact or clause")
    return Decision(
        known,
        _text(given, "text") if "text" in given else stop().text if known == "stop" else "",
        arguments=cast(dict[str, Any], arguments),
        value=given.get("value"),
        always=cast("Scope", always),
        lasts=_lasts(given.get("lasts")),
    )


def _lasts(value: Any) -> float | None:
    if value is None:
        return None
    try:
        return seconds(value, "lasts")
    except ConfigError as error:
        raise BadAnswer(f"decision approve: {error}") from None


def _text(given: Mapping[str, Any], key: str, *, empty: bool = False) -> str:
    value = given.get(key, "" if empty else None)
    if not isinstance(value, str):
        raise BadAnswer(f"{key}: expected a text")
    return value


def _only(given: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    other = sorted(set(given) - known)
    if other:
        raise BadAnswer(f"{what} has {', '.join(map(repr, other))}; expected only {', '.join(sorted(known))}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadAnswer("a key stands twice in one object, and only one of them can be meant")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BadAnswer(f"{text} is too large for a number")
    return number


def _no_constant(name: str) -> NoReturn:
    raise BadAnswer(f"{name} is not a JSON number")
