"""Spans and measures of OpenTelemetry, by its conventions for generative AI, from the events of runs.

    from convagent.observers.otel import Telemetry
    alice.initiate_chat(bob, message="Hi", observers=[Telemetry()])

All spans of a run belong to one trace, whichever process makes them: its id is made of the run's. What people were
asked is a span of its own, from the question to the answer, be it a week, with a link to what went on by it. What is
said, called and answered is left out unless it is asked for, because whoever reads traces is not always whoever may
read conversations.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import MissingExtra
from ..events import (
    ErrorEvent,
    Event,
    ExecutedFunctionEvent,
    HandoffEvent,
    InputReplyEvent,
    ModelCallFinished,
    RunCompletionEvent,
    RunLeftEvent,
    RunStarted,
)
from .hiding import Hiding

try:
    from opentelemetry import metrics, trace
except ImportError as error:
    raise MissingExtra("telemetry", "otel") from error

_NANO = 1_000_000_000
_OTHER = "_OTHER"
"""What the conventions call an error of which no class is known."""
_TOKENS = tuple(4**n for n in range(14))
_SECONDS = tuple(0.01 * 2**n for n in range(14))
"""The bounds of histograms, as the conventions have them."""
_WAITS = (10, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 3 * 24 * 3600, 7 * 24 * 3600)


@dataclass(slots=True)
class _Segment:
    """What one process does of a run, from one pause to the next."""

    span: trace.Span
    context: Any
    last: float
    """When something was last told of it."""


class Telemetry:
    """An observer that makes spans and measures of what happens.

    Args:
        tracer_provider: where spans go; None: to the one that the application has set.
        meter_provider: the same for measures.
        content: whether arguments and results of tools stand in spans. What a schema marks as secret is hidden.
    """

    def __init__(self, tracer_provider: Any = None, meter_provider: Any = None, *, content: bool = False) -> None:
        self._tracer = trace.get_tracer("convagent", tracer_provider=tracer_provider)
        meter = metrics.get_meter("convagent", meter_provider=meter_provider)

        def histogram(name: str, unit: str, bounds: Sequence[float]) -> metrics.Histogram:
            return meter.create_histogram(name, unit=unit, explicit_bucket_boundaries_advisory=bounds)

        self._tokens = histogram("gen_ai.client.token.usage", "{token}", _TOKENS)
        self._seconds = histogram("gen_ai.client.operation.duration", "s", _SECONDS)
        self._waits = histogram("convagent.human.wait", "s", _WAITS)
        self._content, self._hiding = content, Hiding()
        self._segments: dict[str, _Segment] = {}

    def __call__(self, event: Event, /) -> None:
        """Take one event."""
        if event.transient:
            return
        if self._content:
            event = self._hiding.shown(event)
        segment = self._segment(event)
        segment.last = event.at
        match event:
            case ModelCallFinished():
                self._model_call(event, segment)
            case ExecutedFunctionEvent():
                self._tool_call(event, segment)
            case InputReplyEvent():
                self._wait(event, segment)
            case HandoffEvent():
                segment.span.add_event(
                    "handoff", {"gen_ai.agent.name": event.source, "convagent.handoff.to": event.target}
                )
            case RunCompletionEvent():
                segment.span.set_attributes({"convagent.run.how": event.how, "convagent.run.reason": event.reason})
                self.over(event.run_id)
            case ErrorEvent():
                segment.span.set_status(trace.Status(trace.StatusCode.ERROR, type(event.error).__name__))
                self.over(event.run_id)
            case RunLeftEvent():
                self.over(event.run_id)
            case _:
                pass

    def over(self, run_id: str) -> None:
        """Say that this process does nothing more of a run for now: it waits, or another one goes on with it."""
        for id in [known for known in list(self._segments) if known == run_id or known.startswith(f"{run_id}/")]:
            segment = self._segments.pop(id, None)
            if segment is not None:
                segment.span.end(_nano(segment.last))
            self._hiding.forget(id)

    # ------------------------------------------------------------ runs

    def _segment(self, event: Event) -> _Segment:
        found = self._segments.get(event.run_id)
        if found is not None:
            return found
        outer, _, _ = event.run_id.rpartition("/")
        around = self._segments.get(outer)
        parent = around.context if around is not None else trace.set_span_in_context(_root(event.run_id))
        agents = event.agents if isinstance(event, RunStarted) else ()
        current = trace.get_current_span().get_span_context()
        span = self._tracer.start_span(
            f"invoke_agent {agents[1]}" if len(agents) > 1 else "invoke_agent",
            context=parent,
            start_time=_nano(event.at),
            links=[trace.Link(current)] if current.is_valid else [],
            attributes={
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.conversation.id": event.run_id,
                **({"gen_ai.agent.name": agents[1], "convagent.run.agents": list(agents)} if len(agents) > 1 else {}),
            },
        )
        made = _Segment(span, trace.set_span_in_context(span), event.at)
        self._segments[event.run_id] = made
        return made

    # ------------------------------------------------------------ what is done in them

    def _span(
        self, name: str, event: Event, seconds: float, segment: _Segment, attributes: Mapping[str, Any],
        failed: bool = False, kind: trace.SpanKind = trace.SpanKind.INTERNAL,
    ) -> None:  # fmt: skip
        span = self._tracer.start_span(
            name,
            context=segment.context,
            start_time=_nano(event.at - seconds),
            attributes={"gen_ai.conversation.id": event.run_id, **attributes},
            kind=kind,
        )
        if failed:
            span.set_attribute("error.type", _OTHER)
            span.set_status(trace.Status(trace.StatusCode.ERROR))
        span.end(_nano(event.at))

    def _model_call(self, event: ModelCallFinished, segment: _Segment) -> None:
        measured = {"gen_ai.operation.name": "chat", "gen_ai.request.model": event.model}
        usage = event.usage
        attributes: dict[str, Any] = {
            **measured,
            "gen_ai.response.model": event.model,
            "gen_ai.agent.name": event.agent,
            "gen_ai.usage.input_tokens": usage.prompt_tokens,
            "gen_ai.usage.output_tokens": usage.completion_tokens,
            "convagent.cached": event.cached,
        }
        if event.finish_reason:
            attributes["gen_ai.response.finish_reasons"] = [event.finish_reason]
        failed = bool(event.error)
        self._span(f"chat {event.model}", event, event.seconds, segment, attributes, failed, trace.SpanKind.CLIENT)
        self._seconds.record(event.seconds, measured)
        for kind, count in (("input", usage.prompt_tokens), ("output", usage.completion_tokens)):
            if count and not event.cached:
                self._tokens.record(count, {**measured, "gen_ai.token.type": kind})

    def _tool_call(self, event: ExecutedFunctionEvent, segment: _Segment) -> None:
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": event.func_name,
            "gen_ai.tool.type": "function",
            "gen_ai.agent.name": event.recipient,
        }
        if event.call_id:
            attributes["gen_ai.tool.call.id"] = event.call_id
        if self._content:
            attributes["gen_ai.tool.call.arguments"] = json.dumps(event.arguments, default=str)
            attributes["gen_ai.tool.call.result"] = self._hiding.text(event, event.result)
        failed = not event.is_exec_success
        self._span(f"execute_tool {event.func_name}", event, event.seconds, segment, attributes, failed)

    def _wait(self, event: InputReplyEvent, segment: _Segment) -> None:
        reply = event.reply
        attributes: dict[str, Any] = {
            "convagent.request.id": reply.request_id,
            "convagent.channel": reply.channel,
            "gen_ai.agent.name": event.agent,
        }
        if reply.decision is not None:
            attributes["convagent.decision"] = reply.decision.verb
        span = self._tracer.start_span(
            "human.wait",
            context=trace.set_span_in_context(_root(event.run_id)),  # it began before what now goes on by the answer
            start_time=_nano(event.at - event.seconds),
            attributes={"gen_ai.conversation.id": event.run_id, **attributes},
            links=[trace.Link(segment.span.get_span_context())],
        )
        span.end(_nano(event.at))
        self._waits.record(event.seconds, {"convagent.channel": reply.channel})


def _nano(seconds: float) -> int:
    return int(seconds * _NANO)


def _root(run_id: str) -> trace.NonRecordingSpan:
    """Return what all processes take for the beginning of a run's trace."""
    from hashlib import sha256

    digest = sha256(run_id.partition("/")[0].encode()).digest()
    trace_id, span_id = int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)
    return trace.NonRecordingSpan(trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags))


def send_by_variables() -> None:
    """Send what this process makes by OTLP, as the variables ``OTEL_...`` say, unless the application has set a way.

    Raises:
        MissingExtra: what sends is not installed.
    """
    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise MissingExtra("telemetry", "otel") from error
    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    resource = Resource.create({} if named else {"service.name": "convagent"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], resource=resource))
