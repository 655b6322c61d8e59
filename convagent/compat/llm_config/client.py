"""Mirror of `autogen.llm_config.client`."""

from __future__ import annotations

from ..absent import no_more
from ..model_client import ModelClient as ModelClient

__all__ = [
    "ModelClient",
]

__getattr__ = no_more(__name__)
