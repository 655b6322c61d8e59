"""Which blocks of code a message has."""

from __future__ import annotations

from typing import Any

import pytest

from convagent.coding import CodeBlock, MarkdownCodeExtractor
from convagent.compat.code_utils import UNKNOWN, extract_code, infer_lang


def found(content: Any) -> list[tuple[str, str]]:
    blocks = MarkdownCodeExtractor().extract_code_blocks(content)
    assert all(isinstance(block, CodeBlock) for block in blocks)
    return [(block.language, block.code) for block in blocks]


@pytest.mark.parametrize(
    ("content", "blocks"),
    [
        ("```python\nprint(1)\n```", [("python", "print(1)")]),
        ("a\n```sh\nls\n\npwd\n```\nb\n``` python  \nx = 1\n   ```", [("sh", "ls\n\npwd"), ("python", "x = 1")]),
        ("```\nprint(1)\n```", [("python", "print(1)")]),
        ("```\npip install x\n```", [("sh", "pip install x")]),
        ("```\nno language at all\n```", [("", "no language at all")]),
        ("```python\r\nprint(1)\r\n```", [("python", "print(1)")]),
        ("```python\nnever closed", []),
        ("`inline` only", []),
        ("", []),
        (None, []),
        (
            [{"type": "text", "text": "```python\n1\n```"}, {"type": "image_url", "image_url": {"url": "x"}}],
            [("python", "1")],
        ),
    ],
    ids=repr,
)
def test_blocks_are_those_between_fences(content: Any, blocks: list[tuple[str, str]]) -> None:
    """With the language that is named, or what the code looks like."""
    assert found(content) == blocks


def test_language_is_guessed_without_running_anything() -> None:
    """Compiling is all that is done; what cannot be compiled has no language."""
    assert infer_lang("raise SystemExit") == "python"
    assert infer_lang("'\\d'") == "python"  # its warning is nobody's here
    assert infer_lang("\0") == UNKNOWN
    assert infer_lang("(" * 10_000) == UNKNOWN


def test_classics_function_gives_pairs() -> None:
    """A text without a block is one of unknown language; single backquotes count where that is asked for."""
    assert extract_code("a\n```py\n1\n```") == [("py", "1")]
    assert extract_code("nothing") == [(UNKNOWN, "nothing")]
    assert extract_code("run `ls` and\n```py\n1\n```", detect_single_line_code=True) == [("", "ls"), ("py", "1")]
