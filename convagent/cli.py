"""The command line: `convagent demo | doctor`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        argv: the arguments without the program's name; None takes them from `sys.argv`.
    """
    from .errors import ConvagentError

    options = _parser().parse_args(argv)
    try:
        if options.command == "demo":
            return demo(options.name, options.args)
        code = doctor()
        sys.stdout.flush()  # a reader that left is noticed here, not while Python exits
        return code
    except ConvagentError as error:
        print(f"convagent: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (`| head`) left; what is still buffered goes nowhere instead of failing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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

    commands.add_parser(
        "doctor",
        help="show versions and what is configured; never shows a key",
        description="Show versions, configuration and terminal, for finding out what is wrong. Never shows a key.",
    )
    return parser


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
        from .errors import one_of

        raise one_of("demo", name, examples)
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


def doctor() -> int:
    """Print what a helper would ask for first; return 1 if something required is missing."""
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
    rows += [
        ("endpoint", _endpoint(os.environ.get("OPENAI_BASE_URL", ""))),
        ("OAI_CONFIG_LIST", _config_list(os.environ.get("OAI_CONFIG_LIST", ""))),
        ("terminal", "interactive" if sys.stdin.isatty() and sys.stdout.isatty() else "not interactive"),
        ("colours", _colours()),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:{width}}  {value}")
    return 1 if missing else 0


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


def _config_list(value: str) -> str:
    if not value:
        return "a file in this folder" if Path("OAI_CONFIG_LIST").is_file() else "not set"
    if value.lstrip().startswith(("[", "{")):
        return "set, JSON"
    # The value itself is not shown: somebody may have put a key there.
    return "set, a file that exists" if Path(value).is_file() else "set, but neither JSON nor a file that exists"


def _colours() -> str:
    if os.environ.get("NO_COLOR"):
        return "off by NO_COLOR"
    return "on" if sys.stdout.isatty() else "off: not a terminal"


if __name__ == "__main__":
    sys.exit(main())
