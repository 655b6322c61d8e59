"""`convagent inbox answer`: who answers, what they said, and what became of it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from .._reader import LineReader, Standing
from .._screen import is_tty, put, visible
from ..errors import ConfigError, JournalError
from ..human import HumanRequest, Receipt
from ..journal import Inbox
from ..journal.base import Journal, StoredRequest
from . import Say
from .asked import told
from .journals import no_request, opened, patiently
from .parsers import PEOPLE

REFUSED = 3
"""The exit code of an answer that does not count."""
ASKED = ["-"]
"""The words that stand for what is typed."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answers, and how that is known."""

    name: str
    roles: tuple[str, ...]
    authenticated: str


def answer(options: Any, say: Say) -> int:
    """Hand in an answer, and say what became of it.

    Raises:
        ConfigError: nobody says who answers, or who says so is not believed.
        JournalError: the journal cannot be used.
    """
    with opened(options) as journal:
        who = _who(options)
        stored = patiently(lambda: journal.request(options.id))
        if stored is None:
            return _outcome(Receipt("unknown", no_request(journal, options.id)), options, say)
        if options.words == ASKED and is_tty(sys.stdin):
            return _asked(journal, stored, who, options, say)
        text = _piped() if options.words == ASKED else as_typed(stored.request, options.words)
        return _outcome(_hand_in(journal, options.id, text, who, options.decision_id, options.level), options, say)


def _hand_in(journal: Journal, id: str, text: str, who: Answerer, named: str, level: int | None) -> Receipt:
    name, tries = named or f"terminal:{uuid4().hex}", 0

    def decide() -> Receipt:
        nonlocal tries
        tries += 1
        return Inbox(journal).decide(
            id, text, by=who.name, decision_id=name, channel="command line", roles=who.roles,
            authenticated=who.authenticated, level=level,
        )  # fmt: skip

    receipt = patiently(decide)
    if tries > 1 and receipt.status == "duplicate" and not named:  # an earlier try, whose receipt got lost, counts
        return Receipt("accepted")
    return receipt


def _outcome(receipt: Receipt, options: Any, say: Say) -> int:
    if receipt.status == "accepted":
        say(f"accepted: {options.id}" + (f": {visible(receipt.problem)}" if receipt.problem else ""))
        return 0
    put(sys.stderr, f"convagent: {receipt.status}: {visible(receipt.problem)}\n")
    return REFUSED


# ---------------------------------------------------------------- what is said


def as_typed(request: HumanRequest, words: Sequence[str]) -> str:
    """Return the words of a command line as the line that would be typed at the terminal.

    The shell has taken off the quotes that hold a value with spaces together: they are put on again.
    """
    first, *rest = words
    values = first.lower().removesuffix(":") in ("edit", "approve") and bool(request.decisions)
    if not rest or not values or rest[0].startswith("{"):
        return " ".join(words)
    return " ".join([first, *(shlex.quote(word) if _needs_quotes(word) else word for word in rest)])


def _needs_quotes(word: str) -> bool:
    return any(sign.isspace() or sign in "\\'\"" for sign in word)


def _piped() -> str:
    return sys.stdin.read().removesuffix("\n")


def _asked(journal: Journal, stored: StoredRequest, who: Answerer, options: Any, say: Say) -> int:
    """Ask at the terminal until an answer counts, or none can any more."""
    request, reader = stored.request, LineReader()
    say(told(stored, journal.now()).rpartition("\n")[0] if stored.status == "open" else told(stored, journal.now()))
    standing = Standing(lambda: "> ", ticks=False) if request.decisions else None
    while True:
        try:
            text = reader.read("> ", password=request.password, choices=request.choices, standing=standing)
        except EOFError:
            raise JournalError("the input has ended: nothing was decided") from None
        receipt = _hand_in(journal, options.id, text, who, options.decision_id, request.level)
        if receipt.status != "invalid":
            return _outcome(receipt, options, say)
        say(f"[{visible(receipt.problem)}]")


# ---------------------------------------------------------------- who says it


def _who(options: Any) -> Answerer:
    people = options.people or os.environ.get(PEOPLE, "")
    if people:
        return _by_token(people, options)
    if options.token_file:
        raise ConfigError(f"--token-file: a token belongs to a people file; name it by --people, or by {PEOPLE}")
    if not options.by.strip():
        raise ConfigError("who answers? Say so by --by NAME; it is recorded as claimed")
    return Answerer(options.by.strip(), tuple(options.role or ("*",)), "claimed")


def _by_token(file: str, options: Any) -> Answerer:
    """Return whose token was given: where people are known, nobody is believed on their word."""
    from ..channels.web.people import People

    people = People(file)
    if options.by and not options.token_file and not is_tty(sys.stdin):
        raise ConfigError(
            f"--by {options.by!r} is not believed, because {file} says who people are; give a token by --token-file"
        )
    found = people.with_token(_token(options.token_file))
    if found is None:
        raise ConfigError(f"this token is nobody's of {file}")
    if options.by and options.by != found.name:
        raise ConfigError(f"--by {options.by!r}: the token is that of {found.name!r}")
    roles = tuple(options.role or found.roles)
    more = [role for role in roles if role not in found.roles and "*" not in found.roles]
    if more:
        raise ConfigError(f"--role {more[0]}: {found.name} has the roles {', '.join(found.roles) or 'none'}")
    return Answerer(found.name, roles, "token")


def _token(file: str) -> str:
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"--token-file {file}: it cannot be read: {error}") from None
    if not is_tty(sys.stdin):
        raise ConfigError("a token says who answers; give it by --token-file")
    try:
        return LineReader().read("Token: ", password=True).strip()
    except EOFError:
        raise ConfigError("no token was given") from None
