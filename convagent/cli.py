"""The command line: `convagent demo | inbox | runs | show | resume | worker | audit | doctor`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from ._screen import put


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        argv: the arguments without the program's name; None takes them from `sys.argv`.
    """
    from .errors import ConvagentError

    options = _parser().parse_args(argv)
    try:
        match options.command:
            case "demo":
                return demo(options.name, options.args)
            case "audit":
                code = audit(options)
            case "doctor":
                code = doctor(options)
            case _:
                from .commands import run

                code = run(options, _say)
        sys.stdout.flush()  # a reader that left is noticed here, not while Python exits
        return code
    except ConvagentError as error:
        put(sys.stderr, f"convagent: {error}\n")
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (`| head`) left; what is still buffered goes nowhere instead of failing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _say(line: str) -> None:
    """Print a line at once: whoever reads it may be waiting for it."""
    put(sys.stdout, f"{line}\n")


class _Parser(argparse.ArgumentParser):
    """Shows which commands there are where none is named."""

    def error(self, message: str) -> NoReturn:
        if message.endswith("required: COMMAND"):
            self.print_help(sys.stderr)
            self.exit(2, f"\n{self.prog}: name a command\n")
        super().error(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="convagent", description="Conversations between agents, models and people.", allow_abbrev=False
    )
    parser.add_argument(
        "--version", action="version", version=f"convagent {_version('convagent') or '(from a folder)'}"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo_parser = commands.add_parser(
        "demo",
        help="list the examples, or run one",
        description="Without a name: list the examples. With one: run it; what follows goes to the example.",
        allow_abbrev=False,
    )
    demo_parser.add_argument("name", nargs="?", metavar="NAME", help="an example, such as fraud_detector")
    demo_parser.add_argument("args", nargs=argparse.REMAINDER, metavar="...", help="arguments of the example")

    from .audit.commands import add_commands as add_audit
    from .commands.parsers import add_commands, add_journal

    add_commands(commands)
    add_audit(
        commands.add_parser(
            "audit",
            help="verify, read and measure the log of an AuditLog, or a journal",
            description="Verify, read and measure the log that an AuditLog wrote, or what a journal keeps.",
            allow_abbrev=False,
        )
    )

    made = commands.add_parser(
        "doctor",
        help="show versions, what is configured, and the health of a journal; never shows a key",
        description="Show versions, configuration and terminal, and with a journal what is wrong in it. Exit code 1: "
        "something is. Never shows a key.",
        allow_abbrev=False,
    )
    add_journal(made)
    made.add_argument(
        "--confirm-clock", action="store_true", help="say that this machine's clock is right, so that deadlines pass"
    )
    return parser


# ---------------------------------------------------------------- audit


def audit(options: argparse.Namespace) -> int:
    """Print what a command about a log says, and return its exit code.

    Raises:
        AuditError: the log cannot be read.
        ConfigError: an option is wrong.
    """
    from .audit.commands import run

    return run(options, print)


# ---------------------------------------------------------------- demo


def demo(name: str | None, args: Sequence[str] = ()) -> int:
    """Run an example by name as if it were started by Python, or list them all.

    Raises:
        ConfigError: there is no example of that name, or the examples are not installed.
    """
    examples = _examples()
    if name is None:
        width = max(map(len, examples))
        print("convagent demo NAME runs one of these; offline unless a model is configured:\n")
        for known, path in examples.items():
            print(f"  {known:{width}}  {_title(path)}")
        print("\nconvagent demo NAME --help tells what an example takes.")
        return 0
    found = examples.get(name.removesuffix(".py").replace("-", "_"))
    if found is None:
        from .errors import ConfigError, nearest

        near = nearest(name, examples)
        raise ConfigError(
            f"there is no example {name!r}; "
            + (f"did you mean {near}?" if near else f"there are {', '.join(examples)}")
        )
    return _run(found, args)


def _run(path: Path, args: Sequence[str]) -> int:
    import runpy

    before_argv, before_path = sys.argv, sys.path[:]
    sys.argv = [str(path), *args]
    sys.path.insert(0, str(path.parent))
    try:
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    finally:
        sys.argv, sys.path[:] = before_argv, before_path
    return 0


def _examples() -> dict[str, Path]:
    from .errors import ConfigError

    here = Path(__file__).resolve().parent
    # A wheel carries them inside the package; a checkout has them beside it.
    folders = [here / "_examples", here.parent / "examples"]
    for folder in folders:
        found = {path.stem: path for path in sorted(folder.glob("[!_]*.py"))}
        if found:
            return found
    raise ConfigError(f"no examples in {' or '.join(map(str, folders))}; install convagent again, or clone it")


def _title(path: Path) -> str:
    import ast

    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


# ---------------------------------------------------------------- doctor


def doctor(options: argparse.Namespace) -> int:
    """Print what a helper would ask for first; return 1 if a package is missing, or anything is wrong."""
    import platform

    required = ("openai", "pydantic", "jsonschema", "prompt-toolkit")
    missing = [name for name in required if not _version(name)]
    rows = [
        ("convagent", _version("convagent") or "not installed, running from a folder"),
        ("python", f"{platform.python_version()} ({platform.python_implementation()}, {sys.executable})"),
        ("system", f"{platform.system()} {platform.machine()}"),
    ]
    rows += [(name, _version(name) or "MISSING: pip install convagent") for name in required]
    rows += [("litellm", _version("litellm") or "not installed; pip install 'convagent[litellm]' for more providers")]
    rows += [(name, "set" if os.environ.get(name) else "not set") for name in _SECRETS]
    configured = {"LLMConfig.from_env()": _from_env(), _LIST: _config_list()}
    rows += [("endpoint", _endpoint(os.environ.get("OPENAI_BASE_URL", "")))]
    rows += [(name, text) for name, (text, _) in configured.items()]
    rows += [
        ("terminal", "interactive" if sys.stdin.isatty() and sys.stdout.isatty() else "not interactive"),
        ("colours", _colours()),
    ]
    found = _journal(options)
    rows += [("journal", found[0])]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        first, *more = value.splitlines()
        print(f"{name:{width}}  {first}")
        for line in more:
            print(f"{'':{width}}  {line}")
    return 0 if not missing and all(right for _, right in (*configured.values(), found)) else 1


def _journal(options: argparse.Namespace) -> tuple[str, bool]:
    """Return how the journal is that is named, and whether that is well."""
    from .commands.parsers import JOURNAL

    if not getattr(options, "journal", os.environ.get(JOURNAL)):
        return f"none is named, by --journal or {JOURNAL}", True
    from .commands.health import health

    return health(options)


_LIST = "OAI_CONFIG_LIST"
_SECRETS = ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY")


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _endpoint(url: str) -> str:
    """Return scheme, host and path: user information and query may hold a key."""
    from urllib.parse import urlsplit

    if not url:
        return "https://api.openai.com/v1 (default; OPENAI_BASE_URL is not set)"
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "OPENAI_BASE_URL is set, but is not a URL"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "OPENAI_BASE_URL is set, but is not a URL"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path}"


def _from_env() -> tuple[str, bool]:
    """Return what the variables describe, and whether it is right."""
    from .models.config_env import entry_from_env

    def found() -> list[dict[str, Any]]:
        entry = entry_from_env()
        return [] if entry is None else [entry]

    return _judged(found) or ("None: the variables describe no model", True)


def _config_list() -> tuple[str, bool]:
    """Return what stands in the variable, or in the file of its name in this folder, and whether it is right."""
    from .models.config_files import config_list_from_json

    if not os.environ.get(_LIST, "").strip() and not Path(_LIST).is_file():
        return "not set, and no file of this name here", True
    return _judged(lambda: config_list_from_json(_LIST)) or (
        f"WRONG: {_LIST}: an empty list; expected at least one entry",
        False,
    )


def _judged(find: Callable[[], list[dict[str, Any]]]) -> tuple[str, bool] | None:
    """Return a line on each entry of a configuration and whether all are right; None: there is no entry.

    No fault that is named shows a key: the texts are those of the errors that a program would get.
    """
    from .errors import ConfigError
    from .models.config import LLMConfig
    from .models.resolve import client_for

    try:
        entries = find()
    except ConfigError as error:
        return f"WRONG: {error}", False
    lines: list[str] = []
    right = True
    for entry in entries:
        origin = getattr(entry, "origin", "")
        try:
            client = client_for(LLMConfig(entry))
            lines.append(f"{origin}: model {client.label!r} at {getattr(client, 'endpoint', 'a client of yours')}")
        except ConfigError as error:
            right = False
            _, *several = str(error).splitlines()
            for fault in several or [str(error)]:
                place = "" if origin in fault else f"{origin}: "
                lines.append(f"WRONG: {place}{fault.strip()}")
    return ("\n".join(lines), right) if lines else None


def _colours() -> str:
    if os.environ.get("NO_COLOR"):
        return "off by NO_COLOR"
    return "on" if sys.stdout.isatty() else "off: not a terminal"


if __name__ == "__main__":
    sys.exit(main())
