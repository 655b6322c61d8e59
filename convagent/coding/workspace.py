"""The folder in which blocks become files: what they are called, and that none lands outside."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_SAYS = re.compile(r"^(?:# |// |/\* |<!-- )filename:(?P<name>.+?)(?: \*/| -->)?$")
_IS = re.compile(r"^(?:# |// |/\* |<!-- )(?P<name>[\w./\\-]+\.\w+)(?: \*/| -->)?$")


class Outside(Exception):
    """The name of a file leads out of the folder."""


def folder(work_dir: Path | str) -> Path:
    """Return a folder that is there, made where it was not."""
    found = Path(work_dir)
    found.mkdir(parents=True, exist_ok=True)
    return found


def named(code: str) -> str:
    """Return the name of the file that the first line of a code asks for; empty: none.

    It is a comment that says ``filename: x``, or that is the name of a file and nothing else.
    """
    first = code.partition("\n")[0].strip()
    found = _SAYS.match(first) or _IS.match(first)
    return found["name"].strip() if found else ""


def given_name(code: str, ending: str) -> str:
    """Return the name of a file for a code that asks for none: the same for the same code."""
    digest = hashlib.md5(code.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return f"tmp_code_{digest}.{ending}"


def save(code: str, name: str, work_dir: Path) -> Path:
    """Write a code into a file of the folder, and return its path without links.

    Raises:
        Outside: the name leads out of the folder, be it by a link.
        OSError: it cannot be written.
    """
    root = work_dir.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root) or path == root:
        raise Outside(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code, encoding="utf-8", errors="replace", newline="\n")
    return path
