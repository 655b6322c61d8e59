"""Links that let one person decide one question in one way, for mail and chat tools."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...duration import Duration, seconds
from ...errors import ConfigError
from ...human import HumanRequest, Verb
from .keys import Keys

LINKED: tuple[Verb, ...] = ("approve", "reject", "revise", "retry", "stop")
"""What a link may decide: nothing that needs more than a sentence."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says."""

    request: str
    level: int
    verb: Verb
    person: str
    until: float
    id: str
    """Names the decision, so that the link counts once."""


def decision_link(
    base_url: str,
    secret: str,
    request: HumanRequest,
    verb: Verb,
    person: str,
    expires: Duration = "1d",
    *,
    now: Callable[[], float] = time.time,
) -> str:
    """Return a link with which a person decides a question.

    Whoever opens it sees what is asked and a button; a program that only follows it decides nothing. It counts
    once, at the level at which the question stands now, and for this person alone, whose roles the server looks
    up when it is used. Whoever has the link can use it: send it where only they read.

    Args:
        base_url: where the inbox is, such as ``https://inbox.example.org``.
        secret: the `secret` of that inbox.
        request: what is asked.
        verb: approve, reject, revise, retry or stop.
        person: whose decision it is.
        expires: how long it is worth something; a deadline of the request ends it, too.
        now: the time in seconds since the epoch.

    Raises:
        ConfigError: the request cannot be decided so by a link, or an argument is wrong.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ConfigError(f"base_url={base_url!r}: expected an address such as https://inbox.example.org")
    if not secret:
        raise ConfigError("a link needs the secret that the inbox was started with")
    if not person:
        raise ConfigError("person: expected the name of who decides by this link")
    why = unlinkable(request, verb)
    if why:
        raise ConfigError(f"verb={verb!r}: {why}")
    until = now() + seconds(expires, "expires")
    if request.deadline is not None:
        until = min(until, request.deadline)
    values = {"r": request.id, "l": request.level, "v": verb, "p": person, "t": until, "n": secrets.token_urlsafe(12)}
    return f"{base_url.rstrip('/')}/link?key={Keys(secret).seal('link', values)}"


def unlinkable(request: HumanRequest, verb: Verb) -> str:
    """Say why a question cannot be decided so by a link; empty: it can."""
    if verb not in LINKED:
        return f"a link can {', '.join(LINKED[:-1])} or {LINKED[-1]}; more is decided on the page of the request"
    if verb not in request.decisions:
        return f"the request takes {', '.join(request.decisions) or 'a text'}"
    if verb == "approve" and (request.form is not None or request.options):
        return "its approval fills in a form, which stands on the page of the request"
    return ""


def link_of(keys: Keys, key: str) -> Link | None:
    """Return what a key of a link says; None: nobody here signed it."""
    found = keys.opened("link", key)
    if found is None:
        return None
    return Link(found["r"], found["l"], found["v"], found["p"], found["t"], found["n"])
