"""`convagent inbox list | show | answer | watch | serve | token`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from threading import Event
from time import monotonic
from typing import Any

from ..errors import JournalError, JournalUnavailable
from ..journal import Inbox
from ..journal.base import Standing, StoredRequest
from . import Say
from .asked import as_json, in_short, settled_in_short, told
from .journals import no_request, opened, patiently
from .tables import table

MANY = 50
"""From how many questions on they are read by the page."""
PAGE = 500
"""How many questions are read at once."""
LOOK = 1.0
"""Seconds after which `watch` looks although nobody told it of a change."""
REST = 20
"""How many times as long as it took to look `watch` rests at least."""


def run(options: Any, say: Say) -> int:
    """Do what the options say, and return the exit code."""
    match options.inbox:
        case "list":
            return _list(options, say)
        case "show":
            return _show(options, say)
        case "answer":
            from .answer import answer

            return answer(options, say)
        case "watch":
            return _watch(options, say)
        case "serve":
            from .web import serve

            return serve(options, say)
        case _:
            from .web import token

            return token(options, say)


# ---------------------------------------------------------------- list


def _list(options: Any, say: Say) -> int:
    with opened(options) as journal:
        found, now = open_ones(Inbox(journal), **_chosen(options)), journal.now()
        if options.json:
            for stored in found:
                say(json.dumps(as_json(stored)))
            return 0
        rows = [in_short(stored, now) for stored in found]
    if not rows:
        say("Nothing waits for a person." if not _filtered(options) else "Nothing of this waits for a person.")
        return 0
    say(table(("ID", "ASKED", "DUE", "FOR", "QUESTION"), rows))
    return 0


def _filtered(options: Any) -> bool:
    return any(_chosen(options).values())


def _chosen(options: Any) -> dict[str, str]:
    return {"role": options.role, "person": options.person, "run": options.run}


def open_ones(inbox: Inbox, **chosen: str) -> Iterator[StoredRequest]:
    """Return every open question, or those that are chosen as by `Inbox.pending`, the one that is due first first."""
    after = ""
    while True:
        page = patiently(lambda after=after: inbox.pending(**chosen, limit=PAGE, after=after))
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].id


# ---------------------------------------------------------------- show


def _show(options: Any, say: Say) -> int:
    with opened(options) as journal:
        stored = patiently(lambda: journal.request(options.id))
        if stored is None:
            raise JournalError(no_request(journal, options.id))
        say(json.dumps(as_json(stored), indent=2) if options.json else told(stored, journal.now()))
    return 0


# ---------------------------------------------------------------- watch


def _watch(options: Any, say: Say) -> int:
    with opened(options) as journal:
        inbox, changed = Inbox(journal), Event()
        unwatch = journal.watch(changed.set)
        known: dict[str, Standing] = {}
        try:
            while True:
                changed.clear()
                began = monotonic()
                try:
                    known = _tell_changes(inbox, known, options, say)
                except JournalUnavailable:
                    pass  # it is looked at again
                changed.wait(max(LOOK, REST * (monotonic() - began)))
        except KeyboardInterrupt:
            return 0
        finally:
            unwatch()


def _tell_changes(inbox: Inbox, known: dict[str, Standing], options: Any, say: Say) -> dict[str, Standing]:
    """Print what has changed, and return what is open now. What is open as before is not read again."""
    found = {one.id: one for one in inbox.standing(**_chosen(options))}
    now = inbox.journal.now()
    for stored in _read(inbox, [id for id in known if id not in found]):
        say(json.dumps(as_json(stored)) if options.json else settled_in_short(stored))
    for stored in _read_open(inbox, [id for id, one in found.items() if known.get(id) != one], options):
        if stored.status == "open":  # else it is told as settled at the next look
            say(json.dumps(as_json(stored)) if options.json else "  ".join(("open", *in_short(stored, now))))
    return found


def _read_open(inbox: Inbox, ids: Sequence[str], options: Any) -> Iterator[StoredRequest]:
    """Return questions that were open a moment ago: a few by themselves, many by the page."""
    if len(ids) <= MANY:
        return _read(inbox, ids)
    wanted = set(ids)
    return (stored for stored in open_ones(inbox, **_chosen(options)) if stored.id in wanted)


def _read(inbox: Inbox, ids: Sequence[str]) -> Iterator[StoredRequest]:
    """Return questions. Those that are damaged or deleted are left out."""
    for id in ids:
        try:
            stored = inbox.get(id)
        except JournalUnavailable:
            raise
        except JournalError:
            continue
        if stored is not None:
            yield stored
