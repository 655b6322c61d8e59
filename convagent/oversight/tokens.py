"""Which tokens of an answer spell the value of one of its fields."""

from __future__ import annotations

import json

from ..models.base import Logprobs


def of_field(tokens: Logprobs, text: str, path: str) -> Logprobs:
    """Return the tokens that spell the value of a field of a JSON object; none if that cannot be told.

    Args:
        tokens: of the answer, in order.
        text: the answer.
        path: the name of the field; ``a.b`` for one inside another.
    """
    # As one character a byte: a token may be a part of a character.
    spelled = [_by_bytes(token) for token, _ in tokens]
    raw = _by_bytes(text)
    offset = "".join(spelled).find(raw) if raw else -1
    span = _span(raw, [_by_bytes(name) for name in path.split(".")])
    if offset < 0 or span is None:
        return ()
    start, end = offset + span[0], offset + span[1]
    kept: list[tuple[str, float]] = []
    position = 0
    for piece, token in zip(spelled, tokens, strict=True):
        if position < end and position + len(piece) > start:
            kept.append(token)
        position += len(piece)
    return tuple(kept)


def spells(tokens: Logprobs, text: str) -> bool:
    """Return whether the tokens spell this text and nothing else."""
    return bool(text) and _by_bytes("".join(token for token, _ in tokens)).strip() == _by_bytes(text).strip()


def _by_bytes(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _span(text: str, names: list[str]) -> tuple[int, int] | None:
    """Return where the value of a field stands; of a text, what is between the quotes."""
    start, end = text.find("{"), 0
    for name in names:
        found = _members(text, start).get(name)
        if found is None:
            return None
        start, end = found
    return (start + 1, end - 1) if text[start] == '"' and end - start > 2 else (start, end)


def _members(text: str, start: int) -> dict[str, tuple[int, int]]:
    """Return where the values of a JSON object stand, by name; none where there is no such object."""
    found: dict[str, tuple[int, int]] = {}
    if start < 0 or text[start] != "{":
        return found
    decoder = json.JSONDecoder()
    position = _beyond_blanks(text, start + 1)
    try:
        while text[position] != "}":
            name, position = decoder.raw_decode(text, position)
            start = _beyond_blanks(text, _beyond_blanks(text, position) + 1)  # beyond the colon
            _, position = decoder.raw_decode(text, start)
            found[name] = (start, position)
            position = _beyond_blanks(text, position)
            if text[position] == ",":
                position = _beyond_blanks(text, position + 1)
    except (ValueError, IndexError, TypeError):
        return {}
    return found


def _beyond_blanks(text: str, position: int) -> int:
    while text[position : position + 1] in (" ", "\n", "\r", "\t"):
        position += 1
    return position
