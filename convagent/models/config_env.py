"""Lists of model entries from keys in variables, .env files and the classic key files."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from ..errors import ConfigError, ConfigFileMissing
from .config_files import FilterDict, LoadedEntry, StrPath, filter_config
from .masking import shown

AZURE_API_VERSION = "2024-10-21"
"""The version of the Azure interface that is asked for where none is named."""
DEFAULT_MODEL = "gpt-4o-mini"
"""The model of `LLMConfig.from_env()` where OPENAI_MODEL is not set."""


def entry_from_env(env: Mapping[str, str] | None = None) -> dict[str, Any] | None:
    """Return the entry that the environment describes, or None if it describes none.

    In this order: OPENAI_API_KEY (with OPENAI_MODEL and OPENAI_BASE_URL if set); AZURE_OPENAI_API_KEY
    with AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_DEPLOYMENT; OPENAI_BASE_URL alone, for a local server
    that wants no key, with OPENAI_MODEL.

    Raises:
        ConfigError: a variable is set and one that it needs is not.
    """
    env = os.environ if env is None else env
    model = env.get("OPENAI_MODEL", "").strip()
    base_url = env.get("OPENAI_BASE_URL", "").strip()
    if key := env.get("OPENAI_API_KEY", "").strip():
        entry = {"api_type": "openai", "model": model or DEFAULT_MODEL, "api_key": key}
        return LoadedEntry({**entry, "base_url": base_url} if base_url else entry, "the variables OPENAI_...")
    if key := env.get("AZURE_OPENAI_API_KEY", "").strip():
        endpoint = env.get("AZURE_OPENAI_ENDPOINT", "").strip()
        deployment = env.get("AZURE_OPENAI_DEPLOYMENT", "").strip() or model
        _needs(endpoint, "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "the address of your Azure resource")
        _needs(deployment, "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_DEPLOYMENT", "the name of your deployment")
        version = env.get("AZURE_OPENAI_API_VERSION", "").strip() or env.get("OPENAI_API_VERSION", "").strip()
        return LoadedEntry(
            {
                "api_type": "azure",
                "model": deployment,
                "api_key": key,
                "base_url": endpoint,
                "api_version": version or AZURE_API_VERSION,
            },
            "the variables AZURE_OPENAI_...",
        )
    if base_url:
        _needs(model, "OPENAI_BASE_URL", "OPENAI_MODEL", "a model that the server serves")
        return LoadedEntry({"api_type": "openai", "model": model, "base_url": base_url}, "the variables OPENAI_...")
    return None


def _needs(value: str, given: str, missing: str, what: str) -> None:
    if not value:
        raise ConfigError(f"the variable {given} is set, but not {missing}; set it to {what}")


def get_config_list(
    api_keys: Sequence[str],
    base_urls: Sequence[str] | None = None,
    api_type: str | None = None,
    api_version: str | None = None,
) -> list[dict[str, Any]]:
    """Return an entry for each key, without the empty ones; the URLs belong to the keys by position."""
    if base_urls is not None and len(base_urls) != len(api_keys):
        raise ConfigError(
            f"get_config_list: {len(api_keys)} api_keys and {len(base_urls)} base_urls; expected as many of both"
        )
    found: list[dict[str, Any]] = []
    for number, key in enumerate(api_keys):
        if not key.strip():
            continue
        entry = {"api_key": key.strip()}
        if base_urls is not None:
            entry["base_url"] = base_urls[number]
        if api_type:
            entry["api_type"] = api_type
        if api_version:
            entry["api_version"] = api_version
        found.append(LoadedEntry(entry, f"get_config_list, key {number + 1}"))
    return found


def config_list_openai_aoai(
    key_file_path: StrPath | None = ".",
    openai_api_key_file: str | None = "key_openai.txt",
    aoai_api_key_file: str | None = "key_aoai.txt",
    openai_api_base_file: str | None = "base_openai.txt",
    aoai_api_base_file: str | None = "base_aoai.txt",
    exclude: Literal["openai", "aoai"] | None = None,
) -> list[dict[str, Any]]:
    """Return entries for the OpenAI and Azure keys in files or variables, one a line, without models.

    A file wins over its variable (OPENAI_API_KEY, OPENAI_API_BASE, AZURE_OPENAI_API_KEY,
    AZURE_OPENAI_API_BASE). The environment is read and not changed.
    """

    def lines(file: str | None, variable: str) -> list[str]:
        if key_file_path is not None and file is not None:
            path = Path(key_file_path) / file
            if path.is_file():
                return path.read_text(encoding="utf-8-sig").strip().splitlines()
        return os.environ.get(variable, "").strip().splitlines()

    found: list[dict[str, Any]] = []
    if exclude != "openai" and (keys := lines(openai_api_key_file, "OPENAI_API_KEY")):
        found += get_config_list(keys, lines(openai_api_base_file, "OPENAI_API_BASE") or None)
    if exclude != "aoai" and (keys := lines(aoai_api_key_file, "AZURE_OPENAI_API_KEY")):
        urls = lines(aoai_api_base_file, "AZURE_OPENAI_API_BASE")
        found += get_config_list(keys, urls or None, "azure", AZURE_API_VERSION)
    return found


def config_list_from_models(
    key_file_path: StrPath | None = ".",
    openai_api_key_file: str | None = "key_openai.txt",
    aoai_api_key_file: str | None = "key_aoai.txt",
    aoai_api_base_file: str | None = "base_aoai.txt",
    exclude: Literal["openai", "aoai"] | None = None,
    model_list: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Return the entries of `config_list_openai_aoai`, each once for every model of the list."""
    entries = config_list_openai_aoai(
        key_file_path, openai_api_key_file, aoai_api_key_file, aoai_api_base_file=aoai_api_base_file, exclude=exclude
    )
    if not model_list:
        return entries
    return [
        LoadedEntry({**entry, "model": model}, cast(LoadedEntry, entry).origin)
        for model in model_list
        for entry in entries
    ]


def config_list_from_dotenv(
    dotenv_file_path: StrPath | None = None,
    model_api_key_map: Mapping[str, str | Mapping[str, Any]] | None = None,
    filter_dict: FilterDict | None = None,
) -> list[dict[str, Any]]:
    """Return an entry for each model whose key is in a .env file or in the environment.

    Variables of the environment win over those of the file, and the environment is not changed.
    Models without a key are left out. Where the environment has the keys, a file that is missing, as it is where a
    script is deployed, is only warned of.

    Args:
        dotenv_file_path: the file, or the folder of a `.env`; without it `.env` in the current folder or one above
            it, if there is one.
        model_api_key_map: for each model the variable of its key, or a dict with `api_key_env_var` and more
            fields, whose values may be names of variables. `gpt-4` and `gpt-3.5-turbo` are added with OPENAI_API_KEY.
        filter_dict: which entries to return, see `filter_config`.

    Raises:
        ConfigFileMissing: the named file does not exist, and the environment has no key.
        ConfigError: the map holds something else.
    """
    file = _dotenv_file(dotenv_file_path)
    env = {**(_assignments(file) if file else {}), **os.environ}
    models: dict[str, Any] = {**(model_api_key_map or {})}
    for default in ("gpt-4", "gpt-3.5-turbo"):
        models.setdefault(default, "OPENAI_API_KEY")
    found: list[dict[str, Any]] = []
    for model, how in models.items():
        if isinstance(how, str):
            more: dict[str, Any] = {"api_key_env_var": how}
        elif isinstance(how, Mapping):
            more = dict(cast(Mapping[str, Any], how))
        else:
            raise ConfigError(
                f"model_api_key_map[{model!r}] is {shown(how)}; expected the name of a variable, or a dict with "
                "api_key_env_var and more fields"
            )
        key = env.get(str(more.pop("api_key_env_var", "OPENAI_API_KEY")), "").strip()
        if not key:
            continue
        fields = {name: env.get(value, value) if isinstance(value, str) else value for name, value in more.items()}
        found.append(
            LoadedEntry({"api_key": key, **fields, "model": model}, f"config_list_from_dotenv, model {model!r}")
        )
    if file is None and dotenv_file_path is not None:
        missing = f"there is no .env file {os.fspath(dotenv_file_path)!r}"
        if not found:
            raise ConfigFileMissing(missing)
        warnings.warn(f"{missing}; the keys are those of the environment", UserWarning, stacklevel=2)
    return filter_config(found, filter_dict)


def _dotenv_file(path: StrPath | None) -> Path | None:
    if path is None:
        here = Path.cwd()
        tried = [folder / ".env" for folder in (here, *here.parents)]
    else:
        tried = [Path(path), Path(path) / ".env"]
    return next((file for file in tried if file.is_file()), None)


def _assignments(file: Path) -> dict[str, str]:
    """Read the assignments of a .env file: NAME=value, quotes and `export` allowed, # begins a comment."""
    found: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8-sig").splitlines():
        name, mark, value = line.strip().removeprefix("export ").partition("=")
        name, value = name.strip(), value.strip()
        if not mark or not name or name.startswith("#"):
            continue
        if value[:1] in ("'", '"') and (end := value.find(value[0], 1)) > 0:
            value = value[1:end]
        else:
            value = value.partition(" #")[0].strip()
        found[name] = value
    return found
