"""Numbers for Prometheus, from the events of runs.

from convagent.observers.metrics import Metrics
alice.initiate_chat(bob, message="Hi", observers=[Metrics()])

Labels are few and known beforehand: agents, models, tools, channels; no runs, and no texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..errors import MissingExtra
from ..events import (
    ErrorEvent,
    EscalatedEvent,
    Event,
    ExecutedFunctionEvent,
    InputReplyEvent,
    InputRequestEvent,
    MessageEvent,
    ModelCallFinished,
    ModelRetryEvent,
    RunCompletionEvent,
    RunStarted,
)

try:
    from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
    from prometheus_client.core import GaugeMetricFamily
except ImportError as error:
    raise MissingExtra("metrics", "metrics") from error

_CALLS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_WAITS = (10, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 3 * 24 * 3600, 7 * 24 * 3600)


class Metrics:
    """An observer that counts.

    Args:
        registry: where the numbers are registered; None: the process's own. One registry takes one of these.
    """

    def __init__(self, registry: Any = None) -> None:
        given: dict[str, Any] = {"namespace": "convagent", "registry": REGISTRY if registry is None else registry}
        self._begun = Counter("runs_started", "Runs that began here.", **given)
        self._segments = Counter("segments", "How often a run began or went on here.", **given)
        self._ended = Counter("runs_ended", "Runs that ended here.", ["how"], **given)
        self._messages = Counter("messages", "What agents said to each other.", ["agent"], **given)
        self._calls = Histogram(
            "model_call_seconds", "How long models took.", ["model", "outcome"], buckets=_CALLS, **given
        )
        self._retries = Counter("model_retries", "Attempts that failed and were made again.", ["model"], **given)
        self._tokens = Counter("tokens", "Tokens, without what came from a cache.", ["model", "kind"], **given)
        self._cost = Counter("cost_dollars", "What models cost, where their price is known.", ["model"], **given)
        self._tools = Histogram(
            "tool_call_seconds", "How long tools took.", ["tool", "outcome"], buckets=_CALLS, **given
        )
        self._asked = Counter("requests", "Questions to people.", ["moment"], **given)
        self._waits = Histogram(
            "human_wait_seconds", "How long a question stood until it was answered.", ["channel", "decision"],
            buckets=_WAITS, **given,
        )  # fmt: skip
        self._escalated = Counter("escalations", "Questions that were passed on to somebody else.", ["why"], **given)

        self._tools_of: dict[str, Callable[[str], Any] | None] = {}
        """By run: how to find a tool; None: its beginning was told elsewhere."""

    def over(self, run_id: str) -> None:
        """Remember nothing more of a run."""
        for id in [known for known in list(self._tools_of) if known == run_id or known.startswith(f"{run_id}/")]:
            self._tools_of.pop(id, None)

    def __call__(self, event: Event, /) -> None:
        """Take one event."""
        if event.run_id not in self._tools_of:
            self._tools_of[event.run_id] = None
            self._segments.inc()
        match event:
            case MessageEvent():
                if not event.inner:
                    self._messages.labels(event.sender).inc()
            case ModelCallFinished():
                self._model_call(event)
            case ExecutedFunctionEvent():
                outcome = "ok" if event.is_exec_success else "error"
                self._tools.labels(event.func_name if self._is_known(event) else "", outcome).observe(event.seconds)
            case InputRequestEvent():
                self._asked.labels(event.request.moment).inc()
            case InputReplyEvent():
                decision = event.reply.decision.verb if event.reply.decision is not None else "text"
                self._waits.labels(event.reply.channel, decision).observe(event.seconds)
            case EscalatedEvent():
                self._escalated.labels(event.why).inc()
            case ModelRetryEvent():
                self._retries.labels(event.model).inc()
            case RunStarted():
                self._tools_of[event.run_id] = event.parameters_of
                if event.seq == 1:
                    self._begun.inc()
            case RunCompletionEvent():
                self._ended.labels(event.how).inc()
                self.over(event.run_id)
            case ErrorEvent():
                self._ended.labels("failed").inc()
                self.over(event.run_id)
            case _:
                pass

    def _is_known(self, event: ExecutedFunctionEvent) -> bool:
        """Return whether there is such a tool: a name that a model made up is no label, or they would never end."""
        find = self._tools_of.get(event.run_id)
        return event.is_exec_success or (find is not None and find(event.func_name) is not None)

    def _model_call(self, event: ModelCallFinished) -> None:
        outcome = "error" if event.error else "cached" if event.cached else "ok"
        self._calls.labels(event.model, outcome).observe(event.seconds)
        if event.cached:
            return
        for kind, count in (("input", event.usage.prompt_tokens), ("output", event.usage.completion_tokens)):
            self._tokens.labels(event.model, kind).inc(count)
        if event.usage.cost:
            self._cost.labels(event.model).inc(event.usage.cost)


class Page:
    """A registry of its own, and what Prometheus is told of it.

    Args:
        count: counts what stands in the journal, each time that it is asked for; None: it cannot be reached.
    """

    kind = CONTENT_TYPE_LATEST

    def __init__(self, count: Callable[[], Any]) -> None:
        self._count, self._registry = count, CollectorRegistry()
        self._registry.register(self)
        self.observer = Metrics(self._registry)
        """Counts what happens in this process."""

    def text(self) -> bytes:
        """Return the numbers as they stand."""
        return generate_latest(self._registry)

    def describe(self) -> list[Any]:
        """Return nothing: counting takes a database, which may not be there yet."""
        return []

    def collect(self) -> Iterator[Any]:
        """Give what stands in the journal."""
        found = self._count()
        if found is None:
            return
        runs = GaugeMetricFamily("convagent_runs", "Runs that are not over.", labels=["status"])
        for status in ("ready", "running", "waiting", "left", "blocked"):
            runs.add_metric([status], found.runs.get(status, 0))
        yield runs
        yield GaugeMetricFamily("convagent_requests_open", "Questions that wait for a person.", found.requests)
        yield GaugeMetricFamily("convagent_requests_overdue", "Those whose deadline has passed.", found.overdue)
        yield GaugeMetricFamily("convagent_requests_oldest_seconds", "How long the oldest has stood.", found.oldest)
