"""Blocks of code in a text with Markdown fences."""

from __future__ import annotations

import re
import warnings
from typing import Any

from ..messages import content_text
from .base import CodeBlock

UNKNOWN = "unknown"
"""What a language is called that cannot be told from the code."""

_BLANKS, _LINE_END = r"[ \t]*", r"\r?\n"
CODE_BLOCK_PATTERN = f"```{_BLANKS}(\\w+)?{_BLANKS}{_LINE_END}(.*?){_LINE_END}{_BLANKS}```"
"""A fence with the language if it is named, the code, and the closing fence; with `re.DOTALL`."""
_FENCED = re.compile(CODE_BLOCK_PATTERN, re.DOTALL)
_INLINE = re.compile(rf"{CODE_BLOCK_PATTERN}|`([^`]+)`", re.DOTALL)


class MarkdownCodeExtractor:
    """Finds fenced blocks of code.

    Args:
        unknown: what the language of a block is called where neither the fence nor the code says it.
    """

    def __init__(self, unknown: str = "") -> None:
        self._unknown = unknown

    def extract_code_blocks(self, message: Any, /) -> list[CodeBlock]:
        """Return the fenced blocks in a content, in order; what is not closed is none."""
        blocks: list[CodeBlock] = []
        for fence in _FENCED.finditer(content_text(message)):
            named, code = fence[1] or "", fence[2]
            language = named or infer_lang(code)
            blocks.append(CodeBlock(code=code, language=self._unknown if language == UNKNOWN else language))
        return blocks


def infer_lang(code: str) -> str:
    """Return the language of a code: ``sh`` if it begins as a command, ``python`` if it compiles, else unknown."""
    if code.startswith(("python ", "python3 ", "pip")):
        return "sh"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the code's own escapes: nobody here can do anything about them
            compile(code, "<block>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
        return UNKNOWN
    return "python"


def extract_code(
    text: Any, pattern: str = CODE_BLOCK_PATTERN, detect_single_line_code: bool = False
) -> list[tuple[str, str]]:
    """Return pairs of language and code, as the classic's function does.

    Without a block it is one pair of ``unknown`` and the whole text. A language that is not named is empty.

    Args:
        text: a content.
        pattern: a regular expression with two groups: the language, and the code.
        detect_single_line_code: whether what stands between single backquotes is code, too.
    """
    content = content_text(text)
    if detect_single_line_code:
        found = _INLINE.finditer(content)
        return [((m[1] or "").strip(), m[2].strip()) if m[2] else ("", (m[3] or "").strip()) for m in found]
    return re.findall(pattern, content, flags=re.DOTALL) or [(UNKNOWN, content)]
