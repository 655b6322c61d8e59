"""`convagent runs export | delete | prune | forget`: what is kept of runs is handed out, or goes."""

from __future__ import annotations

import sys
from typing import Any

from .._reader import LineReader
from .._screen import is_tty
from ..duration import seconds
from ..errors import ConfigError, JournalError
from ..journal import Inbox
from ..journal.base import OVER
from . import Say
from .journals import every_run, load, opened, patiently, suggesting


def export(options: Any, say: Say) -> int:
    """Print the rows of a run and those inside it as the lines of an audit log.

    Raises:
        JournalError: there is no such run, or it is damaged.
    """
    with opened(options) as journal, suggesting(journal, options.id):
        for line in Inbox(journal).export(options.id):
            say(line.rstrip("\n"))
    return 0


def remove(options: Any, say: Say) -> int:
    """Delete a run, those that have been over for long, or one person's data, after asking.

    Raises:
        ConfigError: nobody says that it is meant, or an option is wrong.
        JournalError: there is no such run, or somebody moves it on.
    """
    with opened(options) as journal:
        match options.runs:
            case "delete":
                return _delete(Inbox(journal), options, say)
            case "prune":
                return _prune(Inbox(journal), options, say)
            case _:
                return _forget(Inbox(journal), options, say)


def _delete(inbox: Inbox, options: Any, say: Say) -> int:
    info = load(inbox.journal, options.id).info
    if info.id != options.id:
        raise JournalError(f"{options.id} is a run inside {info.id}; only {info.id} can be deleted, with all inside it")
    state = info.status if info.status in OVER else f"{info.status}, and not over"
    if not _meant(f"Delete run {info.id} of {', '.join(info.agents)}, which is {state}?", options, say):
        return _kept(say)
    patiently(lambda: inbox.delete(info.id))
    say(f"run {info.id} is deleted")
    return 0


def _prune(inbox: Inbox, options: Any, say: Say) -> int:
    before = inbox.journal.now() - seconds(options.older_than, "--older-than")
    old = sum(info.updated < before for info in every_run(inbox.journal, [*OVER]))
    if not old:
        say(f"No run has been over for {options.older_than}.")
        return 0
    if not _meant(f"Delete {old} runs that have been over for {options.older_than}?", options, say):
        return _kept(say)
    gone = patiently(lambda: inbox.prune(older_than=options.older_than))
    say(f"{len(gone)} runs are deleted")
    return 0


def _forget(inbox: Inbox, options: Any, say: Say) -> int:
    person = options.person
    if not person.strip():
        raise ConfigError(f"{person!r}: expected the name of a person")
    if not _meant(f"Erase what {person} answered, said and was asked, in every run that is over?", options, say):
        return _kept(say)
    count = patiently(lambda: inbox.forget(person))
    say(f"{count} rows of {person} are erased; runs that are not over keep theirs")
    return 0


def _meant(question: str, options: Any, say: Say) -> bool:
    if options.yes:
        return True
    if not is_tty(sys.stdin):
        raise ConfigError(f"{question} Say that it is meant, by --yes")
    say(f"{question} It cannot be undone.")
    try:
        return LineReader().read("Type yes: ").strip().lower() == "yes"
    except EOFError:
        return False


def _kept(say: Say) -> int:
    say("Nothing is deleted.")
    return 1
