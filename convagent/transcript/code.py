"""How running code looks, to the character as in the classic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..events import ExecuteCodeBlockEvent, ExecutedCodeBlockEvent, GenerateCodeExecutionReplyEvent

Spans = Iterator[tuple[str, Any]]


def _blocks(event: GenerateCodeExecutionReplyEvent) -> Spans:
    languages = event.code_blocks
    if len(languages) == 1:
        what = f"CODE BLOCK (inferred language is {languages[0]})"
    else:
        what = f"{len(languages)} CODE BLOCKS (inferred languages are [{', '.join(languages)}])"
    yield from _line(f"EXECUTING {what}...")


def _block(event: ExecuteCodeBlockEvent) -> Spans:
    if not event.silent:
        language = event.arguments.get("language", "")
        yield from _line(f"EXECUTING CODE BLOCK {event.code_block_count} (inferred language is {language})...")


def _line(text: str) -> Spans:
    yield f"\n>>>>>>>> {text}", "red"
    yield "\n", ""


def _nothing(event: ExecutedCodeBlockEvent) -> Spans:
    return iter(())


CODE: Mapping[type, Callable[[Any], Spans]] = {
    GenerateCodeExecutionReplyEvent: _blocks,
    ExecuteCodeBlockEvent: _block,
    ExecutedCodeBlockEvent: _nothing,
}
