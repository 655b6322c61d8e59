"""`convagent runs show`: the conversation of a run, as it would look at the console."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from .._screen import colour_wanted, visible
from ..audit.redact import Redactor
from ..events import Event, InputReplyEvent, InputRequestEvent, RunStarted
from ..human import HumanRequest
from ..journal.base import Journal, Loaded
from ..observers.card import in_one_line
from ..redaction import redacted
from ..serde import read_body
from ..transcript import render
from ..transcript.decisions import decided, through
from . import Say
from .journals import load, opened
from .tables import ago, state

STEP = "step"


def show(options: Any, say: Say) -> int:
    """Print the conversation of a run, and how it stands.

    Raises:
        JournalError: there is no such run, or it is damaged.
    """
    with opened(options) as journal:
        loaded = load(journal, options.id)
        for text in transcript(loaded):
            say(text.rstrip("\n"))
        for line in standing(journal, loaded):
            say(line)
    return 0


def transcript(loaded: Loaded) -> Iterator[str]:
    """Return what happened in a run and those inside it, event by event, secrets hidden."""
    asked = {stored.id: stored.request for stored in loaded.requests}
    colour, begun = colour_wanted(sys.stdout), set[str]()
    for event in events_of(loaded):
        match event:
            case RunStarted() if event.run_id in begun:  # somebody went on with it
                text = ""
            case InputRequestEvent():
                text = _asked(event.request)
            case InputReplyEvent():
                text = _answered(event, asked)
            case _:
                text = render(event, colour, escape=True)
        if isinstance(event, RunStarted):
            begun.add(event.run_id)
        if text:
            yield text


def events_of(loaded: Loaded) -> Iterator[Event]:
    """Return what happened in a run and those inside it, secrets hidden."""
    redactor = Redactor()
    for stored in loaded.requests:  # what a question marks as secret is hidden wherever else it stands
        redactor.body(InputRequestEvent(request=stored.request, run_id=stored.run))
    for row in loaded.rows:
        if row.body.get("type") not in (STEP, None):
            event = read_body(row.body, row.run, row.seq, row.time)
            shown = {**json.loads(redactor.body(event)), "type": event.type}
            shown.pop("silent", None)  # who looks into a run wants to see it
            yield read_body(shown, row.run, row.seq, row.time)


def _asked(request: HumanRequest) -> str:
    return f"[{visible(' or '.join(request.to)) or 'a person'} is asked: {in_one_line(request)}]"


def _answered(event: InputReplyEvent, asked: Mapping[str, HumanRequest]) -> str:
    request = asked.get(event.reply.request_id)
    said = decided(event, request.action if request is not None else None)
    if not said:
        who = through(event.reply.by, event.reply.channel) or "somebody"
        said = f"{who} answered {request.prompt if request is not None else 'a question'!r}: {event.reply.text!r}"
    return visible(f"[{said}]")


def standing(journal: Journal, loaded: Loaded) -> Iterator[str]:
    """Say how a run stands, and what it waits for."""
    info, now = loaded.info, journal.now()
    since = f"{state(info)} since {ago(now - info.updated).removesuffix(' ago')}"
    yield f"[run {info.id} of {', '.join(info.agents)}: {since}{f': {visible(info.reason)}' if info.reason else ''}]"
    for stored in loaded.requests:
        if stored.status == "open":
            to = " or ".join(stored.request.to) or "anybody"
            yield f"[{stored.id} waits for {visible(to)}: {in_one_line(redacted(stored.request))}]"
    for control in loaded.controls:
        yield f"[{control.action} by {visible(control.by) or 'somebody'} is not met yet]"
