"""Languages of code blocks: which there are, what runs them, and what is changed or refused before."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping

from ..errors import ConfigError, one_of

SHELLS = ("bash", "shell", "sh")
POWERSHELLS = ("pwsh", "powershell", "ps1")
EXECUTED: Mapping[str, bool] = {
    **dict.fromkeys((*SHELLS, *POWERSHELLS, "python"), True),
    **dict.fromkeys(("javascript", "html", "css"), False),
}
"""By language: whether a block of it is run, or only saved."""

_SILENCED = {"python": re.compile(r"^! ?pip install")}
_SILENCED.update(dict.fromkeys((*SHELLS, *POWERSHELLS), re.compile(r"^pip install")))
_DESTRUCTIVE: Mapping[str, re.Pattern[str]] = {
    "rm -rf": re.compile(r"\brm\s+-rf\b"),
    "moving files to /dev/null": re.compile(r"\bmv\b.*?\s+/dev/null"),
    "dd": re.compile(r"\bdd\b"),
    "writing to a disk itself": re.compile(r">\s*/dev/sd[a-z][1-9]?"),
    "a fork bomb": re.compile(r":\(\)\{\s*:\|\:&\s*\};:"),
}


def policies(given: Mapping[str, bool] | None) -> dict[str, bool]:
    """Return which languages are run, with what is said of some of them.

    Raises:
        ConfigError: a language is none of them, or is only ever saved.
    """
    for language, runs in (given or {}).items():
        if language not in EXECUTED:
            raise one_of("execution_policies: language", language, EXECUTED)
        if runs:
            program(language)
    return {**EXECUTED, **{language: bool(runs) for language, runs in (given or {}).items()}}


def program(language: str, python: str = sys.executable) -> str:
    """Return what runs a language.

    Raises:
        ConfigError: it is only ever saved.
    """
    if language == "python":
        return python
    if language in POWERSHELLS:
        return "pwsh" if shutil.which("pwsh") else "powershell"
    found = {"bash": "bash", "sh": "sh", "shell": "sh", "javascript": "node"}.get(language)
    if found is None:
        raise ConfigError(f"execution_policies: {language} is not run by any program; leave it out")
    return found


def quiet(code: str, language: str) -> str:
    """Return a code whose installations by pip say nothing but errors: their progress would be the output."""
    installs = _SILENCED.get(language)
    if installs is None:
        return code
    lines = (
        line if "-qqq" in line else installs.sub(lambda found: f"{found[0]} -qqq", line) for line in code.split("\n")
    )
    return "\n".join(lines)


def destructive(code: str, language: str) -> str:
    """Return what a shell script does that is never run, by a few patterns; empty: none of it.

    It catches slips, and nobody who means it.
    """
    if language not in SHELLS:
        return ""
    return next((what for what, pattern in _DESTRUCTIVE.items() if pattern.search(code)), "")
