"""What the commands take. Nothing but `argparse` is loaded for it."""

from __future__ import annotations

import argparse
from typing import Any

JOURNAL = "CONVAGENT_JOURNAL"
"""The variable that says where the journal is."""
PEOPLE = "CONVAGENT_PEOPLE"
"""The variable that says where the people file is."""
SECRET = "CONVAGENT_INBOX_SECRET"
"""The variable that holds what signs the sessions and links of the web inbox."""

AGENTS = "a function without arguments that returns agents, such as app:team"


def add_commands(commands: Any) -> None:
    """Add the commands to the subparsers of `argparse`."""
    _add_inbox(commands)
    _add_runs(commands)
    _add_show(commands)
    _add_resume(commands)
    _add_worker(commands)


def add_journal(parser: Any) -> None:
    """Add the option that says where the journal is. It may stand before a subcommand and behind it."""
    parser.add_argument(
        "--journal",
        default=argparse.SUPPRESS,
        metavar="PATH|URL",
        help=f"a SQLite file, or postgresql://...; default: the variable {JOURNAL}",
    )


def _made(commands: Any, name: str, help: str, more: str = "") -> Any:
    description = f"{help[0].upper()}{help[1:]}.{f' {more}' if more else ''}"
    made = commands.add_parser(name, help=help, description=description, allow_abbrev=False)
    add_journal(made)
    return made


# ---------------------------------------------------------------- inbox


def _add_inbox(commands: Any) -> None:
    parser = _made(commands, "inbox", "find and answer the questions that wait for a person")
    inner = parser.add_subparsers(dest="inbox", required=True, metavar="COMMAND", help="what is done there")

    made = _made(inner, "list", "list the open questions, the one that is due first first")
    _add_filters(made)
    _add_json(made, "one object a line")

    made = _made(inner, "show", "show one question: who wants what, why it is asked, and what may be answered")
    made.add_argument("id", metavar="ID", help="as `inbox list` shows it")
    _add_json(made, "as one object")

    made = _made(
        inner,
        "answer",
        "answer one question",
        "The words are those of the terminal: approve | edit amount=5 | reject why | respond result | revise what | "
        "retry | stop why | always, or a text where a text was asked for. Exit code 3: the answer does not count, "
        "because it is too late, was given before, is no answer, or nobody asked.",
    )
    made.add_argument("id", metavar="ID", help="as `inbox list` shows it")
    made.add_argument(
        "words", metavar="WORDS", nargs="+", help="the answer; - alone: what is typed, or the standard input"
    )
    made.add_argument("--by", default="", metavar="NAME", help="who answers; it is recorded as claimed")
    made.add_argument("--role", action="append", metavar="R", help="a role in which they do; default: every role")
    made.add_argument(
        "--level", type=int, metavar="N",
        help="the level at which you read it: once it was escalated, your answer is too late; default: any",
    )  # fmt: skip
    made.add_argument("--decision-id", default="", metavar="X", help="names the answer: sent twice, it counts once")
    _add_people(made, "then a token says who answers, and --by does not")
    made.add_argument("--token-file", default="", metavar="FILE", help="holds the token; default: it is asked for")

    made = _made(inner, "watch", "print what is asked and what is settled, as it happens, until Ctrl-C")
    _add_filters(made)
    _add_json(made, "one object a line")

    _add_serve(inner)

    made = _made(inner, "token", "make a token for a person, and the line of the people file that lets it in")
    made.add_argument("name", metavar="NAME", help="who is to sign in with it")
    made.add_argument("--roles", nargs="*", default=[], metavar="R", help="their roles; `*`: every role")


def _add_serve(inner: Any) -> None:
    made = _made(
        inner,
        "serve",
        "serve the inbox as web pages, until Ctrl-C",
        "Without a people file it listens on this machine only and prints a link that signs its opener in, once. "
        f"The variable {SECRET} holds what signs sessions and links, at least 32 characters; else they end with it.",
    )
    made.add_argument("--host", default="127.0.0.1", help="where it listens (default: %(default)s)")
    made.add_argument("--port", type=int, default=8700, help="default: %(default)s; 0: any that is free")
    _add_people(made, "who may sign in")
    made.add_argument("--origin", default="", metavar="URL", help="its public address, where a proxy stands before it")
    made.add_argument("--operators", nargs="+", metavar="ROLE", help="who may pause, stop and talk to a run")
    made.add_argument("--proxy-header", default="", metavar="NAME", help="the header in which a proxy says who it is")
    made.add_argument("--proxy-from", nargs="+", metavar="ADDRESS", help="the addresses of that proxy")
    made.add_argument(
        "--forwarded-from",
        nargs="+",
        metavar="ADDRESS",
        help="proxies whose X-Forwarded-For is believed where attempts to sign in are counted; default: nobody's is",
    )


def _add_people(parser: Any, what: str) -> None:
    parser.add_argument(
        "--people", metavar="FILE", help=f"names, roles and hashed tokens: {what}; default: the variable {PEOPLE}"
    )


def _add_filters(parser: Any) -> None:
    parser.add_argument("--role", default="", metavar="R", help="only what somebody of this role may answer")
    parser.add_argument("--person", default="", metavar="P", help="only what this person may answer, by name")
    parser.add_argument("--run", default="", metavar="ID", help="only of this run, and of those inside it")


def _add_json(parser: Any, how: str) -> None:
    parser.add_argument("--json", action="store_true", help=f"print JSON, {how}")


# ---------------------------------------------------------------- runs


def _add_runs(commands: Any) -> None:
    parser = _made(commands, "runs", "list the runs of a journal, the latest first", "With a command: look into one.")
    parser.add_argument(
        "--status", action="append", default=[], metavar="S",
        help="ready, running, waiting, left, blocked, done or failed; may be repeated",
    )  # fmt: skip
    _add_json(parser, "one object a line")
    inner = parser.add_subparsers(dest="runs", metavar="COMMAND", help="what is done with one; none: they are listed")

    def of_one(name: str, help: str, more: str = "") -> Any:
        made = _made(inner, name, help, more)
        made.add_argument("id", metavar="ID", help="as `runs` shows it")
        return made

    of_one("show", "show the conversation of a run as it would look at the console")
    for name, help, text in (
        ("pause", "let a run wait at its next boundary", False),
        ("unpause", "let a paused run go on", False),
        ("say", "say something into the conversation of a run", True),
        ("stop", "end a run at its next boundary", None),
    ):
        _add_steering(of_one(name, help, "Whoever moves the run on meets it there."), text)
    of_one("export", "print what happened in a run as the JSON Lines of an audit log, chained by hashes")
    _add_yes(of_one("delete", "delete a run, with all that was said and decided in it"))
    made = _made(inner, "prune", "delete the runs that have been over for long")
    made.add_argument("--older-than", required=True, metavar="TIME", help="such as 90d or 12h")
    _add_yes(made)
    made = _made(inner, "forget", "erase what one person said and decided; the hashes of the rest still hold")
    made.add_argument("person", metavar="PERSON", help="their name, as answers have it")
    _add_yes(made)
    made = of_one("fork", "begin another run with what happened in one up to a point", "`resume` goes on with it.")
    made.add_argument("--at", type=int, required=True, metavar="SEQ", help="the number of the last event that counts")
    made.add_argument(
        "--tools", choices=("ask", "run"), default="ask",
        help="what of the tools that it calls: ask a person before each, or run them (default: %(default)s)",
    )  # fmt: skip
    made = of_one("replay", "judge a run again by another policy, and compare; nobody is asked, nothing is done")
    made.add_argument("--policy", required=True, metavar="MODULE:NAME", help="the policy")


def _add_steering(parser: Any, text: bool | None) -> None:
    if text is not False:
        parser.add_argument("text", nargs="+" if text else "*", metavar="TEXT", help="what is said" if text else "why")
    if text is None:
        parser.add_argument("--force", action="store_true", help="break off tools in flight, too")
    parser.add_argument("--by", default="", metavar="NAME", help="who does it; default: the operating-system user")


def _add_yes(parser: Any) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask whether that is meant")


# ---------------------------------------------------------------- pictures


def _add_show(commands: Any) -> None:
    made = _made(
        commands, "show", "draw a run: who said what, what was called and decided, how long people took, what it cost",
        "Without an option it is printed here, a line a step. Secrets are hidden.",
    )  # fmt: skip
    made.add_argument("run", metavar="RUN", help="its id, as `runs` shows it; of a log the beginning is enough")
    made.add_argument("--log", default="", metavar="FILE", help="look into this audit log, not into a journal")
    look = made.add_mutually_exclusive_group()
    look.add_argument("--html", default="", metavar="FILE", help="write a page that needs nothing else; - prints it")
    look.add_argument("--mermaid", action="store_true", help="print a sequence diagram for Mermaid")
    made.add_argument("--open", action="store_true", help="open the page in a browser")


# ---------------------------------------------------------------- moving runs on


def _add_resume(commands: Any) -> None:
    made = _made(
        commands, "resume", "go on with a run, here",
        "Its questions are asked at this terminal and stand in the inbox; the first answer counts. Ctrl-C leaves it.",
    )  # fmt: skip
    made.add_argument("run", metavar="RUN", help="as `runs` shows it")
    made.add_argument("agents", metavar="MODULE:AGENTS", help=f"{AGENTS}, or a list of agents")


def _add_worker(commands: Any) -> None:
    made = _made(
        commands, "worker", "move runs on whenever they can go on",
        "It ends at SIGTERM or Ctrl-C as soon as what it moves has come to a pause, at the second one at once. "
        "Runs that wait for people take no slot.",
    )  # fmt: skip
    made.add_argument("agents", metavar="MODULE:FUNCTION", help=AGENTS)
    made.add_argument("--once", action="store_true", help="end as soon as nothing can go on by itself")
    made.add_argument("--slots", type=int, default=100, metavar="N", help="how many runs at once (default: 100)")
    made.add_argument(
        "--engine", choices=("local", "dbos"), default="local",
        help="what says which worker wakes for which run: local, for one machine or a few (default); "
        "dbos, for many, on a journal in PostgreSQL",
    )  # fmt: skip
    made.add_argument(
        "--database", dest="journal", default=argparse.SUPPRESS, metavar="URL", help="the same as --journal"
    )
    made.add_argument(
        "--concurrency", type=int, metavar="N", help="how many runs all workers move at once (dbos; default: any)"
    )
    made.add_argument("--rate", metavar="N/SECONDS", help="how many may begin in a time, over all workers (dbos)")
    made.add_argument(
        "--lane-concurrency", type=int, metavar="N", help="how many of one lane, such as a tenant, at once (dbos)"
    )
    made.add_argument("--lane-rate", metavar="N/SECONDS", help="how many of one lane may begin in a time (dbos)")
    made.add_argument(
        "--poll", type=float, metavar="SECONDS",
        help="the time between two looks for what can go on: less wakes sooner, more costs less while nothing happens "
        "(default: 0.2 of dbos; 1 of local, which is told of decisions at once)",
    )  # fmt: skip
    made.add_argument(
        "--listen",
        metavar="HOST:PORT",
        help="answer /live, /ready and /metrics there (the last one needs convagent[metrics])",
    )
    made.add_argument(
        "--telemetry", action="store_true",
        help="make spans and measures by OpenTelemetry, as its variables say (needs convagent[otel])",
    )  # fmt: skip
    made.add_argument(
        "--log", choices=("text", "json"), default="text", help="how each line is written (default: text)"
    )
    made.add_argument("--quiet", action="store_true", help="print nothing of what goes on")
