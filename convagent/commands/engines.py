"""Which engine a worker has, by its options."""

from __future__ import annotations

from typing import Any

from ..engine import Engine, Segment, Worker
from ..errors import ConfigError
from ..journal.base import Journal


def engine_of(options: Any, journal: Journal, segment: Segment, knows: frozenset[str]) -> Engine:
    """Return the engine that moves the runs of a journal on.

    Raises:
        ConfigError: an option is wrong, or is none of this engine's.
        MissingExtra: the engine is not installed.
    """
    if options.engine == "local":
        for name in ("concurrency", "rate", "lane_concurrency", "lane_rate"):
            if getattr(options, name) is not None:
                name = name.replace("_", "-")
                raise ConfigError(
                    f"--{name} is an option of --engine dbos; the local engine has --slots for each worker"
                )
        return Worker(journal, segment, knows, options.slots)
    for name in ("concurrency", "lane_concurrency"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            raise ConfigError(f"--{name.replace('_', '-')} {getattr(options, name)}: expected 1 or more")
    if options.concurrency is not None and options.concurrency < (options.lane_concurrency or 0):
        raise ConfigError(
            f"--lane-concurrency {options.lane_concurrency}: expected no more than --concurrency {options.concurrency}"
        )
    from ..engine.dbos import DbosEngine

    return DbosEngine(
        journal, segment, knows, options.slots, concurrency=options.concurrency, rate=_rate("--rate", options.rate),
        lane_concurrency=options.lane_concurrency, lane_rate=_rate("--lane-rate", options.lane_rate),
    )  # fmt: skip


def _rate(option: str, text: str | None) -> tuple[int, float] | None:
    if text is None:
        return None
    number, slash, seconds = text.partition("/")
    try:
        rate = int(number), float(seconds if slash else "1")
    except ValueError:
        rate = (0, 0.0)
    if rate[0] < 1 or not 0 < rate[1] < float("inf"):
        raise ConfigError(f"{option} {text!r}: expected so many in so many seconds, such as 100/60")
    return rate
