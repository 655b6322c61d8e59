"""The hash that ties a row of the record to the row before it, in a log and in a journal alike.

    digest = SHA-256(salt + body)
    hash   = SHA-256(hash of the run's row before, or nothing + the row up to its body + digest)

Each run is a chain of its own. The chain goes through the digest, so that body and salt of a row can
be deleted and the chain still verifies: the body is then ``{"erased": digest}`` and the salt empty. The
salt keeps anybody from guessing at an erased body.

What is hashed is the very text of a row, as the log writes it: one line of JSON in ASCII. Salt, digest and
hash are in it as hexadecimal numbers.
"""

from __future__ import annotations

import os
from hashlib import sha256
from json.encoder import encode_basestring_ascii

SALT = 16
"""How many bytes a salt has."""
_AT_ONCE = 64
"""How many salts are taken from the system at once."""


def head_of(run: str, seq: int, time: float, key: str = "", fence: int = 0) -> str:
    """Return the text of a row up to its body."""
    return f'{{"run":{_text(run)},"seq":{seq},"key":{_text(key)},"fence":{fence},"time":{time!r}'


def digest_of(salt: str, body: str) -> str:
    """Return the salted hash of a body."""
    return sha256(f"{salt}{body}".encode()).hexdigest()


def chained(before: str, head: str, digest: str) -> str:
    """Return the hash of a row.

    Args:
        before: the hash of the run's row before; of the first row empty.
        head: what `head_of` gives.
        digest: what `digest_of` gives.
    """
    return sha256(f"{before}{head}{digest}".encode()).hexdigest()


def line_of(head: str, body: str, salt: str, before: str) -> tuple[str, str]:
    """Return a row as a line, and its hash; see `chained` for the arguments."""
    found = chained(before, head, digest_of(salt, body))
    return written(head, body, salt, found), found


def written(head: str, body: str, salt: str, hash: str) -> str:
    """Return a row as a line, of which everything is known."""
    return f'{head},"body":{body},"salt":"{salt}","hash":"{hash}"}}\n'


def erased(digest: str) -> str:
    """Return what stands for a body that was deleted."""
    return f'{{"erased":"{digest}"}}'


class Salts:
    """Gives out random salts that nobody else has, a forked child neither. For one thread at a time."""

    __slots__ = ("_left", "_pid")

    def __init__(self) -> None:
        self._left: list[bytes] = []
        self._pid = 0

    def fresh(self) -> bytes:
        """Return a salt."""
        if not self._left or self._pid != os.getpid():
            chance = os.urandom(SALT * _AT_ONCE)
            self._pid, self._left = os.getpid(), [chance[i : i + SALT] for i in range(0, len(chance), SALT)]
        return self._left.pop()


_text = encode_basestring_ascii
