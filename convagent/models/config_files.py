"""Lists of model entries from files and variables, and choosing among them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..errors import ConfigError, ConfigFileMissing
from .masking import MaskedDict, shown

if TYPE_CHECKING:
    from json import JSONDecodeError

StrPath = str | os.PathLike[str]
FilterDict = Mapping[str, Any]
"""For each field the values that are accepted: one, or a list or set of them. None accepts a missing field."""


class LoadedEntry(MaskedDict):
    """An entry as it was read: a dict that knows where it came from and whose repr shows no key."""

    origin: str
    """File or variable and the entry's number in it, for error messages."""

    def __init__(self, values: Mapping[str, Any], origin: str) -> None:
        super().__init__(values)
        self.origin = origin

    def copy(self) -> LoadedEntry:
        """Return a copy that knows the same origin."""
        return LoadedEntry(self, self.origin)

    def __reduce__(self) -> Any:
        return LoadedEntry, (dict(self), self.origin)


def config_list_from_json(
    env_or_file: StrPath,
    file_location: StrPath | None = "",
    filter_dict: FilterDict | None = None,
) -> list[dict[str, Any]]:
    """Return the entries of a variable, if there is one of this name, else of a file.

    Args:
        env_or_file: name of an environment variable, which holds the JSON itself or the path of a
            file with it; or the name of a file.
        file_location: the folder of the file.
        filter_dict: which entries to return, see `filter_config`.

    Raises:
        ConfigFileMissing: there is neither a variable nor a file of this name.
        ConfigError: what is there is not a JSON list of entries.
    """
    if (entries := entries_from_env(str(env_or_file))) is None:
        entries = entries_from_file(_located(env_or_file, file_location), variable=str(env_or_file))
    return filter_config(entries, filter_dict)


def entries_from_env(name: str) -> list[dict[str, Any]] | None:
    """Return the entries that an environment variable holds or names, or None if there is no such variable."""
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    if text[0] in "[{":
        return _parsed(text, f"the variable {name}")
    try:
        is_file = Path(text).is_file()
    except (OSError, ValueError):
        is_file = False
    if is_file:
        return entries_from_file(text)
    raise ConfigFileMissing(
        f"the variable {name} holds neither JSON nor the path of a file that exists; "
        'expected [{"model": "...", "api_key": "..."}] or a path'
    )


def entries_from_file(path: StrPath, *, variable: str = "") -> list[dict[str, Any]]:
    """Return the entries of a JSON file; no variable of that name is looked at."""
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        raw = None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a path"
        raise ConfigError(f"cannot read the configuration file {os.fspath(path)!r}: {reason}") from None
    if raw is None:
        also = f" and no environment variable {variable} is set" if variable else ""
        looked = "" if Path(path).is_absolute() else f"; looked in {Path.cwd()}"
        raise ConfigFileMissing(
            f"there is no configuration file {os.fspath(path)!r}{also}{looked}; "
            "copy OAI_CONFIG_LIST.sample.json there and put your keys in"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = None  # the error object holds the whole file, so it is not chained
    if text is None:
        raise ConfigError(f"{os.fspath(path)}: not UTF-8 text; save it as UTF-8")
    return _parsed(text, os.fspath(path))


def filter_config(
    config_list: Iterable[dict[str, Any]],
    filter_dict: FilterDict | None,
    exclude: bool = False,
) -> list[dict[str, Any]]:
    """Return the entries that meet every criterion, or with `exclude` those that meet none.

    A criterion is a field with the values it may have. A field that is a list, such as tags, meets
    it with any of its items; a missing field meets it if None is among the values.
    """
    if not filter_dict:
        return list(config_list)
    wanted = {name: _accepted(values) for name, values in filter_dict.items()}
    return [
        entry
        for entry in config_list
        if all(_meets(entry.get(name), values) != exclude for name, values in wanted.items())
    ]


def _accepted(values: Any) -> list[Any]:
    if isinstance(values, (list, tuple, set, frozenset)):
        return list(cast(Iterable[Any], values))
    return [values]


def _meets(value: Any, accepted: list[Any]) -> bool:
    if isinstance(value, (list, tuple)):
        return any(item in accepted for item in cast(Sequence[Any], value))
    return value in accepted


def _located(name: StrPath, folder: StrPath | None) -> StrPath:
    return Path(folder) / name if folder else name


def _parsed(text: str, origin: str) -> list[dict[str, Any]]:
    """Read a list of entries; no error shows what the text holds."""
    found = _unwrapped(_json(text, origin), origin)
    if not isinstance(found, list):
        raise ConfigError(f"{origin}: expected a list of entries, [{{...}}, {{...}}], found {_kind(found)}")
    entries: list[dict[str, Any]] = []
    for number, item in enumerate(cast(list[Any], found), 1):
        if not isinstance(item, dict):
            raise ConfigError(f"{origin}, entry {number}: expected an object {{...}}, found {_kind(item)}")
        entries.append(LoadedEntry(cast(dict[str, Any], item), f"{origin}, entry {number}"))
    return entries


def _json(text: str, origin: str) -> Any:
    import json

    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        # The error object holds the whole text, keys and all, so it is not chained.
        fault = f"not valid JSON: line {error.lineno}, column {error.colno}: {error.msg}{_way_out(error)}"
    except RecursionError:
        fault = "nested too deeply"
    raise ConfigError(f"{origin}: {fault}")


def _way_out(error: JSONDecodeError) -> str:
    """Return what to do about the usual mistakes: comments, single quotes, a comma too many."""
    line = "".join(error.doc.splitlines()[error.lineno - 1 : error.lineno])
    there = line[error.colno - 1 : error.colno]
    if line.lstrip().startswith(("//", "#", "/*")):
        return "; JSON has no comments, remove the line"
    if there == "'":
        return "; JSON wants double quotes"
    return "; remove the comma before it" if there in ("]", "}") else ""


def _unwrapped(found: Any, origin: str) -> Any:
    """Return the list of entries where it stands in an object, under config_list."""
    if not isinstance(found, dict) or "config_list" not in found:
        return cast(Any, found)
    wrapper = cast(dict[str, Any], found)
    if strange := [name for name in wrapper if name not in ("config_list", "$schema")]:
        raise ConfigError(
            f"{origin}: beside config_list stands {shown(strange[0])}; an object in a configuration file has only "
            "config_list and $schema, everything else goes into the entries or into LLMConfig.from_json(...)"
        )
    return wrapper["config_list"]


def _kind(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "a number"
    return {"dict": "an object", "list": "a list", "str": "a text", "bool": "a flag"}.get(type(value).__name__, "null")
