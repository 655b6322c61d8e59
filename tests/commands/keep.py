"""Runs in a journal, as a program leaves them there."""

from __future__ import annotations

from pathlib import Path

from convagent import ConversableAgent
from convagent.errors import RunCancelled
from convagent.events import InputRequestEvent
from tests.commands.team import agents


def waiting_run(journal: Path | str, team: list[ConversableAgent] | None = None) -> str:
    """Begin a run, and leave it where it waits for a person; return its id."""
    desk, customer = team or agents()
    response = customer.run(desk, message="Bob wants his money back", journal=str(journal))
    for event in response.events:
        if isinstance(event, InputRequestEvent):
            break
    response.cancel()
    try:
        response.process()
    except RunCancelled:
        return response.uuid
    raise AssertionError("the run went on although it was cancelled")
