"""The migration: the monitor pauses, interrupts and stops; the supervisor is heard."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[..., str]
NAME = "supervised_migration"


def test_monitor_stops_it_when_too_much_is_broken(run: Run) -> None:
    """The batch in flight ends first; nothing after it is done, and nobody is asked."""
    out = run(NAME, "--max-broken", "3", answers=())
    assert "[stopped by monitor: more than 3 broken]" in out
    assert out.rstrip().endswith("copied: 54, broken: 6")


def test_migration_ends_when_the_supervisor_says_stop(run: Run) -> None:
    """At the interruption `stop` ends the run, with what was copied so far."""
    out = run(NAME, answers=("stop",))
    assert out.rstrip().endswith("copied: 54, broken: 6")
    assert out.count("Interrupted.") == 1


def test_migration_goes_on_when_enter_is_pressed(run: Run) -> None:
    """Enter resumes; with nothing changed the next batch breaks too much."""
    out = run(NAME, answers=("",))
    assert "[resumed by script]" in out
    assert "more than 10 broken" in out
