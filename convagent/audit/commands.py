"""`convagent audit verify | head | show | export | metrics`: what a command is given, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..errors import ConfigError


def add_commands(parser: Any) -> None:
    """Add the commands to a parser of `argparse`."""
    commands = parser.add_subparsers(dest="audit", required=True, metavar="COMMAND")

    def add(name: str, help: str, more: str = "") -> Any:
        made = commands.add_parser(
            name, help=help, description=f"{help[0].upper()}{help[1:]}. {more}", allow_abbrev=False
        )
        made.add_argument(
            "log", metavar="LOG", help="the file that an AuditLog wrote, or a journal: its file, or its address"
        )
        return made

    found = add(
        "verify", "say whether a log is what was written", "Exit code 1: it is not, and the first fault is named."
    )
    found.add_argument("--head", default="", help="what `audit head` printed earlier and was kept elsewhere")
    add("head", "print one digest over all runs of a log", "Keep it elsewhere: it shows what is later taken out.")
    found = add("show", "print a log for reading", "Below an edited one stands a warning, and the exit code is 1.")
    _add_filters(found)
    found = add("export", "print a log as CSV, or as a page of HTML")
    found.add_argument("--format", choices=("csv", "html"), default="csv", help="default: %(default)s")
    _add_filters(found)
    found = add("metrics", "print how long people are waited for, what they approve, and whether they read it first")
    found.add_argument("--words-per-minute", type=float, default=400, help="what counts as read (default: %(default)g)")


def _add_filters(parser: Any) -> None:
    parser.add_argument("--run", default="", metavar="ID", help="only runs whose id begins so")
    parser.add_argument("--person", default="", metavar="NAME", help="only what this person did or was asked by name")


def run(options: Any, say: Callable[[str], object]) -> int:
    """Do what the options say, and return the exit code.

    Args:
        options: what the parser read.
        say: takes each line.

    Raises:
        AuditError: the log cannot be read.
        ConfigError: an option is wrong.
    """
    if options.audit == "verify":
        from .verdict import verify

        verdict = verify(options.log, options.head)
        say(str(verdict))
        return 0 if verdict.ok else 1
    for line in _lines(options):
        say(line)
    if options.audit == "show":
        from .verdict import verify

        verdict = verify(options.log)
        if not verdict.ok:
            say(f"WARNING: this is not what was written. {verdict}")
            return 1
    return 0


def _lines(options: Any) -> Iterator[str]:
    match options.audit:
        case "head":
            from .verdict import head

            yield head(options.log)
        case "show":
            from .lines import show

            yield from show(options.log, run=options.run, person=options.person)
        case "export":
            from .export import as_csv, as_html

            write = as_csv if options.format == "csv" else as_html
            yield from write(options.log, run=options.run, person=options.person)
        case _:
            from .measures import metrics

            if not options.words_per_minute > 0:
                raise ConfigError(f"--words-per-minute {options.words_per_minute!r}: expected a number above zero")
            yield str(metrics(options.log, words_per_minute=options.words_per_minute))
