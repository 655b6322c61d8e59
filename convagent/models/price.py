"""What a call cost, where the price is known."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .entry import Entry

PRICES: Mapping[str, tuple[float, float]] = {
    "gpt-3.5-turbo": (0.0005, 0.0015),
    "gpt-4": (0.03, 0.06),
    "gpt-4-32k": (0.06, 0.12),
    "gpt-4-turbo": (0.01, 0.03),
    "gpt-4o": (0.0025, 0.01),
    "gpt-4o-2024-05-13": (0.005, 0.015),
    "gpt-4o-mini": (0.00015, 0.0006),
    "gpt-4.1": (0.002, 0.008),
    "gpt-4.1-mini": (0.0004, 0.0016),
    "gpt-4.1-nano": (0.0001, 0.0004),
    "gpt-5": (0.00125, 0.01),
    "gpt-5-mini": (0.00025, 0.002),
    "gpt-5-nano": (0.00005, 0.0004),
    "o1": (0.015, 0.06),
    "o1-mini": (0.0011, 0.0044),
    "o3": (0.002, 0.008),
    "o3-mini": (0.0011, 0.0044),
    "o4-mini": (0.0011, 0.0044),
}
"""US dollars per 1,000 prompt and completion tokens, by the name without its date.

List prices change: state your own in the entry (``price=[0.002, 0.008]``) where the cost matters.
"""

_DATE = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{4}|latest|preview)$")


def cost(model: str, prompt_tokens: int, completion_tokens: int, price: tuple[float, float] | None = None) -> float:
    """Return US dollars: by the given price, else by the table, else 0.0 without a word."""
    found = price or price_of(model)
    if found is None:
        return 0.0
    return (prompt_tokens * found[0] + completion_tokens * found[1]) / 1000


def price_of(model: str) -> tuple[float, float] | None:
    """Return the listed price of a model per 1,000 tokens, dated names included."""
    name = model
    while name not in PRICES:
        shorter = _DATE.sub("", name)
        if shorter == name:
            return None
        name = shorter
    return PRICES[name]


def entry_cost(entry: Entry, model: str, prompt_tokens: int, completion_tokens: int) -> float:
    """Return what a call of an entry cost: its own price, else that of the model that answered.

    The table is of OpenAI's prices: a model of the same name behind another base_url has none.
    """
    if entry.price is None and entry.base_url and "openai.azure.com" not in entry.base_url:
        if not entry.base_url.startswith("https://api.openai.com"):
            return 0.0
    return cost(model, prompt_tokens, completion_tokens, entry.price)
