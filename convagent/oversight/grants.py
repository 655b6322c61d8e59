"""Grants: an "always", within the bounds of what was shown."""

from __future__ import annotations

from collections.abc import Iterable

from ..action import Action, canonical
from ..human import Decision, Grant, Offer
from .authority import same_person
from .ruling import Demand

_NAMELESS = ("<lambda>", "<locals>", "(...)")
"""How functions print that share their name with others: such a clause tells nobody what it covers."""


def offers(action: Action, demand: Demand) -> tuple[Offer, ...]:
    """Return what "always" may mean, narrowest first; nothing where more than one person must agree."""
    if demand.need != 1 or demand.form is not None or action.kind != "tool":
        return ()
    exact = Offer("exact", f"{action.name} with exactly these arguments")
    if not demand.because or any(mark in demand.because for mark in _NAMELESS):
        return (exact,)
    return (exact, Offer("clause", f"{action.name} wherever {demand.because}"))


def grant(id: str, action: Action, demand: Demand, decision: Decision, by: str, rules: str, now: float) -> Grant | None:
    """Return what an approval grants beyond its action; None: nothing, unless it says "always"."""
    if decision.verb != "approve" or not decision.always:
        return None
    exact = decision.always == "exact"
    return Grant(
        id=id,
        by=by,
        agent=action.agent,
        name=action.name,
        scope=decision.always,
        arguments=dict(action.arguments) if exact else {},
        because="" if exact else demand.because,
        to=demand.who,
        rules=rules,
        until=None if decision.lasts is None else now + decision.lasts,
    )


def granting(grants: Iterable[Grant], action: Action, demand: Demand, rules: str, now: float) -> Grant | None:
    """Return a grant that answers a demand about an action, or None."""
    return next((g for g in grants if _covers(g, action, demand, rules, now)), None)


def _covers(g: Grant, action: Action, demand: Demand, rules: str, now: float) -> bool:
    same = g.name == action.name and g.agent == action.agent and g.to == demand.who and g.rules == rules
    if not same or action.kind != "tool" or demand.need != 1 or demand.form is not None:
        return False
    if g.until is not None and now >= g.until:
        return False
    if action.asked_by and (not g.by or same_person(g.by, action.asked_by)):
        return False  # nobody approves their own action, beforehand either
    if g.scope == "clause":
        return bool(g.because) and g.because == demand.because
    return canonical(g.arguments) == canonical(action.arguments)  # 1, 1.0 and true are equal in Python
