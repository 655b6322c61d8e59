"""Mirror of `autogen.oai.openai_utils`."""

from __future__ import annotations

from ...models.config_env import config_list_from_dotenv as config_list_from_dotenv
from ...models.config_env import config_list_from_models as config_list_from_models
from ...models.config_env import config_list_openai_aoai as config_list_openai_aoai
from ...models.config_env import get_config_list as get_config_list
from ...models.config_files import config_list_from_json as config_list_from_json
from ...models.config_files import filter_config as filter_config
from ..absent import no_more

__all__ = [
    "config_list_from_dotenv",
    "config_list_from_json",
    "config_list_from_models",
    "config_list_openai_aoai",
    "filter_config",
    "get_config_list",
]

__getattr__ = no_more(__name__)
