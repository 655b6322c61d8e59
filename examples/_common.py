"""What every example takes from its command line: a model, and answers written beforehand."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from convagent import ConfigError, ConvagentError, IOConsole, IOStream, LLMConfig, RuleModel
from convagent.channels import ScriptedChannel, Terminal

LIST = "OAI_CONFIG_LIST"
"""The usual name of a list of model entries: a file in the current folder, or a variable."""


@dataclass(frozen=True)
class Setup:
    """What an example starts with."""

    options: argparse.Namespace
    model: LLMConfig
    """For `llm_config=`: the configured model, else offline rules."""
    script: tuple[str, ...] | None = None
    """Answers instead of a person; None: a person sits at the terminal."""

    @property
    def people(self) -> list[ScriptedChannel]:
        """For `observers=` of a chat of texts: who answers from the script; nobody, where a person sits here."""
        if self.script is None:
            return []
        # Each answer is shown with the name of its channel, so that no reader takes it for a person's.
        # After the last one the input ends, as with Ctrl-D.
        return [ScriptedChannel(*self.script, EOFError, name="scripted answer")]

    @contextmanager
    def console(self) -> Generator[list[Terminal]]:
        """Give the terminal, for `channels=`; where nobody sits there, the script is typed and shown in its place."""
        if self.script is None:
            yield [Terminal()]
            return
        with IOStream.set_default(ScriptedConsole(self.script)):
            yield [Terminal(person="script")]


class ScriptedConsole(IOConsole):
    """The console, at which a script is typed: everything is shown and read as it is of a person."""

    def __init__(self, script: Sequence[str]) -> None:
        super().__init__()
        self._left: Iterator[str] = iter(script)

    def input(self, prompt: str = "", *, password: bool = False) -> str:
        """Return the next line of the script.

        Raises:
            EOFError: it has ended, as with Ctrl-D.
        """
        line = next(self._left, None)
        if line is None:
            print(f"{prompt}[end of the scripted answers]")
            raise EOFError
        print(f"{prompt}{line} [scripted answer]")
        return line


def arguments(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that all examples share."""
    title, _, more = (doc or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog=f"convagent demo {Path(sys.argv[0]).stem}",
        description=title,
        epilog=more,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    model = parser.add_mutually_exclusive_group()
    model.add_argument(
        "--config", metavar="NAME", help=f"model entries: a file, or a variable with them; {LIST} needs no --config"
    )
    model.add_argument("--offline", action="store_true", help="offline rules, even where a model is configured")
    people = parser.add_mutually_exclusive_group()
    people.add_argument("--answer", metavar="TEXT", action="append", help="answer instead of a person; repeat it")
    people.add_argument("--answers", metavar="FILE", help="answers instead of a person, one a line; - is stdin")
    return parser


def start(parser: argparse.ArgumentParser, rules: Callable[..., Any], answers: Sequence[str] = ()) -> Setup:
    """Read the command line.

    Args:
        parser: from `arguments`, with what the example adds.
        rules: answers in the model's place where none is configured.
        answers: what the scripted person says where nobody sits at a terminal and no answers are given.
    """
    options = parser.parse_args()
    model = _configured(options) or LLMConfig(RuleModel(rules))
    if options.answer is not None:
        script = tuple(options.answer)
    elif options.answers is not None:
        script = _lines(options.answers)
    elif sys.stdin is not None and sys.stdin.isatty():
        return Setup(options, model)
    else:
        script = tuple(answers)
        if answers:
            print("[no terminal: built-in scripted answers; --answer TEXT and --answers FILE give others]")
    return Setup(options, model, script)


def _configured(options: argparse.Namespace) -> LLMConfig | None:
    if options.offline:
        return None
    if options.config:
        return LLMConfig.from_json(env=options.config)
    if os.environ.get(LIST) or Path(LIST).is_file():
        return LLMConfig.from_json(env=LIST)
    return LLMConfig.from_env()


def at_least(least: int) -> Callable[[str], int]:
    """Return what reads a whole number from an option's text, and refuses a smaller one."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} up")
        return int(text)

    return read


def amount(text: str) -> Decimal:
    """Read an amount of money from an option's text."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount such as 10000 or 99.50")
    return found


def output(*endings: str) -> Callable[[str], Path]:
    """Return what reads the name of a file to be written; a wrong one is refused before anybody has worked for it."""

    def read(text: str) -> Path:
        path = Path(text)
        folder = path.absolute().parent
        if endings and path.suffix.lower() not in endings:
            raise argparse.ArgumentTypeError(f"expected a name that ends in {', '.join(endings)}, got {text!r}")
        if not folder.is_dir():
            raise argparse.ArgumentTypeError(f"{text!r}: there is no folder {path.parent}")
        if path.is_dir():
            raise argparse.ArgumentTypeError(f"{text!r} is a folder")
        if not os.access(path if path.exists() else folder, os.W_OK):
            raise argparse.ArgumentTypeError(f"{text!r} may not be written by you")
        return path

    return read


def write(path: Path, text: str) -> None:
    """Write a file.

    Raises:
        ConfigError: it cannot be written after all.
    """
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}") from error


def _lines(name: str) -> tuple[str, ...]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--answers {name}: {error}; expected a text file, one answer a line") from error
    return tuple(text.splitlines())


def run(main: Callable[[], int | None]) -> None:
    """Run an example to its exit code; what cannot work ends with a sentence, not with a traceback."""
    try:
        sys.exit(main())
    except ConvagentError as error:
        print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader (`| head`) left; what is still buffered goes nowhere instead of failing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
