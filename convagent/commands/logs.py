"""The lines that a worker writes about what it does, for people or for machines that read logs."""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Collection
from typing import Literal, Self

from .._screen import visible
from ..journal.addresses import passwords
from ..models.masking import MASK, is_secret_name
from ..redaction import scrubbed
from . import Say

Kind = Literal["text", "json"]

_LOGGERS = {logging.getLogger("convagent"): logging.NOTSET, logging.getLogger("dbos"): logging.ERROR}
"""Ours, and that of the engine, which prints by itself where nobody takes what it logs; from which level on."""
_KEY = re.compile(r"\b(?:(?:sk|pk|rk|gsk|xai|hf|ghp|csk|pplx)[-_]|(?i:bearer|basic) +)[\w.~+/=-]{16,}")
_USER = re.compile(r"(?<=://)[^\s/@:]*:(?!\d+/)[^\s'\"]*(?=@)|(?i:(?<=password=)[^\s&'\"]+)")
"""Who signs in by an address, and the password; with an @ or a / in it, it ends at the last @."""
_SHORT = 6
"""A value of fewer characters is a word that stands elsewhere, too."""


class Log:
    """Writes lines, without secrets: for people, or each one an object of JSON.

    While the block lasts, what the library and its engine log is written in the same form; text goes where it went.

    Args:
        kind: which.
        say: what writes a line.
        secrets: what must not stand in one, beside what looks like a key.
    """

    def __init__(self, kind: Kind, say: Say, secrets: Collection[str] = ()) -> None:
        self._kind, self._say, self._secrets = kind, say, secrets
        self._passing = {logger: _Passing(self, level) for logger, level in _LOGGERS.items()}

    def tell(self, text: str, run: str = "", level: str = "info") -> None:
        """Write what happened, to a run or in general."""
        plain = hidden(" ".join(text.split()), self._secrets)
        if self._kind == "text":
            begin = f"{time.strftime('%H:%M:%S')}  run {run}  " if run else ""
            self._say(visible(begin + plain))
            return
        at = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03}Z"
        line = {"time": stamp, "level": level, **({"run": run} if run else {}), "message": plain}
        self._say(json.dumps(line, ensure_ascii=True))

    def __enter__(self) -> Self:
        for logger, passing in self._passing.items() if self._kind == "json" else ():
            logger.addHandler(passing)
            logger.propagate = False
        return self

    def __exit__(self, *_: object) -> None:
        for logger, passing in self._passing.items() if self._kind == "json" else ():
            logger.removeHandler(passing)
            logger.propagate = True


def secrets(address: str = "") -> frozenset[str]:
    """Return what must stand in no log: variables that are named like secrets, and passwords in addresses.

    Args:
        address: of the database, beside those that stand in variables.
    """
    found = {value for name, value in os.environ.items() if is_secret_name(name) and len(value) >= _SHORT}
    found |= {found for value in os.environ.values() for found in _passwords(value) if len(found) >= _SHORT}
    return frozenset(found | passwords(address))


def _passwords(value: str) -> frozenset[str]:
    return passwords(value) if "://" in value else frozenset()


def hidden(text: str, secrets: Collection[str]) -> str:
    """Return a text without these secrets, and without what looks like a key or a password in an address."""
    return _USER.sub(MASK, _KEY.sub(MASK, scrubbed(text, secrets)))


class _Passing(logging.Handler):
    def __init__(self, log: Log, level: int) -> None:
        super().__init__(level)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        kind, error, _ = record.exc_info or (None, None, None)
        why = "" if kind is None else f" {kind.__name__}: {error}"
        self._log.tell(record.getMessage() + why, level=record.levelname.lower())
