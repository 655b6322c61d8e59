"""How many tokens a text is: by an estimate that needs nothing, or by tiktoken where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import ceil
from typing import Any

from ..errors import MissingExtra

Count = Callable[[str], int]
"""A function of a text that returns how many tokens it is."""


def estimate(text: str) -> int:
    """Return about how many tokens a text is: one for four ASCII characters, one for each other character.

    A rule of thumb: right for English prose, too few for code and numbers, too many for most other alphabets.
    """
    plain = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
    return ceil(plain / 4) + len(text) - plain


@cache  # a function that counts is known again by its identity
def count_for(model: str) -> Count:
    """Return a function that counts as an OpenAI model does; a model that tiktoken does not know as most of them do.

    Raises:
        MissingExtra: tiktoken is not installed.
    """
    encoding = encoding_for(model)
    return lambda text: len(encoding.encode(text, disallowed_special=()))


@cache
def encoding_for(model: str) -> Any:
    """Return tiktoken's encoding for a model; for one that it does not know, `cl100k_base`.

    Raises:
        MissingExtra: tiktoken is not installed.
    """
    try:
        import tiktoken  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise MissingExtra(f"counting tokens as {model!r} does", "tokens") from None
    found: Any = tiktoken
    try:
        return found.encoding_for_model(model)
    except KeyError:
        return found.get_encoding("cl100k_base")
