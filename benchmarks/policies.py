"""What it costs to judge a tool call by a policy of five clauses."""

from __future__ import annotations

from typing import Any

from .child import clock
from .harness import Bench, Reading, Row

CALLS = 100_000
CASES: dict[str, dict[str, Any]] = {
    "none fires": {"amount": 5, "currency": "EUR", "note": "as agreed"},
    "the fifth asks": {"amount": 5, "currency": "EUR", "note": "urgent"},
    "the first denies": {"amount": 50_000, "currency": "EUR", "note": "as agreed"},
}


def ours(join: str, case: str, calls: int) -> Reading:
    """Judge one call many times; us a call."""
    from convagent import Action, all_of, arg, ask, deny, first_of, its, when
    from convagent.oversight.policy import judge

    clauses = (
        when(arg.amount > 10_000, deny("too much")),
        when(arg.amount > 1_000, ask("finance", need=2)),
        when(arg.currency != "EUR", ask("treasury")),
        when(its.risk == "high", ask("clerk", within="10m") >> deny("nobody answered")),
        when(arg.note.contains("urgent"), ask("clerk")),
    )
    policies = (first_of(*clauses) if join == "|" else all_of(*clauses),)
    action = Action("tool", "bot", "pay", CASES[case])
    judge(policies, action)
    with clock() as took:
        for _ in range(calls):
            judge(policies, action)
    return {"wall": took.wall / calls * 1e6, "cpu": took.cpu / calls * 1e6}


def measure(bench: Bench) -> None:
    calls = CALLS // 10 if bench.quick else CALLS
    sides = {
        f"{join} {case}": lambda j=join, c=case: bench.run("policies", "ours", join=j, case=c, calls=calls)
        for join in ("|", "&")
        for case in CASES
    }
    took = bench.medians(sides)
    for join, word in (("|", "first"), ("&", "strictest")):
        for case in CASES:
            mine = took[f"{join} {case}"]
            bench.add(Row(f"policy of 5 clauses, {word}: {case}", mine["cpu"], "CPU us", 5, wall=mine["wall"]))
