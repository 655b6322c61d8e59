"""Policies as JSON and back, so that a rule outlives the process that wrote it.

Functions and pydantic models are named ``module:name`` and imported again: the JSON of a policy is as
trusted as code. What cannot be named is refused when it is written, and what is not understood, an
unknown field included, when it is read: no policy comes back with fewer rules than it had.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, cast

from ..errors import ConfigError
from ._names import named_function, named_model, named_value, resolve_function, resolve_model, resolve_value
from .atoms import Allow, Ask, Deny, Retry, allow
from .backoff import Backoff
from .guards import At, Below, Failing, Sample, When
from .joins import All, First, Then
from .policy import Function, Policy, as_policy
from .predicate import Both, Compare, Either, FunctionPredicate, Not, Predicate, Ref, parts
from .router import Oversight
from .words import ask, at, below, deny, failing, retry, sample

VERSION = 1


def to_json(policy: Policy | Predicate | Callable[..., Any]) -> dict[str, Any]:
    """Return a policy or a condition as plain JSON values.

    Raises:
        ConfigError: a part cannot be written: a lambda, a local function, a value that is no JSON.
    """
    if isinstance(policy, Predicate):
        return {"version": VERSION, **_condition_json(policy)}
    return {"version": VERSION, **_policy_json(as_policy(policy))}


def from_json(value: Mapping[str, Any]) -> Policy:
    """Return the policy that `to_json` wrote.

    Raises:
        ConfigError: it is of another form or version, or names what cannot be imported.
    """
    return _policy(_versioned(value))


def condition_from_json(value: Mapping[str, Any]) -> Predicate:
    """Return the condition that `to_json` wrote.

    Raises:
        ConfigError: it is of another form or version, or names what cannot be imported.
    """
    return _condition(_versioned(value))


def _versioned(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{value!r} is no policy as JSON; expected what to_json() returns")
    fields = dict(cast("Mapping[str, Any]", value))
    version = fields.pop("version", None)
    if version != VERSION:
        raise ConfigError(f"version={version!r} of a policy as JSON; this convagent reads version {VERSION}")
    return fields


# ---------------------------------------------------------------- writing


def _policy_json(policy: Policy) -> dict[str, Any]:
    match policy:
        case Allow():
            return {"is": "allow"}
        case Deny():
            return {"is": "deny", "reason": policy.reason}
        case Ask():
            return {
                "is": "ask", "who": list(policy.who), "need": policy.need, "within": policy.within,
                "form": form_to_json(policy.form),
            }  # fmt: skip
        case Retry():
            b = policy.backoff
            backoff = {"first": b.first, "factor": b.factor, "limit": b.limit}
            return {"is": "retry", "times": policy.times, "backoff": backoff, "on": list(policy.on)}
        case When() | At() | Below() | Failing() | Sample():
            return {**_guard_json(policy), "policy": _policy_json(policy.policy)}
        case First():
            return {"is": "first of", "policies": [_policy_json(p) for p in policy.policies]}
        case All():
            return {"is": "all of", "policies": [_policy_json(p) for p in policy.policies]}
        case Then():
            return {"is": "then", "first": _policy_json(policy.first), "second": _policy_json(policy.second)}
        case Function():
            return {"is": "function", "name": named_function(policy.fn)}
        case Oversight():
            return _oversight_json(policy)
        case _:
            raise ConfigError(
                f"{policy}: a {type(policy).__qualname__} cannot be written as JSON; "
                "write it as a function of a module, which is named"
            )


def _guard_json(guard: When | At | Below | Failing | Sample) -> dict[str, Any]:
    """Write what a guard lets through; not its policy."""
    match guard:
        case When():
            return {"is": "when", "condition": _condition_json(guard.condition)}
        case At():
            return {"is": "at", "kind": guard.kind}
        case Below():
            return {"is": "below", "threshold": guard.threshold}
        case Failing():
            return {"is": "failing", "attempts": guard.attempts}
        case Sample():
            return {"is": "sample", "rate": guard.rate}


def _oversight_json(policy: Oversight) -> dict[str, Any]:
    otherwise = policy.otherwise
    return {
        "is": "oversight",
        "policies": {risk: _policy_json(p) for risk, p in policy.policies.items()},
        "rules": [{"condition": _condition_json(c), "risk": risk} for c, risk in policy.rules],
        "otherwise": _policy_json(otherwise) if isinstance(otherwise, Policy) else otherwise,
    }


def _condition_json(condition: Predicate) -> dict[str, Any]:
    match condition:
        case Compare():
            root, path = parts(condition.ref)
            where = {"of": root, "path": list(path)}
            return {"is": "compare", **where, "op": condition.op, "value": _value_json(condition.value, condition)}
        case Both():
            return {"is": "and", "left": _condition_json(condition.left), "right": _condition_json(condition.right)}
        case Either():
            return {"is": "or", "left": _condition_json(condition.left), "right": _condition_json(condition.right)}
        case Not():
            return {"is": "not", "condition": _condition_json(condition.inner)}
        case FunctionPredicate():
            return {"is": "function", "name": named_function(condition.fn)}
        case _:
            raise ConfigError(
                f"{condition}: a {type(condition).__qualname__} cannot be written as JSON; "
                "write it as a function of a module, which is named"
            )


def form_to_json(form: Any) -> dict[str, Any] | None:
    """Return what an approval has to fill in as plain JSON values; a pydantic model is named.

    Raises:
        ConfigError: it cannot be named, or is no JSON.
    """
    if form is None:
        return None
    if isinstance(form, tuple):
        return {"choices": list(cast("tuple[str, ...]", form))}
    if not isinstance(form, dict):
        return {"model": named_model(form)}
    try:
        return {"schema": json.loads(json.dumps(form, allow_nan=False))}
    except (TypeError, ValueError) as error:
        raise ConfigError(f"form={form!r} holds what is no JSON: {error}") from None


def _value_json(value: Any, where: Predicate) -> Any:
    """Write a constant; what JSON has no word for becomes an object with one."""
    if isinstance(value, Enum):  # before str and int, which an enumeration may also be
        return {"enum": named_value(value)}
    if value is None or isinstance(value, (bool, str)) or type(value) in (int, float):
        return value
    match value:
        case Ref():
            root, path = parts(value)
            return {"of": root, "path": list(path)}
        case tuple():
            return [_value_json(v, where) for v in cast("tuple[Any, ...]", value)]
        case dict():
            items = cast("dict[Any, Any]", value).items()
            return {"object": [[_value_json(k, where), _value_json(v, where)] for k, v in items]}
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"datetime": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case _:
            raise ConfigError(f"{where}: {value!r} cannot be written as JSON; compare with a number, text or date")


# ---------------------------------------------------------------- reading


def _policy(value: Any) -> Policy:
    what, take = _node(value, "policy")
    match what:
        case "allow":
            take()
            return allow
        case "deny":
            return deny(*take("reason"))
        case "ask":
            who, need, within, form = take("who", "need", "within", "form")
            return ask(*_list(who, "who"), need=need, within=within, form=form_from_json(form))
        case "retry":
            times, backoff, on = take("times", "backoff", "on")
            return retry(times, backoff_from_json(backoff), _list(on, "on"))
        case "when" | "at" | "below" | "failing" | "sample":
            return _guard(what, take)
        case "first of" | "all of":
            (listed,) = take("policies")
            policies = tuple(_policy(p) for p in _list(listed, "policies"))
            if not policies:
                raise ConfigError(f"{value!r} joins nothing; expected at least one policy")
            return First(policies) if what == "first of" else All(policies)
        case "then":
            first, second = take("first", "second")
            return Then(_policy(first), _policy(second))
        case "function":
            return Function(resolve_function(*take("name")))
        case "oversight":
            policies, rules, otherwise = take("policies", "rules", "otherwise")
            return Oversight(
                {risk: _policy(p) for risk, p in _object(policies, "policies").items()},
                [_rule(rule) for rule in _list(rules, "rules")],
                _policy(otherwise) if isinstance(otherwise, Mapping) else otherwise,
            )
        case _:
            raise ConfigError(f"{what!r} is no kind of policy that this convagent knows")


def _guard(what: Literal["when", "at", "below", "failing", "sample"], take: Callable[..., list[Any]]) -> Policy:
    match what:
        case "when":
            condition, policy = take("condition", "policy")
            return When(_condition(condition), _policy(policy))
        case "at":
            kind, policy = take("kind", "policy")
            return at(kind, _policy(policy))
        case "below":
            threshold, policy = take("threshold", "policy")
            return below(threshold, _policy(policy))
        case "failing":
            attempts, policy = take("attempts", "policy")
            return failing(attempts, _policy(policy))
        case "sample":
            rate, policy = take("rate", "policy")
            return sample(rate, _policy(policy))


def _condition(value: Any) -> Predicate:
    what, take = _node(value, "condition")
    match what:
        case "compare":
            root, path, op, constant = take("of", "path", "op", "value")
            return _comparison(_ref(root, path), op, _constant(constant))
        case "and":
            left, right = take("left", "right")
            return Both(_condition(left), _condition(right))
        case "or":
            left, right = take("left", "right")
            return Either(_condition(left), _condition(right))
        case "not":
            return Not(_condition(*take("condition")))
        case "function":
            return FunctionPredicate(resolve_function(*take("name")))
        case _:
            raise ConfigError(f"{what!r} is no kind of condition that this convagent knows")


def _node(value: Any, what: str) -> tuple[str, Callable[..., list[Any]]]:
    """Return what an object says it is, and a function that returns its fields, all of them and no other."""
    fields = dict(_object(value, what))
    kind = fields.pop("is", None)

    def take(*names: str) -> list[Any]:
        if set(names) != set(fields):
            raise ConfigError(f"{value!r}: {kind!r} has the fields {sorted(fields)}; expected {sorted(names)}")
        return [fields[name] for name in names]

    return str(kind), take


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{what}: {value!r} is no JSON object; expected what to_json() wrote")
    return cast("Mapping[str, Any]", value)


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ConfigError(f"{what}: {value!r} is no list; expected what to_json() wrote")
    return cast("list[Any]", value)


def _rule(value: Any) -> tuple[Predicate, str]:
    fields = _object(value, "rules")
    if set(fields) != {"condition", "risk"}:
        raise ConfigError(f"rules: {value!r}: expected a condition and a risk")
    return _condition(fields["condition"]), fields["risk"]


def backoff_from_json(value: Any) -> Backoff:
    """Return the delays that were written with a `retry`."""
    fields = _object(value, "backoff")
    numbers = [fields.get(name) for name in ("first", "factor", "limit")]
    right = [n for n in numbers if isinstance(n, (int, float)) and not isinstance(n, bool) and math.isfinite(n)]
    if len(fields) != 3 or len(right) != 3 or right[0] <= 0 or right[1] < 1 or right[2] <= 0:
        raise ConfigError(f"backoff: {value!r}: expected first, factor and limit, numbers above zero")
    return Backoff(*map(float, right))


def form_from_json(value: Any) -> Any:
    """Return the form that `form_to_json` wrote."""
    if value is None:
        return None
    match _only(value, "form"):
        case "choices", choices:
            return tuple(_list(choices, "choices"))
        case "model", name:
            return resolve_model(name)
        case "schema", schema:
            return dict(_object(schema, "schema"))
        case _:
            raise ConfigError(f"form: {value!r}: expected choices, a model or a schema")


def _only(value: Any, what: str) -> tuple[str, Any]:
    """Return the one field of an object, and its name."""
    fields = list(_object(value, what).items())
    return fields[0] if len(fields) == 1 else ("", None)


def _ref(root: Any, path: Any) -> Ref:
    names = _list(path, "path")
    if root not in ("arg", "its") or not all(isinstance(n, str) for n in names):
        raise ConfigError(f"{root!r} {path!r} is no value of an action; expected arg or its, and names")
    return Ref(root, tuple(names))


def _comparison(ref: Ref, op: Any, value: Any) -> Predicate:
    """Compare as users write it, so that the same things are refused."""
    match op:
        case "in":
            return ref.in_(value)
        case "matches":
            return ref.matches(value)
        case "contains":
            return ref.contains(value)
        case "<":
            return ref < value
        case "<=":
            return ref <= value
        case ">":
            return ref > value
        case ">=":
            return ref >= value
        case "==":
            return ref == value
        case "!=":
            return ref != value
        case _:
            raise ConfigError(f"{op!r} is no comparison that this convagent knows")


def _constant(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_constant(v) for v in cast("list[Any]", value))
    if not isinstance(value, Mapping):
        return value
    fields = cast("Mapping[str, Any]", value)
    if set(fields) == {"of", "path"}:
        return _ref(fields["of"], fields["path"])
    try:
        match _only(fields, "value"):
            case "object", pairs:
                return {_constant(k): _constant(v) for k, v in _list(pairs, "object")}
            case "decimal", text:
                return Decimal(text)
            case "datetime", text:
                return datetime.fromisoformat(text)
            case "date", text:
                return date.fromisoformat(text)
            case "enum", name:
                return resolve_value(name)
            case _:
                pass
    except (ValueError, TypeError, ArithmeticError) as error:
        raise ConfigError(f"{value!r} is no constant that this convagent knows: {error}") from None
    raise ConfigError(f"{value!r} is no constant that this convagent knows")
