"""How a model is told that the arguments of its call do not fit.

Two validators find fault (pydantic for signatures, jsonschema for raw schemas); both hand over
`Problem` values, so that a model reads one language: which argument, what was expected, what came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from ..errors import ToolArgumentsError
from .result import to_text

Path = tuple[str | int, ...]

_SHOWN = 100
"""Characters of a refused value that are repeated to the model."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the arguments of a call."""

    kind: Literal["missing", "unknown", "expected", "other"]
    path: Path
    text: str = ""
    """`expected`: what would fit, as a noun; `other`: a whole clause."""
    got: Any = None


def refusal(tool: str, problems: Iterable[Problem], parameters: Mapping[str, Any]) -> ToolArgumentsError:
    """Put problems into words that a model can act on."""
    lines = list(dict.fromkeys(_lines(list(problems), parameters)))
    if len(lines) == 1:
        body = f": {lines[0]}."
    else:
        body = ":" + "".join(f"\n- {line}" for line in lines)
    return ToolArgumentsError(
        f"Error: {tool} was not called, its arguments do not fit{body}\nCorrect the arguments and call it again."
    )


def in_words(schema: Any) -> str:
    """Describe what a JSON Schema accepts as a noun; empty where no short noun would be true."""
    if not isinstance(schema, Mapping):
        return ""
    found = cast(Mapping[str, Any], schema)
    if "const" in found:
        return to_text(found["const"], quote=True)
    if isinstance(found.get("enum"), list):
        return either([to_text(value, quote=True) for value in found["enum"]])
    for key in ("anyOf", "oneOf"):
        if isinstance(found.get(key), list):
            parts = [in_words(part) for part in found[key]]
            return either(parts) if all(parts) else ""
    kinds: Any = found.get("type")
    if isinstance(kinds, str):
        return _NOUNS.get(kinds, "")
    if isinstance(kinds, list):
        parts = [_NOUNS.get(str(kind), "") for kind in cast(list[object], kinds)]
        return either(parts) if all(parts) else ""
    return "an object" if "$ref" in found else ""


def either(parts: Sequence[str]) -> str:
    """Join alternatives: ``a, b or c``."""
    unique = list(dict.fromkeys(parts))
    return " or ".join([", ".join(unique[:-1]), unique[-1]]) if len(unique) > 1 else "".join(unique)


_NOUNS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def _lines(problems: list[Problem], parameters: Mapping[str, Any]) -> Iterable[str]:
    known: Mapping[str, Any] = parameters.get("properties") or {}
    # The branches of a union each complain about the same value: say once what would fit.
    wanted: dict[Path, list[str]] = {}
    for p in problems:
        if p.kind == "expected":
            wanted.setdefault(p.path, []).append(p.text)
    for p in problems:
        name = f"argument {_spelled(p.path)!r}"
        if p.kind == "missing":
            yield f"{name} is missing{_hint(known, p.path)}"
        elif p.kind == "unknown":
            names = ", ".join(known) if len(p.path) == 1 else ""
            yield f"{name} is not known" + (f" (there are: {names})" if names else "")
        elif p.kind == "expected":
            yield f"{name}: expected {either(wanted[p.path])}, got {_shown(p.got)}"
        else:
            yield f"{name}: {p.text}, got {_shown(p.got)}"


def _hint(known: Mapping[str, Any], path: Path) -> str:
    schema = known.get(str(path[0])) if len(path) == 1 else None
    if not isinstance(schema, Mapping):
        return ""
    found = cast(Mapping[str, Any], schema)
    noun, about = in_words(found), found.get("description")
    hint = noun if about in (None, path[0]) else f"{noun}: {about}" if noun else str(about)
    return f" ({hint})" if hint else ""


def _spelled(path: Path) -> str:
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def _shown(value: Any) -> str:
    text = to_text(value, quote=True)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
