"""Pages as HTML: the home of jinja2. Everything that is not a template's own text is escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..._screen import visible
from ...errors import MissingExtra
from . import shown

try:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup, escape
except ImportError:
    raise MissingExtra("the web inbox", "web") from None

_HERE = Path(__file__).parent
_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


class Templates:
    """The templates, and the two files that they refer to."""

    def __init__(self) -> None:
        self._pages, self._static = _environment(), _static()
        style = self._static["inbox.css"][0]
        self.style_hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        """Of the style of pages before signing in, which has to stand in the page itself."""

    def page(self, name: str, shown: Mapping[str, Any]) -> bytes:
        """Return a page. What no encoding has, such as half of a surrogate pair, becomes a question mark."""
        return self._pages.get_template(name).render(shown).encode("utf-8", "replace")

    def static(self, name: str) -> tuple[str, str] | None:
        """Return a file and its type."""
        return self._static.get(name)


@cache
def _static() -> Mapping[str, tuple[str, str]]:
    return {
        path.name: (path.read_text(encoding="utf-8"), _KINDS[path.suffix])
        for path in (_HERE / "static").iterdir()
        if path.suffix in _KINDS
    }


@cache
def _environment() -> Environment:
    """Return the templates, compiled once a process."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_visible, auto_reload=False,
    )  # fmt: skip
    made.filters.update(_FILTERS)
    shared: dict[str, Any] = made.globals
    shared["style"] = Markup(_static()["inbox.css"][0])
    shared["marks"] = {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, (text, _) in _static().items()}
    return made


def _visible(value: Any) -> Any:
    """Spell out control characters, and those that turn the direction of a line, in all that is shown."""
    return visible(value) if type(value) is str else value


def _typed(text: str) -> Markup:
    """Return a text as it is, for a field: what is spelled out there would be sent back so."""
    return escape(text)


def _when(at: float) -> Markup:
    """Return a time that scripts may write in the zone of the reader."""
    try:
        found = datetime.fromtimestamp(at, UTC)
    except (OverflowError, ValueError, OSError):
        return escape(f"{at:g} s since 1970")
    return Markup('<time datetime="{}" data-at="{}">{} UTC</time>').format(
        found.isoformat(timespec="seconds"), f"{at:.3f}", found.strftime("%Y-%m-%d %H:%M")
    )


def _exact(at: float) -> str:
    try:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return f"{at:g} s since 1970"


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")


_FILTERS: Mapping[str, Any] = {
    "age": shown.age, "exact": _exact, "left": shown.left, "quoted": _quoted, "typed": _typed, "when": _when,
    "who_for": shown.who_for,
}  # fmt: skip
