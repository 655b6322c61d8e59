"""One HTTP request and its answer, as values: the pages know nothing of a web framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is there."""

    name: str
    roles: tuple[str, ...]
    authenticated: str
    """How that is known: `token`, `one-time link`, `proxy`, `signed link`."""
    session: str = ""
    """What their forms are bound to."""

    @property
    def serves_all(self) -> bool:
        """Whether they stand in every role."""
        return "*" in self.roles


@dataclass(frozen=True, slots=True)
class Visit:
    """What a browser asked for."""

    method: str
    path: str
    query: Fields = field(default_factory=dict[str, Sequence[str]])
    form: Fields = field(default_factory=dict[str, Sequence[str]])
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """By name in lower case."""
    cookies: Mapping[str, str] = field(default_factory=dict[str, str])
    peer: str = ""
    """The address of the connection: of a proxy, where one stands before."""
    secure: bool = False
    """Whether it came by https."""

    def asked(self, name: str, default: str = "") -> str:
        """Return a value of the address."""
        return first(self.query, name, default)

    def typed(self, name: str, default: str = "") -> str:
        """Return a value of the form, with the line ends that it had before it was a form."""
        return first(self.form, name, default).replace("\r\n", "\n")

    def header(self, name: str) -> str | None:
        """Return a header; None: it is not there, or is there twice and cannot be believed."""
        found = self.headers.get(name, ())
        return found[0] if len(found) == 1 else None


def first(fields: Fields, name: str, default: str = "") -> str:
    """Return the first value of a name."""
    found = fields.get(name)
    return found[0] if found else default


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser gets."""

    page: str = ""
    """The name of a template; empty: nothing but a status, or somewhere else to go."""
    shown: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the template shows."""
    status: int = 200
    to: str = ""
    """Where to go instead."""
    cookie: str | None = None
    """The session from now on; empty: it ends."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Denied(Exception):
    """A visit that gets no further; the text says to the person why."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.headers = status, headers or {}


def sent_to(address: str, cookie: str | None = None) -> Answer:
    """Let the browser fetch another page."""
    return Answer(status=303, to=address, cookie=cookie)
