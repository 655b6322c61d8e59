"""Which engine a worker has, by its options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine import Engine, Segment, Worker
from ..errors import ConfigError
from ..journal.base import Journal

Make = Callable[[Journal, Segment, frozenset[str]], Engine]
"""Makes an engine over a journal of what moves a run on, and of the agents that are known here."""
MOST = 1_000_000
"""More runs at once are a slip of the finger, and more than a database counts."""
SOONEST, LATEST = 0.01, 60.0
"""Seconds between two looks for what can go on."""


def engine_of(options: Any) -> Make:
    """Return what makes the engine that the options mean. What is wrong with them is said before any run is touched.

    Raises:
        ConfigError: an option is wrong, or is none of this engine's.
        MissingExtra: the engine is not installed.
    """
    _whole("--slots", options.slots)
    if options.poll is not None and not SOONEST <= options.poll <= LATEST:
        raise ConfigError(f"--poll {options.poll:g}: expected {SOONEST:g} to {LATEST:g} seconds")
    poll = {} if options.poll is None else {"poll": options.poll}
    if options.engine == "local":
        for name in ("concurrency", "rate", "lane_concurrency", "lane_rate"):
            if getattr(options, name) is not None:
                raise ConfigError(
                    f"{_option(name)} is an option of --engine dbos; the local engine has --slots for each worker"
                )
        return lambda journal, segment, knows: Worker(journal, segment, knows, options.slots, **poll)
    limits = _limits(options)
    from ..engine.dbos import DbosEngine

    return lambda journal, segment, knows: DbosEngine(journal, segment, knows, options.slots, **limits, **poll)


def _limits(options: Any) -> dict[str, Any]:
    """Return the limits over all workers."""
    for name in ("concurrency", "lane_concurrency"):
        if getattr(options, name) is not None:
            _whole(_option(name), getattr(options, name))
    if options.concurrency is not None and options.concurrency < (options.lane_concurrency or 0):
        raise ConfigError(
            f"--lane-concurrency {options.lane_concurrency}: expected no more than --concurrency {options.concurrency}"
        )
    return {
        "concurrency": options.concurrency,
        "rate": _rate("--rate", options.rate),
        "lane_concurrency": options.lane_concurrency,
        "lane_rate": _rate("--lane-rate", options.lane_rate),
    }


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _whole(option: str, number: int) -> None:
    if number < 1:
        raise ConfigError(f"{option} {number}: expected 1 or more")
    if number > MOST:
        raise ConfigError(f"{option} {number}: expected {MOST} or less")


def _rate(option: str, text: str | None) -> tuple[int, float] | None:
    if text is None:
        return None
    number, _, seconds = text.partition("/")
    try:
        rate = int(number), float(seconds)
    except ValueError:
        rate = 0, 0.0
    if not 1 <= rate[0] <= MOST or not 0 < rate[1] < float("inf"):
        raise ConfigError(f"{option} {text!r}: expected so many in so many seconds, such as 100/60")
    return rate
