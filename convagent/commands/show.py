"""`convagent show`: a run as a picture, in the terminal, as a page, or for Mermaid."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from .._screen import is_tty, put
from ..errors import ConfigError
from ..picture import Picture, picture_of
from . import Say
from .journals import opened, patiently, suggesting

WIDTH = 80
"""Columns where the output is no terminal."""


def show(options: Any, say: Say) -> int:
    """Print the picture of a run, or write its page.

    Raises:
        AuditError: the log cannot be read, or there is no such run in it.
        ConfigError: nobody says where the run is kept, or the page cannot be written.
        JournalError: there is no such run in the journal.
    """
    picture = _picture(options)
    if options.mermaid:
        say(picture.to_mermaid().rstrip("\n"))
    elif options.html:
        _write(picture, options.html, say)
    elif not options.open:
        say(picture.to_text(_width()))
    if options.open:
        _open(picture, options.html, say)
    return 0


def _picture(options: Any) -> Picture:
    if options.log and getattr(options, "journal", ""):
        raise ConfigError(f"--log {options.log} and --journal {options.journal}: name one place where the run is kept")
    if options.log:
        return picture_of(options.log, options.run)
    with opened(options) as journal, suggesting(journal, options.run):
        return patiently(lambda: picture_of(journal, options.run))


def _width() -> int:
    return max(shutil.get_terminal_size().columns, WIDTH // 2) if is_tty(sys.stdout) else WIDTH


def _write(picture: Picture, place: str, say: Say) -> None:
    page = picture.to_html()
    if place == "-":
        put(sys.stdout, page)
        return
    try:
        Path(place).write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--html {place}: the page cannot be written: {error.strerror or error}") from error
    say(f"{place}: {len(page.encode()) / 1024:,.0f} KB")


def _open(picture: Picture, place: str, say: Say) -> None:
    """Show the page in the browser of whoever sits here; without a place for it, from the temporary folder."""
    import tempfile
    import webbrowser

    if not place or place == "-":
        with tempfile.NamedTemporaryFile(prefix="convagent-", suffix=".html", delete=False) as file:
            place = file.name
        _write(picture, place, say)
    if not webbrowser.open(Path(place).resolve().as_uri()):
        say(f"no browser was found; open {place} in yours")
