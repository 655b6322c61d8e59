"""Policies in words."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import Oversight, allow, arg, ask, at, below, constant, deny, explain, failing, its, retry, sample, when
from tests.naming import case
from tests.oversight.random_policies import Claim, decided

CHAIN = ask("clerk", within="10m") >> ask("manager", within="2h") >> deny("nobody answered")


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (None, "There is no rule, so everything is allowed."),
        (allow, "Allow."),
        (
            when(arg.amount > 100, CHAIN),
            "If amount > 100: ask clerk, who has 10m; if nobody answers, ask manager, who has 2h; "
            "if nobody answers, deny: nobody answered.",
        ),
        (ask(), "Ask anybody."),
        (ask(need=2), "Ask 2 people."),
        (ask("ada", "clerk", need=2, within="1h"), "Ask 2 people of ada or clerk, who have 1h."),
        (ask("clerk", form=["refund", "credit"]), "Ask clerk, to choose refund or credit."),
        (ask("clerk", form=Claim), "Ask clerk, to fill in Claim."),
        (ask("clerk", form={"type": "object"}), "Ask clerk, to fill in a form."),
        (at("handoff", ask("dispatcher")), "Before a handoff: ask dispatcher."),
        (below(0.8, ask("expert")), "If the model's confidence is below 0.8, or not known: ask expert."),
        (sample(0.05, ask("auditor")), "For 5% of them, chosen by chance: ask auditor."),
        (decided, "As the function decided decides."),
        (
            retry(3, constant("5s"), on=TimeoutError),
            "On TimeoutError try again, 3 attempts in all, waiting 5s each time.",
        ),
        (
            (retry(2, constant("1s")) & allow) | ask("a", within="1s") >> deny("late"),
            "The first of these that applies:\n"
            "  1. All of these, of which the strictest counts:\n"
            "    - Try again, 2 attempts in all, waiting 1s each time.\n"
            "    - Allow.\n"
            "  2. Ask a, who has 1s; if nobody answers, deny: late.",
        ),
        (
            [when(arg.vip == True, ask("a") & ask("b")), failing(3, ask("oncall"))],  # noqa: E712
            "All of these, of which the strictest counts:\n"
            "  - If vip == True: all of these, of which the strictest counts:\n"
            "    - Ask a.\n"
            "    - Ask b.\n"
            "  - If it has failed 3 times, or in a way that must not be tried again: ask oncall.",
        ),
        (
            (ask("a", within="1s") & ask("b", within="1s")) >> (ask("c") | deny("x")),
            "The strictest of (ask a, who has 1s; ask b, who has 1s); if nobody answers, "
            "the first that applies of (ask c; deny: x).",
        ),
        (
            Oversight({"low": allow, "high": ask("clerk")}, rules=[(its.name == "pay", "high")], otherwise="high"),
            "By how much is at risk:\n"
            "  - If its name == 'pay': the risk is high.\n"
            "  - Else the risk is what the tool declares.\n"
            "  - If nobody has named it: the risk is high.\n"
            "  - Low risk: allow.\n"
            "  - High risk: ask clerk.",
        ),
        (
            Oversight({"low": allow, "high": ask("clerk")}),
            "By how much is at risk:\n"
            "  - The risk is what the tool declares.\n"
            "  - Low risk: allow.\n"
            "  - High risk: ask clerk.\n"
            "  - Any other risk, or none: all of these, of which the strictest counts.",
        ),
    ],
    ids=case,
)
def test_policy_is_explained_in_words(policy: Any, words: str) -> None:
    """Somebody who reads no Python knows who decides what."""
    assert explain(policy) == words
