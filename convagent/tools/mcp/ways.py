"""How a server is reached, as a value: what is started or called, with which secrets, which nobody else sees."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from ...errors import ConfigError
from ..secret import Secret, blacked_out

Given = tuple[tuple[str, "str | Secret"], ...]
"""Environment variables or headers. A `secret()` among them is looked up when the server is reached."""


@dataclass(frozen=True, slots=True)
class Stdio:
    """A program that is started here, and spoken to by its standard input and output."""

    command: str
    args: tuple[str, ...] = field(repr=False)
    given: Given = field(repr=False)
    cwd: str | None = None

    @property
    def shown(self) -> str:
        """What may be shown of it: the program without its arguments, which may hold secrets."""
        return re.split(r"[\\/]", self.command)[-1]


@dataclass(frozen=True, slots=True)
class Http:
    """A server that runs elsewhere, and is spoken to over streamable HTTP."""

    url: str = field(repr=False)
    given: Given = field(repr=False)

    @property
    def shown(self) -> str:
        """What may be shown of it: where it is, without what follows the host, which may hold secrets."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        """The host, with its port."""
        return urlsplit(self.url).netloc


Way = Stdio | Http


def stdio(command: object, args: tuple[object, ...], env: object, cwd: object) -> Stdio:
    """Check what a program is started with.

    Raises:
        ConfigError: something is no text.
    """
    for part in (command, *args):
        if not isinstance(part, str) or "\0" in part:
            raise ConfigError(
                f"MCPServer.stdio(): the command holds a {type(part).__name__}; expected texts, such as "
                "stdio('uvx', 'some-server')"
            )
    if not command:
        raise ConfigError("MCPServer.stdio(): the command is empty; expected such as stdio('uvx', 'some-server')")
    return Stdio(
        cast(str, command), cast("tuple[str, ...]", args), _given("env", env), None if cwd is None else str(cwd)
    )


def http(url: object, headers: object) -> Http:
    """Check what a server is called by.

    Raises:
        ConfigError: it is no http address, or has a password in it.
    """
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("MCPServer.http(): expected an address such as 'https://tools.example.com/mcp'")
    if "@" in parts.netloc:
        raise ConfigError("MCPServer.http(): the address holds a user or password; give it by headers={...}")
    return Http(cast(str, url), _given("headers", headers))


def _given(what: str, values: object) -> Given:
    if values is None:
        return ()
    if not isinstance(values, Mapping):
        raise ConfigError(
            f"{what}= is a {type(values).__name__}; expected a dict of texts, such as {{'TOKEN': secret('TOKEN')}}"
        )
    found = cast("Mapping[object, object]", values)
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, (str, Secret)):
            raise ConfigError(f"{what}[{name!r}] is a {type(value).__name__}; expected a text, or secret('NAME')")
    return tuple(sorted(cast("Mapping[str, str | Secret]", found).items()))


# ---------------------------------------------------------------- what nobody is to see


def revealed(given: Given) -> dict[str, str]:
    """Return environment variables or headers with the values of secrets.

    Raises:
        ToolError: a secret is not set here.
    """
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in given}


def hidden(way: Way, text: str, *, all: bool = False) -> str:
    """Return a text without the secrets that a server was given.

    Args:
        way: how the server is reached.
        text: what came from it.
        all: whether nothing that it was given may be read; else a plain environment variable is taken for a secret only
            by its name, because folders and the like are what results are about.
    """
    for name, value in sorted(_secrets(way, all), key=lambda found: -len(found[1])):
        text = blacked_out(text, {name: value})
    return text


def _secrets(way: Way, all: bool) -> Iterator[tuple[str, str]]:
    for name, value in way.given:
        if isinstance(value, Secret):
            yield value.name, os.environ.get(value.name, "")
        elif all or isinstance(way, Http) or _SECRET.search(name):
            yield name, value
            yield from ((name, part) for part in value.split() if len(part) >= _PART)
    if isinstance(way, Http):
        yield "address", way.url
        yield "address", urlsplit(way.url).query


_SECRET = re.compile(r"key|token|secret|passw|pwd|credential|auth|cookie|dsn", re.IGNORECASE)
_PART = 8
"""A part of a value that is this long is looked for, too: of "Bearer sk-..." a server repeats the key alone."""
