"""The finance bot where no model is configured: rules that keep nothing and read the whole chat each time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from _decisions import FORMS, Unclear, read_decision

UNUSUAL = ("CyberSins Ltd", "Unicorn LLC")
VAGUE = ("Confidential", "NDA services", "Urgent request")
_LINE = re.compile(r"^(\d+)\. (Transaction: \$(\d+) to (.+?)\. Memo: (.+?)\.)$", re.MULTILINE)


def answer_by_rules(messages: Sequence[Any]) -> str:
    """Answer the person's last message: a question, or the summary."""
    said = [str(m.get("content") or "") for m in messages if m.get("role") == "user"]
    found = {
        int(n): (text, _why(int(amount), vendor, memo)) for n, text, amount, vendor, memo in _LINE.findall(said[0])
    }
    if not found:
        return "I found no transactions in your first message. You can type exit to finish."

    decided = {n: "approved automatically" for n, (_, why) in found.items() if not why}
    unclear = ""
    for text in said[1:]:
        waiting = [n for n in found if n not in decided]
        if not waiting:
            break
        try:
            # A word alone covers all that wait, as the bot says when it asks. Nothing else is taken for one.
            word, numbers = read_decision(text, waiting, bare_means_all=True)
        except Unclear as why:
            unclear = f"{why} I approve nothing on that.\n\n"
            continue
        unclear = ""
        if word != "skip":
            decided.update(dict.fromkeys(numbers, "approved by you" if word == "approve" else "denied by you"))

    lines = [f"{n}. {text} - {decided.get(n) or 'needs your approval: ' + why}" for n, (text, why) in found.items()]
    if len(decided) < len(found):
        return unclear + "\n".join(lines) + f"\n\nYour decision? {FORMS}; a word alone covers all that wait."
    return "All transactions are processed:\n\n{}\n\nYou can type exit to finish.".format("\n".join(lines))


def _why(amount: int, vendor: str, memo: str) -> str:
    reasons = ["over $10,000"] * (amount > 10_000) + ["unusual vendor"] * (vendor in UNUSUAL)
    return ", ".join(reasons + ["vague memo"] * (memo in VAGUE))
