"""Mirror of `autogen.llm_config`."""

from __future__ import annotations

from ...models.config import LLMConfig as LLMConfig
from ...models.config_files import config_list_from_json as config_list_from_json
from ...models.config_files import filter_config as filter_config
from ..absent import no_more
from ..model_client import ModelClient as ModelClient

__all__ = [
    "LLMConfig",
    "ModelClient",
    "config_list_from_json",
    "filter_config",
]

__getattr__ = no_more(__name__)
