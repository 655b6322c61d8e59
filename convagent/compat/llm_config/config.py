"""Mirror of `autogen.llm_config.config`."""

from __future__ import annotations

from ...models.config import LLMConfig as LLMConfig
from ..absent import no_more

__all__ = [
    "LLMConfig",
]

__getattr__ = no_more(__name__)
