"""What every example takes from its command line: a model, and answers written beforehand."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convagent import ConfigError, ConvagentError, IOStream, LLMConfig, RuleModel


@dataclass(frozen=True)
class Setup:
    """What an example starts with."""

    options: argparse.Namespace
    model: LLMConfig
    """For `llm_config=`: the configured model, else offline rules."""
    person: AbstractContextManager[Any]
    """`with setup.person:` answers questions from a script, or leaves them to whoever sits at the terminal."""
    scripted: bool


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
        "--config", metavar="NAME", help="model entries: a file such as OAI_CONFIG_LIST, or a variable with them"
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
    if options.config:
        model = LLMConfig.from_json(env=options.config)
    else:
        model = (None if options.offline else LLMConfig.from_env()) or LLMConfig(RuleModel(rules))

    if options.answer is not None:
        script = options.answer
    elif options.answers is not None:
        script = _lines(options.answers)
    elif sys.stdin is None or not sys.stdin.isatty():
        script = list(answers)
        if answers:
            print("[no terminal: built-in scripted answers; --answer TEXT and --answers FILE give others]")
    else:
        return Setup(options, model, nullcontext(), scripted=False)
    return Setup(options, model, IOStream.set_default(ScriptedPerson(script)), scripted=True)


class ScriptedPerson(IOStream):
    """Answers from a list and labels each answer, so that no reader takes it for a person's."""

    def __init__(self, answers: Iterable[str]) -> None:
        self._answers = iter(answers)

    def input(self, prompt: str = "", *, password: bool = False) -> str:
        """Return the next answer; without one the input has ended, as with Ctrl-D."""
        answer = next(self._answers, None)
        if answer is None:
            self.print(f"{prompt}[no scripted answer left: end of input]")
            raise EOFError
        self.print(f"{prompt}{answer}{' ' if answer else ''}[scripted answer]")
        return answer


def _lines(name: str) -> list[str]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--answers {name}: {error}; expected a text file, one answer a line") from error
    return text.splitlines()


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
