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

_LIBRARY = logging.getLogger("convagent")
_KEY = re.compile(r"\b(?:(?:sk|pk|rk|gsk|xai|hf|ghp|csk|pplx)[-_]|(?i:bearer|basic) +)[\w.~+/=-]{16,}")
_USER = re.compile(r"(?<=://)[^\s/@]*:[^\s/@]*(?=@)")
_SHORT = 6
"""A value of fewer characters is a word that stands elsewhere, too."""


class Log:
    """Writes lines, without secrets: for people, or each one an object of JSON.

    While the block lasts, what the library logs is written in the same form; text goes where it went.

    Args:
        kind: which.
        say: what writes a line.
        secrets: what must not stand in one, beside what looks like a key.
    """

    def __init__(self, kind: Kind, say: Say, secrets: Collection[str] = ()) -> None:
        self._kind, self._say, self._secrets = kind, say, secrets
        self._passing = _Passing(self)

    def tell(self, text: str, run: str = "", level: str = "info") -> None:
        """Write what happened, to a run or in general."""
        plain = _USER.sub(MASK, _KEY.sub(MASK, scrubbed(" ".join(text.split()), self._secrets)))
        if self._kind == "text":
            begin = f"{time.strftime('%H:%M:%S')}  run {run}  " if run else ""
            self._say(visible(begin + plain))
            return
        at = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03}Z"
        line = {"time": stamp, "level": level, **({"run": run} if run else {}), "message": plain}
        self._say(json.dumps(line, ensure_ascii=True))

    def __enter__(self) -> Self:
        if self._kind == "json":
            _LIBRARY.addHandler(self._passing)
            _LIBRARY.propagate = False
        return self

    def __exit__(self, *_: object) -> None:
        if self._kind == "json":
            _LIBRARY.removeHandler(self._passing)
            _LIBRARY.propagate = True


def secrets(address: str) -> frozenset[str]:
    """Return what must stand in no log: the password of a database, and variables that are named like secrets."""
    found = {value for name, value in os.environ.items() if is_secret_name(name) and len(value) >= _SHORT}
    return frozenset(found | passwords(address))


class _Passing(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.tell(record.getMessage(), level=record.levelname.lower())
