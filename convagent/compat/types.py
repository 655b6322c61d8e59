"""Mirror of `autogen.types`."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from .absent import no_more

__all__ = ["MessageContentType", "UserMessageImageContentPart", "UserMessageTextContentPart"]

MessageContentType = str | list[dict[str, Any] | str] | None


class UserMessageTextContentPart(TypedDict):
    """A part of a content that is text."""

    type: Literal["text"]
    text: str


class UserMessageImageContentPart(TypedDict):
    """A part of a content that is an image."""

    type: Literal["image_url"]
    image_url: dict[Literal["url"], str]


__getattr__ = no_more(__name__)
