"""What a policy said, as JSON and back: a journal keeps it, so that nobody is asked by other rules after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from ..errors import ConfigError
from .atoms import Allow, Deny, Retry
from .ruling import Asked, Demand
from .serial import backoff_from_json, form_from_json, form_to_json

if TYPE_CHECKING:
    from .ruling import Ruling


def ruling_to_json(ruling: Ruling) -> dict[str, Any]:
    """Return a ruling as plain JSON values; what is as by default is left out.

    Raises:
        ConfigError: a form in it cannot be named.
    """
    match ruling:
        case Allow(because):
            return {"is": "allow", **_given(because=because)}
        case Deny(reason, because):
            return {"is": "deny", "reason": reason, **_given(because=because)}
        case Retry():
            b = ruling.backoff
            backoff = {"first": b.first, "factor": b.factor, "limit": b.limit}
            return {"is": "retry", "times": ruling.times, "backoff": backoff, "on": list(ruling.on)}
        case Asked(demands):
            return {"is": "ask", "demands": [_demand_to_json(d) for d in demands]}


def ruling_from_json(value: Mapping[str, Any]) -> Ruling:
    """Return the ruling that `ruling_to_json` wrote.

    Raises:
        ConfigError: it is none, or names a form that cannot be imported.
    """
    match value.get("is"):
        case "allow":
            return Allow(because=value.get("because", ""))
        case "deny":
            return Deny(value["reason"], because=value.get("because", ""))
        case "retry":
            return Retry(value["times"], backoff_from_json(value["backoff"]), tuple(value["on"]))
        case "ask":
            return Asked(tuple(_demand_from_json(d) for d in value["demands"]))
        case other:
            raise ConfigError(f"{other!r} is no ruling; expected allow, deny, retry or ask")


def _demand_to_json(demand: Demand) -> dict[str, Any]:
    return _given(
        who=list(demand.who),
        need=demand.need if demand.need != 1 else None,
        within=demand.within,
        form=form_to_json(demand.form),
        because=demand.because,
        then=None if demand.then is None else ruling_to_json(demand.then),
    )


def _demand_from_json(value: Mapping[str, Any]) -> Demand:
    then = cast("Mapping[str, Any] | None", value.get("then"))
    return Demand(
        who=tuple(value.get("who", ())),
        need=value.get("need", 1),
        within=value.get("within"),
        form=form_from_json(value.get("form")),
        because=value.get("because", ""),
        then=None if then is None else ruling_from_json(then),
    )


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}
