"""Mirror of `autogen.coding.markdown_code_extractor`."""

from __future__ import annotations

from ...coding.markdown import MarkdownCodeExtractor as MarkdownCodeExtractor
from ..absent import no_more

__all__ = [
    "MarkdownCodeExtractor",
]

__getattr__ = no_more(__name__)
