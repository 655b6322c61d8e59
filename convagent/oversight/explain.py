"""Policies in words, for people who read no Python."""

from __future__ import annotations

from typing import Any

from ..action import Kind
from ..duration import spoken
from .atoms import Allow, Ask, Deny, Retry
from .backoff import Backoff
from .guards import At, Below, Failing, Sample, When
from .joins import All, First, Then
from .policy import Function, Policy, as_policies
from .router import Oversight

INDENT = "  "


def explain(policy: Any) -> str:
    """Return in words what a policy says, on as many lines as it has parts.

    Args:
        policy: what `approval=` and `oversight=` take: a policy, a function, a list of them, None.
    """
    policies = as_policies(policy)
    if not policies:
        return "There is no rule, so everything is allowed."
    if len(policies) == 1:
        return "\n".join(_ended(_lines(policies[0])))
    return "\n".join(_ended(_lines(All(policies))))


def _ended(lines: list[str]) -> list[str]:
    return [line if line.endswith((":", ".")) else f"{line}." for line in map(_capital, lines)]


def _capital(line: str) -> str:
    bare = line.lstrip(" ")
    start = 2 if bare.startswith("- ") else bare.index(". ") + 2 if bare[:1].isdigit() and ". " in bare[:5] else 0
    return line[: len(line) - len(bare) + start] + bare[start : start + 1].upper() + bare[start + 1 :]


# ---------------------------------------------------------------- on several lines


def _lines(policy: Policy) -> list[str]:
    """Return what is joined as a list, everything else as one sentence."""
    match policy:
        case First():
            return ["the first of these that applies:", *_numbered(policy.policies)]
        case All():
            return ["all of these, of which the strictest counts:", *_dashed(policy.policies)]
        case Oversight():
            return _by_risk(policy)
        case When() | At() | Below() | Failing() | Sample():
            head, *rest = _lines(policy.policy)
            return [f"{_guard(policy)}: {head}", *rest]
        case _:
            return [phrase(policy)]


def _by_risk(policy: Oversight) -> list[str]:
    lines = ["by how much is at risk:"]
    for condition, risk in policy.rules:
        lines.append(f"{INDENT}- if {condition.told()}: the risk is {risk}")
    lines.append(f"{INDENT}- {'else ' if policy.rules else ''}the risk is what the tool declares")
    if isinstance(policy.otherwise, str):
        lines.append(f"{INDENT}- if nobody has named it: the risk is {policy.otherwise}")
    for risk, entry in policy.policies.items():
        lines += _under(f"{INDENT}- {risk} risk: ", _lines(entry))
    if policy.otherwise is None:
        lines.append(f"{INDENT}- any other risk, or none: all of these, of which the strictest counts")
    elif isinstance(policy.otherwise, Policy):
        lines += _under(f"{INDENT}- any other risk, or none: ", _lines(policy.otherwise))
    return lines


def _numbered(policies: tuple[Policy, ...]) -> list[str]:
    return [line for i, p in enumerate(policies, 1) for line in _under(f"{INDENT}{i}. ", _lines(p))]


def _dashed(policies: tuple[Policy, ...]) -> list[str]:
    return [line for p in policies for line in _under(f"{INDENT}- ", _lines(p))]


def _under(head: str, lines: list[str]) -> list[str]:
    return [head + lines[0], *(INDENT + line for line in lines[1:])]


# ---------------------------------------------------------------- on one line


def phrase(policy: Policy) -> str:
    """Return what a policy says as a part of a sentence."""
    match policy:
        case Allow():
            return "allow"
        case Deny():
            return f"deny: {policy.reason}"
        case Ask():
            return _asking(policy)
        case Retry():
            return _retrying(policy)
        case When() | At() | Below() | Failing() | Sample():
            return f"{_guard(policy)}: {phrase(policy.policy)}"
        case First():
            return f"the first that applies of ({'; '.join(phrase(p) for p in policy.policies)})"
        case All():
            return f"the strictest of ({'; '.join(phrase(p) for p in policy.policies)})"
        case Then():
            return f"{phrase(policy.first)}; if nobody answers, {phrase(policy.second)}"
        case Oversight():
            entries = "; ".join(f"{risk}: {phrase(p)}" for risk, p in policy.policies.items())
            return f"by how much is at risk ({entries})"
        case Function():
            return f"as the function {policy} decides"
        case _:
            return str(policy)


def _guard(policy: When | At | Below | Failing | Sample) -> str:
    match policy:
        case When():
            return f"if {policy.condition.told()}"
        case At():
            return _MOMENTS[policy.kind]
        case Below():
            return f"if the model's confidence is below {policy.threshold:g}, or not known"
        case Failing():
            often = "once" if policy.attempts == 1 else f"{policy.attempts} times"
            return f"if it has failed {often}, or in a way that must not be tried again"
        case Sample():
            return f"for {policy.rate * 100:g}% of them, chosen by chance"


_MOMENTS: dict[Kind, str] = {
    "tool": "before a tool is called",
    "reply": "before a reply is sent",
    "handoff": "before a handoff",
    "speaker": "before a speaker is chosen",
    "merge": "before answers are merged",
    "plan": "before a plan is followed",
    "finish": "before the end",
    "error": "when something has failed",
}


def _asking(policy: Ask) -> str:
    who = " or ".join(policy.who) or "anybody"
    people = f"{policy.need} people of {who}" if policy.need > 1 and policy.who else who
    people = f"{policy.need} people" if policy.need > 1 and not policy.who else people
    form = _form(policy.form)
    time = "" if policy.within is None else f", who {'have' if policy.need > 1 else 'has'} {spoken(policy.within)}"
    return f"ask {people}{time}{form}"


def _form(form: Any) -> str:
    if form is None:
        return ""
    if isinstance(form, tuple):
        return f", to choose {' or '.join(map(str, form))}"  # pyright: ignore[reportUnknownArgumentType]
    name = form.get("title", "") if isinstance(form, dict) else getattr(form, "__name__", "")  # pyright: ignore
    return f", to fill in {name or 'a form'}"


def _retrying(policy: Retry) -> str:
    what = f"on {' or '.join(policy.on)} " if policy.on else ""
    return f"{what}try again, {policy.times} attempts in all, waiting {_waiting(policy.backoff)}"


def _waiting(backoff: Backoff) -> str:
    if backoff.factor == 1:
        return f"{spoken(min(backoff.first, backoff.limit))} each time"
    return f"{spoken(backoff.first)}, then {backoff.factor:g} times as long each time, {spoken(backoff.limit)} at most"
