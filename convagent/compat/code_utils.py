"""Mirror of `autogen.code_utils`: the text of a content; its other names come with code executors."""

from __future__ import annotations

from ..messages import content_text as content_str
from .absent import no_more

__all__ = [
    "content_str",
]

__getattr__ = no_more(__name__)
