"""Numbers for Prometheus: what happened, by few labels that are known beforehand."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("prometheus_client")

from prometheus_client import CollectorRegistry

from convagent import ConversableAgent, ScriptedModel, approve, ask, tool
from convagent.journal.counting import Counts
from convagent.observers.metrics import Metrics, Page
from convagent.testing import Fake


def refund(amount: int) -> str:
    """Pay money back."""
    if amount < 0:
        raise ValueError("no")
    return "paid"


def counted(*calls: dict[str, Any]) -> CollectorRegistry:
    """Hold a chat in which a person approves each call, and return what was counted."""
    registry = CollectorRegistry()
    model = ScriptedModel([list(calls), "Done."])
    bot = ConversableAgent("bot", llm_config=model, tools=[tool(refund, approval=ask("clerk"))])
    bot.human_input_mode = "NEVER"
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    clerk = Fake(clerk=approve)
    user.initiate_chat(bot, message="go", max_turns=1, people=clerk, observers=[Metrics(registry)], silent=True)
    return registry


def call(**arguments: Any) -> dict[str, Any]:
    return {"name": "refund", "arguments": arguments}


def test_what_happens_in_a_run_is_counted() -> None:
    """The run, its messages, calls of models and tools, questions and how long they stood."""
    value = counted(call(amount=5)).get_sample_value
    assert value("convagent_runs_started_total") == value("convagent_segments_total") == 1
    assert value("convagent_runs_ended_total", {"how": "limit"}) == 1
    assert value("convagent_messages_total", {"agent": "user"}) == 1
    assert value("convagent_tool_call_seconds_count", {"tool": "refund", "outcome": "ok"}) == 1
    assert value("convagent_requests_total", {"moment": "decision"}) == 1
    assert value("convagent_human_wait_seconds_count", {"channel": "fake", "decision": "approve"}) == 1


def test_tool_that_fails_is_counted_as_that() -> None:
    """By the outcome."""
    value = counted(call(amount=-1)).get_sample_value
    assert value("convagent_tool_call_seconds_count", {"tool": "refund", "outcome": "error"}) == 1


def test_name_that_a_model_made_up_is_no_label() -> None:
    """Else a model could make ever more time series."""
    found = [s for m in counted({"name": "refnud", "arguments": {}}).collect() for s in m.samples]
    assert not any("refnud" in value for sample in found for value in sample.labels.values())


def test_page_tells_what_stands_in_the_journal() -> None:
    """Counted when it is asked for; while the journal is away the rest is told all the same."""
    found: list[Counts | None] = [Counts({"waiting": 3}, requests=2, overdue=1, oldest=60.0), None]
    page = Page(lambda: found.pop(0))
    first, second = page.text().decode(), page.text().decode()
    assert 'convagent_runs{status="waiting"} 3.0' in first
    assert 'convagent_runs{status="blocked"} 0.0' in first
    assert "convagent_requests_open 2.0" in first
    assert "convagent_requests_overdue 1.0" in first
    assert "convagent_requests_oldest_seconds 60.0" in first
    assert "convagent_runs{" not in second
    assert "convagent_runs_started_total 0.0" in second
