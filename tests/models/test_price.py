"""Prices: listed, dated, stated, unknown."""

from __future__ import annotations

import pytest

from convagent.models.entry import Entry
from convagent.models.price import cost, entry_cost


def test_listed_models_have_a_price_also_with_a_date() -> None:
    """A dated name costs what its model costs, unless it is listed itself."""
    assert cost("gpt-4o", 1000, 1000) == pytest.approx(0.0125)
    assert cost("gpt-4o-2024-08-06", 1000, 1000) == pytest.approx(0.0125)
    assert cost("gpt-4o-2024-05-13", 1000, 1000) == pytest.approx(0.02)


def test_an_unknown_model_costs_nothing_without_a_word() -> None:
    """No warning, no error."""
    assert cost("my-own-model", 1000, 1000) == 0.0


def test_the_stated_price_wins() -> None:
    """The entry's own price counts."""
    assert entry_cost(Entry("gpt-4o", price=(0.0, 1.0)), "gpt-4o", 500, 500) == pytest.approx(0.5)


def test_a_local_model_of_the_same_name_is_free() -> None:
    """List prices hold at OpenAI and on Azure only."""
    assert entry_cost(Entry("gpt-4o", base_url="http://localhost:8000/v1"), "gpt-4o", 1000, 0) == 0.0
    assert entry_cost(Entry("gpt-4o", base_url="https://x.openai.azure.com"), "gpt-4o", 1000, 0) > 0
