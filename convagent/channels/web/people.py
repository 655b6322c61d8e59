"""Who may sign in: names, roles and hashed tokens, from a file or a mapping.

    ada = { roles = ["clerk", "finance"], token = "sha256:6c0f..." }

A token is 32 random bytes, so that one round of SHA-256 keeps it: there is nothing to be guessed.
"""

from __future__ import annotations

import hmac
import json
import logging
import re
import secrets
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any, cast

from ...errors import ConfigError, ConfigFileMissing

_PREFIX = "cvi_"
_HASHED = re.compile(r"sha256:[0-9a-f]{64}")
_log = logging.getLogger("convagent.web")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in."""

    name: str
    roles: tuple[str, ...]
    token: str = ""
    """``sha256:`` and the hash of their token; empty: they come through a trusted proxy or by links."""


def new_token(name: str, roles: Sequence[str] = ()) -> tuple[str, str]:
    """Return a new token for a person, and the line of the people file that lets it in.

    The token is shown to the person once; the line holds only its hash.

    Raises:
        ConfigError: the name is empty, or a role is.
    """
    person = Person(name, tuple(roles))
    _check(person)
    token = _PREFIX + secrets.token_urlsafe(32)
    listed = ", ".join(json.dumps(role) for role in person.roles)
    key = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)
    return token, f'{key} = {{ roles = [{listed}], token = "{hashed(token)}" }}'


def hashed(token: str) -> str:
    """Return a token as the people file has it."""
    return "sha256:" + sha256(token.encode("utf-8", "replace")).hexdigest()


class People:
    """The people of an inbox. A file is read again when it has changed.

    Args:
        source: the path of a TOML or JSON file, or its content: ``{"ada": {"roles": [...], "token": "sha256:..."}}``.

    Raises:
        ConfigFileMissing: there is no such file.
        ConfigError: it is not of that form.
    """

    def __init__(self, source: str | PathLike[str] | Mapping[str, Any]) -> None:
        self._path = None if isinstance(source, Mapping) else Path(source)
        self._seen: tuple[int, int] | None = None
        if isinstance(source, Mapping):
            self._people = _people_of(source, "people")
        else:
            self._people = self._read()

    def __repr__(self) -> str:
        return f"People({', '.join(self._people)})"

    def named(self, name: str) -> Person | None:
        """Return a person; None: nobody of this name may come in."""
        return self._current().get(name)

    def with_token(self, token: str) -> Person | None:
        """Return whose token it is, comparing it with everybody's."""
        given, found = hashed(token).encode(), None
        for person in self._current().values():
            if person.token and hmac.compare_digest(person.token.encode(), given):
                found = person
        return found

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role that somebody has."""
        return tuple(sorted({role for person in self._current().values() for role in person.roles if role != "*"}))

    def _current(self) -> Mapping[str, Person]:
        if self._path is not None and _state(self._path) != self._seen:
            try:
                self._people = self._read()
            except ConfigError as error:  # half saved; who came in before stays, and nobody new does
                _log.warning("%s; the people of before stay", error)
        return self._people

    def _read(self) -> Mapping[str, Person]:
        assert self._path is not None
        self._seen = _state(self._path)
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ConfigFileMissing(f"{self._path}: there is no such people file") from None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self._path}: the people file cannot be read: {error}") from None
        try:
            found = json.loads(text) if self._path.suffix == ".json" else tomllib.loads(text)
        except ValueError as error:
            raise ConfigError(f"{self._path}: {error}") from None
        return _people_of(found, str(self._path))


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _people_of(found: Any, where: str) -> Mapping[str, Person]:
    if not isinstance(found, Mapping):
        raise ConfigError(f'{where}: expected names, such as ada = {{ roles = ["clerk"], token = "sha256:..." }}')
    people: dict[str, Person] = {}
    for name, entry in cast("Mapping[str, Any]", found).items():
        try:
            people[name] = _person(name, entry)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None
    return people


def _person(name: str, entry: Any) -> Person:
    given: Mapping[str, Any] = cast("Mapping[str, Any]", entry) if isinstance(entry, Mapping) else {}
    roles: Any = given.get("roles")
    if not given or set(given) - {"roles", "token"} or not isinstance(roles, (list, tuple)):
        raise ConfigError(f"{name!r}: expected roles, a list, and token, and nothing else")
    person = Person(name, tuple(cast("list[str]", roles)), given.get("token", ""))
    _check(person)
    return person


def _check(person: Person) -> None:
    texts: tuple[Any, ...] = (person.name, *person.roles)
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise ConfigError(f"{person.name!r}: a name and roles are texts, and none is empty")
    token: Any = person.token
    if not isinstance(token, str) or (token and not _HASHED.fullmatch(token)):
        raise ConfigError(
            f"{person.name!r}: token: expected sha256: and 64 hexadecimal digits; "
            "`convagent inbox token` makes a token and its line"
        )
