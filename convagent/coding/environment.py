"""What code that a model wrote sees of the environment: nothing whose name or value says that it is a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from ..models.masking import is_secret_name

_NAMES = re.compile(r"PASS|AUTH|PRIVATE|CREDENTIAL|ACCESS_?KEY|SESSION|_DSN$|_PAT$|_PIN$|GPG_AGENT", re.IGNORECASE)
"""Names of what opens something, besides those that fields of a configuration have."""
_VALUES = re.compile(
    r"^(sk|pk|rk|gsk|xai|hf|csk|pplx|glpat|xox[a-z])[-_]\w"  # keys of services, by how they begin
    r"|^(gh[a-z]|github_pat)_\w|^(AKIA|ASIA|AIza)\w{12}|^eyJ[\w-]{8,}\.eyJ"
    r"|://[^/\s@]*:[^/\s@]+@"  # an address with a password
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
)


def child_environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a program that runs code: this process's own without secrets, and what is given."""
    return {**{name: value for name, value in os.environ.items() if not is_secret(name, value)}, **(given or {})}


def is_secret(name: str, value: str) -> bool:
    """Return whether a variable's name or value says that nobody else should have it."""
    return is_secret_name(name) or _NAMES.search(name) is not None or _VALUES.search(value) is not None
