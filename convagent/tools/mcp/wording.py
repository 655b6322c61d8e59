"""What a model reads of what a server returns: texts as they are, everything else in words."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from typing import Any

from ..result import to_text


def result_text(content: Iterable[Any], structured: Any) -> str:
    """Return a result as text. What a model cannot read here, such as an image, is described."""
    parts = [_part(block) for block in content]
    text = "\n".join(part for part in parts if part)
    if structured is None or _says(text, parts, structured):
        return text
    return f"{text}\n{to_text(structured)}" if text else to_text(structured)


def _says(text: str, parts: list[str], structured: Any) -> bool:
    """Return whether the texts hold what is structured: servers send both, for clients of either kind."""
    if not text:
        return False
    said = (text, _read(text), [_read(part) for part in parts])
    return any(found in (structured, {"result": structured}) or {"result": found} == structured for found in said)


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _part(block: Any) -> str:
    match block.type:
        case "text":
            return block.text
        case "image" | "audio":
            return f"[{block.type}, {block.mime_type}, {_size(block.data)}: it cannot be shown here]"
        case "resource_link":
            about = f": {block.description}" if block.description else ""
            return f"[resource {block.name!r} at {block.uri}{about}]"
        case "resource":
            return _resource(block.resource)
        case kind:
            return f"[{kind}: it cannot be shown here]"


def _resource(resource: Any) -> str:
    kind = f", {resource.mime_type}" if resource.mime_type else ""
    text = getattr(resource, "text", None)
    if text is None:
        return f"[resource {resource.uri}{kind}, {_size(resource.blob)}: it cannot be shown here]"
    return f"[resource {resource.uri}{kind}]\n{text}"


def _size(base64: str) -> str:
    size = len(base64) * 3 // 4 - base64[-2:].count("=")
    return f"{size:,} bytes"


def visible(text: str) -> str:
    """Return a text without what nobody sees: characters that turn, join or hide can carry words for models alone."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _UNSEEN)


_UNSEEN = ("Cc", "Cf", "Co", "Cs", "Cn")
