"""A run that goes on a second time from some point, as another run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, get_args
from uuid import uuid4

from ..errors import ConfigError, JournalError, one_of
from ..journal.base import Batch, Journal, Loaded, NewRow, Row
from ..oversight.serial import to_json
from ..oversight.words import ask

Tools = Literal["ask", "run"]
_NOT_CARRIED = frozenset(("grant", "ruling", "input_request", "input_reply", "decided", "escalated"))
"""Types of what holds for the old run alone, where it stands in the turn that is entered again; grants anywhere."""


def fork(journal: Any, run_id: str, at: int, *, tools: Tools = "ask") -> str:
    """Begin another run with what happened in one up to a point; return its id, to be resumed.

    What is finished stays as it was, and so do the results of steps of the turn in which the point lies. Nothing
    that people allowed is carried over: no approval, no grant; open questions are asked anew, under new ids.

    Args:
        journal: where the run is kept, and the new one is to be: a path, a URL, or a journal.
        run_id: the old run.
        at: the sequence number of the last event that is to have happened.
        tools: what of the tools that the new run calls: ``ask`` a person before each one, for the old run may
            have called it after that point; or ``run`` them, because you know that this is right.

    Raises:
        JournalError: there is no such run, or what happened in it was deleted in part.
        ConfigError: the point is no number, or before the run's first event; or `tools` is another word.
    """
    from ..journal.opening import opened

    if not isinstance(at, int) or isinstance(at, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(f"at={at!r}: expected the number of an event, as `convagent audit show` lists them")
    if tools not in get_args(Tools):
        raise one_of("tools", tools, get_args(Tools))
    with opened(journal, create=False) as where:
        return _forked(where, where.load(run_id), at, tools)


def _forked(where: Journal, loaded: Loaded, at: int, tools: Tools) -> str:
    root = loaded.info.id
    kept = _up_to(loaded, at)
    if not kept:
        raise ConfigError(f"at={at}: run {root} has no event up to there; its first one is 1")
    if loaded.spec.get("erased") or any("erased" in row.body for row in kept):
        raise JournalError(f"run {root} cannot be gone on with from {at}: what happened before was deleted in part")
    new = uuid4().hex[:12]
    spec = dict(loaded.spec)
    if tools == "ask":
        spec["oversight"] = [*spec["oversight"], to_json(ask())]
    turns = {_renamed(run, root, new): turn for run, turn in _turns(loaded, kept).items()}
    claim = where.begin(new, spec, loaded.info.agents, where.heart.worker, where.lease)
    rows = [_copied(row, root, new) for row in kept if _is_carried(row, turns.get(_renamed(row.run, root, new), 0))]
    where.append(claim, Batch(rows=rows, turns=turns, status="left", reason=f"a fork of run {root} at {at}"))
    return new


def _up_to(loaded: Loaded, at: int) -> list[Row]:
    """Return the rows up to an event of the root run, with what runs inside it did until then."""
    kept: list[Row] = []
    for row in loaded.rows:
        if row.run == loaded.info.id and row.seq > at:
            break
        kept.append(row)
    return kept


def _turns(loaded: Loaded, kept: Sequence[Row]) -> Mapping[str, int]:
    """Return the last turn of each run that was finished by then."""
    later = loaded.rows[len(kept) :]
    return {run: min([turn, *(t - 1 for t in _turns_of(later, run))]) for run, turn in loaded.turns.items()}


def _turns_of(rows: Iterable[Row], run: str) -> list[int]:
    return [_turn(row) for row in rows if row.run == run]


def _turn(row: Row) -> int:
    return int(row.key.partition("/")[0])


def _is_carried(row: Row, finished: int) -> bool:
    kind = row.body.get("type")
    if kind == "grant":
        return False
    if _turn(row) <= finished:
        return True
    return kind not in _NOT_CARRIED and "ruling/" not in row.key and not row.key.endswith("!")


def _copied(row: Row, root: str, new: str) -> NewRow:
    return NewRow(_renamed(row.run, root, new), row.seq, row.key, row.time, json.dumps(row.body, separators=(",", ":")))


def _renamed(run: str, root: str, new: str) -> str:
    return new + run.removeprefix(root)
