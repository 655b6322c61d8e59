"""Spans by the conventions for generative AI: one trace a run, in whichever processes, and nothing of what was said."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from convagent import ConversableAgent, ScriptedModel, approve, tool
from convagent.agents.durable import advance
from convagent.engine import Worker
from convagent.observers.otel import Telemetry
from tests.durable.conftest import file as file
from tests.durable.places import SQLitePlace
from tests.durable.teams import Desk, begin, decide, status

SECRET = "tulip-and-granite"
Marked = Annotated[str, Field(json_schema_extra={"x-secret": True})]


class Traced:
    """An observer as one process has it, and what it made."""

    def __init__(self, **given: Any) -> None:
        self._exporter, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.observer = Telemetry(provider, MeterProvider([self._reader]), **given)

    @property
    def spans(self) -> list[ReadableSpan]:
        """What has ended, the first to begin first."""
        return sorted(self._exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    def only(self, name: str) -> ReadableSpan:
        (found,) = [span for span in self.spans if span.name == name]
        return found

    @property
    def measures(self) -> dict[str, float]:
        """By name: the sum of what was measured."""
        data: Any = self._reader.get_metrics_data()
        found = [metric for r in data.resource_metrics for s in r.scope_metrics for metric in s.metrics]
        return {metric.name: sum(point.sum for point in metric.data.data_points) for metric in found}

    @property
    def text(self) -> str:
        """Everything that the spans tell."""
        return "\n".join(span.to_json() for span in self.spans)


def pay(amount: int, password: Marked) -> str:
    """Pay an invoice."""
    if amount < 0:
        raise ValueError("no")
    return f"paid {amount} with {password}"


def chat(traced: Traced, amount: int = 5) -> None:
    call = {"name": "pay", "arguments": {"amount": amount, "password": SECRET}}
    bot = ConversableAgent("bot", llm_config=ScriptedModel([[call], "All is paid."]), tools=[tool(pay)])
    bot.human_input_mode = "NEVER"
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    user.initiate_chat(bot, message="a private matter", max_turns=1, observers=[traced.observer], silent=True)


def test_spans_have_the_names_and_attributes_of_the_conventions() -> None:
    """The run, each call of the model, the tool: all in one trace, the calls inside the run."""
    traced = Traced()
    chat(traced)
    run = traced.only("invoke_agent bot")
    model = [span for span in traced.spans if span.name.startswith("chat ")]
    used = traced.only("execute_tool pay")
    assert len(model) == 2
    assert {span.context.trace_id for span in traced.spans if span.context} == {run.context.trace_id}
    assert {span.parent.span_id for span in (*model, used) if span.parent} == {run.context.span_id}
    assert run.attributes is not None
    assert run.attributes["gen_ai.operation.name"] == "invoke_agent"
    assert run.attributes["gen_ai.agent.name"] == "bot"
    assert (run.attributes["convagent.run.how"], run.attributes["convagent.run.reason"]) == (
        "limit",
        "Maximum turns (1) reached",
    )
    first: Any = model[0].attributes
    assert (model[0].kind, first["gen_ai.operation.name"]) == (SpanKind.CLIENT, "chat")
    assert first["gen_ai.request.model"] == model[0].name.removeprefix("chat ")
    assert {"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.conversation.id"} <= set(first)
    tool_attributes: Any = used.attributes
    assert (used.kind, tool_attributes["gen_ai.operation.name"]) == (SpanKind.INTERNAL, "execute_tool")
    assert (tool_attributes["gen_ai.tool.name"], tool_attributes["gen_ai.tool.type"]) == ("pay", "function")
    assert "gen_ai.client.operation.duration" in traced.measures


def test_nothing_of_what_was_said_is_in_spans() -> None:
    """Whoever reads traces may not be one who may read conversations."""
    traced = Traced()
    chat(traced)
    for words in ("private", "paid", "amount", SECRET):
        assert words not in traced.text


def test_content_is_told_without_secrets_if_it_is_asked_for() -> None:
    """Arguments and result of the tool, with asterisks for what its schema marks."""
    traced = Traced(content=True)
    chat(traced)
    attributes: Any = traced.only("execute_tool pay").attributes
    assert attributes["gen_ai.tool.call.arguments"] == '{"amount": 5, "password": "**********"}'
    assert attributes["gen_ai.tool.call.result"] == "paid 5 with **********"
    assert SECRET not in traced.text


def test_tool_that_fails_is_a_span_that_failed() -> None:
    """With the word of the conventions for an error without a class, and without its text."""
    traced = Traced()
    chat(traced, -1)
    failed = traced.only("execute_tool pay")
    assert failed.status.status_code is StatusCode.ERROR
    assert (failed.attributes or {})["error.type"] == "_OTHER"
    assert failed.status.description is None


# ---------------------------------------------------------------- several processes


def move(place: SQLitePlace, desk: Desk, traced: Traced) -> None:
    """Move everything on, as another process does."""
    with place.open() as journal:

        async def segment(claim: Any) -> None:
            await advance(journal, claim, desk.agents, [traced.observer])
            traced.observer.over(claim.run)

        asyncio.run(Worker(journal, segment, {"desk", "customer"}).work(once=True))


def test_run_is_one_trace_however_many_processes_move_it(file: SQLitePlace) -> None:
    """Its number is made of the run's id; each process has a span of its own for what it does."""
    desk, first, second = Desk(), Traced(), Traced()
    journal = file.open()
    begin(journal, desk.agents)
    move(file, desk, first)
    decide(journal, approve)
    move(file, desk, second)
    assert status(journal) == "done"
    traces = {span.context.trace_id for span in (*first.spans, *second.spans) if span.context}
    assert len(traces) == 1
    begun = [span for span in (*first.spans, *second.spans) if span.name.startswith("invoke_agent")]
    assert len(begun) == 2
    assert begun[0].end_time is not None
    assert begun[0].end_time <= (begun[1].start_time or 0)


def test_wait_for_a_person_is_a_span_of_its_own(file: SQLitePlace) -> None:
    """From the question in one process to the answer in another, with a link to what went on by it."""
    desk, first, second = Desk(), Traced(), Traced()
    journal = file.open()
    begin(journal, desk.agents)
    move(file, desk, first)
    file.change("UPDATE requests SET asked = asked - 3600")
    decide(journal, approve)
    move(file, desk, second)
    wait = second.only("human.wait")
    attributes: Any = wait.attributes
    assert (attributes["convagent.decision"], attributes["convagent.request.id"]) == ("approve", "run:1")
    assert ((wait.end_time or 0) - (wait.start_time or 0)) / 1e9 == pytest.approx(3600, abs=60)
    (went_on,) = [span for span in second.spans if span.name.startswith("invoke_agent")]
    assert [link.context.span_id for link in wait.links] == [went_on.context.span_id if went_on.context else 0]
    assert second.measures["convagent.human.wait"] == pytest.approx(3600, abs=60)


def test_secrets_are_hidden_in_the_process_that_goes_on(file: SQLitePlace) -> None:
    """Which arguments are secret is known in each."""
    call = [{"name": "pay", "arguments": {"amount": 5, "password": SECRET}}]
    desk = Desk(script=([{"name": "refund", "arguments": {"customer": "Bob", "amount": 250}}], call, "Done."))
    desk.tools.append(tool(pay))
    first, second = Traced(content=True), Traced(content=True)
    journal = file.open()
    begin(journal, desk.agents)
    move(file, desk, first)
    decide(journal, approve)
    move(file, desk, second)
    assert (second.only("execute_tool pay").attributes or {})["gen_ai.tool.call.result"] == "paid 5 with **********"
    assert SECRET not in first.text + second.text


def test_spans_of_runs_inside_are_inside(tmp_path: Path) -> None:
    """A chat in a tool is a span below that of its run."""
    traced = Traced()

    def consult(question: str) -> str:
        """Ask the expert."""
        expert = ConversableAgent("expert", llm_config=ScriptedModel(["42"]), human_input_mode="NEVER")
        asker = ConversableAgent("asker", llm_config=False, human_input_mode="NEVER")
        return str(asker.initiate_chat(expert, message=question, max_turns=1).summary)

    model = ScriptedModel([[{"name": "consult", "arguments": {"question": "why"}}], "42."])
    bot = ConversableAgent("bot", llm_config=model, tools=[tool(consult)], human_input_mode="NEVER")
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    user.initiate_chat(bot, message="go", max_turns=1, observers=[traced.observer], silent=True)
    outer, inner = traced.only("invoke_agent bot"), traced.only("invoke_agent expert")
    assert inner.parent is not None
    assert inner.parent.span_id == (outer.context.span_id if outer.context else 0)
