"""LLMConfig: which models an agent may ask, and how."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast

from ..errors import ConfigError
from .base import ModelClient
from .config_entries import (
    HERE,
    ConfigItem,
    EntryView,
    beside_the_list,
    entry_of,
    flat,
    hint_for_text,
    is_client,
    missing,
    place_of,
    values_of,
)
from .entry import Entry, Secret, revealed
from .fields import FIELDS
from .masking import MASK, MaskedDict, masked, shown
from .validate import checked

if TYPE_CHECKING:
    from .config_files import FilterDict, StrPath

_current: ContextVar[tuple[LLMConfig, ...]] = ContextVar("convagent_llm_config", default=())


class _Current:
    """The attribute `LLMConfig.current`."""

    def __get__(self, instance: object, owner: type[LLMConfig]) -> LLMConfig:
        found = owner.get_current_llm_config()
        if found is None:
            raise ConfigError("no LLMConfig is current; use LLMConfig.current inside `with llm_config:`")
        return found


class LLMConfig:
    """Which models an agent may ask, in order, and with which parameters.

    Entries stand in `config_list` or as positional arguments: mappings of fields, or model clients.
    Every keyword is a value for all entries, and an entry's own value wins; None means not set.
    Without entries the keywords themselves are the one entry.

        LLMConfig(model="gpt-4o", temperature=0)
        LLMConfig({"model": "gpt-4o"}, {"model": "llama3", "base_url": "http://localhost:11434/v1"}, temperature=0)

    A parameter that is not known is passed to the endpoint, unless its name looks like a misspelling
    of a known one. Keys are read from the service's variable (OPENAI_API_KEY, ...) where none is given.

    Raises:
        ConfigError: no entry, or a field that is not right; the text names where it stands and what
            is accepted, and never shows a key.
    """

    current = _Current()
    """The configuration of the innermost `with` block."""

    def __init__(
        self,
        *configs: ConfigItem | Sequence[ConfigItem] | None,
        config_list: ConfigItem | Sequence[ConfigItem] | None = None,
        model: str | None = None,
        api_type: str | None = None,
        api_key: str | Secret | None = None,
        base_url: str | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        max_tokens: int | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
        seed: int | None = None,
        cache_seed: int | str | None = None,
        stream: bool | None = None,
        response_format: Any = None,
        parallel_tool_calls: bool | None = None,
        tools: Iterable[Any] | None = None,
        functions: Iterable[Any] | None = None,
        routing_method: Literal["fixed_order", "round_robin"] | None = None,
        **more: Any,
    ) -> None:
        keywords: dict[str, Any] = {
            "model": model, "api_type": api_type, "api_key": api_key, "base_url": base_url,
            "temperature": temperature, "top_p": top_p, "max_tokens": max_tokens, "timeout": timeout,
            "max_retries": max_retries, "seed": seed, "cache_seed": cache_seed, "stream": stream,
            "response_format": response_format, "parallel_tool_calls": parallel_tool_calls,
            "tools": tools, "functions": functions, "routing_method": routing_method, **more,
        }  # fmt: skip
        items = [*flat(configs, "an argument"), *flat([config_list], "config_list")]
        if len(items) == 1 and isinstance(items[0], Mapping) and "config_list" in items[0]:
            whole = dict(items[0])
            items = flat([whole.pop("config_list")], "config_list")
            keywords = {**whole, **{k: v for k, v in keywords.items() if v is not None}}
        self._set(items, keywords)

    def _set(self, items: Sequence[ConfigItem], keywords: Mapping[str, Any]) -> None:
        """Check everything, report all faults at once, and take it over."""
        shared, wrong = checked(keywords)
        faults = [f"{HERE}: {fault}" for fault in wrong]
        own: list[dict[str, Any] | ModelClient] = []
        for number, item in enumerate(items or [{}], 1):
            if not isinstance(item, Mapping):
                own.append(item)
                continue
            place = getattr(item, "origin", None) or (f"{HERE}, entry {number}" if items else HERE)
            values, wrong = checked(item)
            if len(items) > 1:
                wrong += _misplaced(values)
            else:  # one entry: its values and those for all entries are the same thing
                shared.update(values)
                values = {}
            if not wrong and not faults:
                wrong += missing({**shared, **values})
            own.append(values)
            faults += [f"{place}: {fault}" for fault in wrong]
        if shared.get("allow_format_str_template"):
            faults.append(
                f"{HERE}: allow_format_str_template=True is not supported; "
                "fill the text in before it is sent, or make the message's content a function of its context"
            )
        if faults:
            _refuse(faults)
        put = object.__setattr__
        put(self, "_shared", shared)
        put(self, "_own", tuple(own))
        put(self, "_entries", tuple(entry_of({**shared, **o}) if isinstance(o, dict) else o for o in own))
        put(self, "clients", {})

    _shared: dict[str, Any]
    _own: tuple[dict[str, Any] | ModelClient, ...]
    _entries: tuple[Entry | ModelClient, ...]
    clients: dict[Any, ModelClient]
    """What `resolve.client_for` has made of this configuration; copies share it."""

    # ------------------------------------------------------------ making one

    @classmethod
    def coerce(cls, value: LLMConfig | ConfigItem | Sequence[ConfigItem] | Literal[False] | None) -> LLMConfig | None:
        """Return what an agent was given as `llm_config` as a configuration, or None for no model.

        None means the configuration of the `with` block around, if there is one; False means no model.

        Raises:
            ConfigError: it is none of an LLMConfig, a mapping, a list of entries, a model client, False, None.
        """
        if value is None:
            return cls.get_current_llm_config()
        if value is False:
            return None
        if isinstance(value, LLMConfig):
            return value.copy()
        if isinstance(value, (Mapping, list, tuple)) or is_client(value):
            return cls(value)
        raise ConfigError(
            f"llm_config is {shown(value)}; expected an LLMConfig, a dict, a list of entries, a model client, "
            f"or False for no model{hint_for_text(value)}"
        )

    ensure_config = coerce

    @classmethod
    def from_json(
        cls,
        *,
        env: str | None = None,
        path: StrPath | None = None,
        file_location: StrPath | None = None,
        filter_dict: FilterDict | None = None,
        **kwargs: Any,
    ) -> LLMConfig:
        """Read the entries from a file or a variable.

        Args:
            env: name of an environment variable that holds the JSON or the path of a file; if there
                is none, the file of that name.
            path: a file. A variable of the same name is not looked at.
            file_location: the folder of the file.
            filter_dict: which entries to take, see `filter_config`.
            kwargs: values for all entries.

        Raises:
            ConfigFileMissing: there is no such file or variable.
            ConfigError: it is not a list of right entries, or no entry meets the filter.
        """
        if (env is None) == (path is None):
            raise ConfigError("LLMConfig.from_json: expected one of path=... (a file) and env=... (a variable)")
        from pathlib import Path

        from .config_files import config_list_from_json, entries_from_file, filter_config

        if path is not None:
            file = Path(file_location) / path if file_location else Path(path)
            entries = filter_config(entries_from_file(file), filter_dict)
        else:
            entries = config_list_from_json(cast(str, env), file_location, filter_dict)
        if not entries:
            where = env if path is None else path
            if filter_dict:
                raise ConfigError(f"{where}: no entry meets the filter {_shown_filter(filter_dict)}")
            raise ConfigError(f"{where}: the list is empty; expected entries such as {{'model': ...}}")
        return cls(*entries, **kwargs)

    @classmethod
    def from_env(cls, **kwargs: Any) -> LLMConfig | None:
        """Return the configuration that the environment describes, or None if it describes none.

        In this order: OPENAI_API_KEY (with OPENAI_MODEL and OPENAI_BASE_URL if set); AZURE_OPENAI_API_KEY
        with AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_DEPLOYMENT; OPENAI_BASE_URL alone, for a local
        server that wants no key, with OPENAI_MODEL.

        Raises:
            ConfigError: a variable is set and one that it needs is not.
        """
        from .config_env import entry_from_env

        entry = entry_from_env()
        return None if entry is None else cls(entry, **kwargs)

    def where(self, *, exclude: bool = False, **criteria: Any) -> LLMConfig:
        """Return a configuration of those entries only that meet every criterion, see `filter_config`.

        Raises:
            ConfigError: no entry is left.
        """
        from .config_files import filter_config

        numbered = [
            {**(item if isinstance(item, EntryView) else {}), _NUMBER: i} for i, item in enumerate(self.config_list)
        ]
        kept: list[int] = [entry[_NUMBER] for entry in filter_config(numbered, criteria, exclude)]
        if not kept:
            how = "is left when those are excluded that meet" if exclude else "meets"
            raise ConfigError(f"no entry of the configuration {how} {_shown_filter(criteria)}")
        return self._made([self._own[i] for i in kept], self._shared)

    def copy(self, **changes: Any) -> LLMConfig:
        """Return a copy, with other values for all entries if given; of several entries each one's own still wins.

        A copy without changes shares the clients of the original.
        """
        if changes:
            return self._made(self._own, {**self._shared, **changes})
        made = object.__new__(type(self))
        for name in ("_shared", "_own", "_entries", "clients"):
            object.__setattr__(made, name, getattr(self, name))
        return made

    @classmethod
    def _made(cls, items: Sequence[ConfigItem], keywords: Mapping[str, Any]) -> LLMConfig:
        made = object.__new__(cls)
        made._set(items, keywords)
        return made

    def __copy__(self) -> LLMConfig:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> LLMConfig:
        # Values are never edited in place, and clients cannot be copied: what a copy shares, it may share.
        return self.copy()

    deepcopy = __copy__

    def __reduce__(self) -> Any:
        return type(self)._made, (self._own, self._shared)

    # ------------------------------------------------------------ with

    def __enter__(self) -> LLMConfig:
        _current.set((*_current.get(), self))
        return self

    def __exit__(self, *_: object) -> None:
        _current.set(_current.get()[:-1])

    @classmethod
    def get_current_llm_config(cls, llm_config: LLMConfig | None = None) -> LLMConfig | None:
        """Return `llm_config` if given, else that of the innermost `with` block, else None."""
        if llm_config is not None:
            return llm_config
        stack = _current.get()
        return stack[-1].copy() if stack else None

    # ------------------------------------------------------------ reading

    @property
    def entries(self) -> tuple[Entry | ModelClient, ...]:
        """The entries as clients are made from them; an entry's own values have won over the list's."""
        return self._entries

    @property
    def config_list(self) -> list[EntryView | ModelClient]:
        """The entries as mappings, each with the values that count."""
        return [EntryView(values_of(self._shared, o)) if isinstance(o, dict) else o for o in self._own]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value of the whole list, or the default if it is not set."""
        if name == "config_list":
            return self.config_list
        return revealed(self._shared[name]) if name in self._shared else default

    def __getitem__(self, name: str) -> Any:
        if name in self:
            return self.get(name)
        if name in FIELDS:
            return None
        raise KeyError(f"an LLMConfig has no field {name!r}")

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            if name in self:
                return self.get(name)
            if name in FIELDS:
                return None
        raise AttributeError(f"an LLMConfig has no field {name!r}")

    def __contains__(self, name: object) -> bool:
        return name == "config_list" or name in self._shared

    def __setitem__(self, name: str, value: Any) -> None:
        """Set a value for all entries; clients that exist are not changed, later ones are made anew."""
        if name == "config_list":
            # The endpoint and key of one entry are no matter of the entries that replace it.
            self._set(flat([value], "config_list"), {k: v for k, v in self._shared.items() if beside_the_list(k)})
        else:
            self._set(self._own, {**self._shared, name: value})

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def keys(self) -> KeysView[str]:
        """Return the names of what is set."""
        return self.model_dump().keys()

    def values(self) -> ValuesView[Any]:
        """Return what is set."""
        return self.model_dump().values()

    def items(self) -> ItemsView[str, Any]:
        """Return names and values of what is set; secrets are `Secret` objects."""
        return self.model_dump().items()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def model_dump(self, **_: Any) -> dict[str, Any]:
        """Return everything as a dict that `LLMConfig(**...)` takes back; secrets are `Secret` objects."""
        entries = [view.model_dump() if isinstance(view, EntryView) else view for view in self.config_list]
        beside = {name: value for name, value in self._shared.items() if beside_the_list(name)}
        return MaskedDict({"config_list": entries, **beside})

    def model_dump_json(self, *, indent: int | None = None, **_: Any) -> str:
        """Return everything as JSON text, with asterisks in place of secrets."""
        import json

        return json.dumps(masked(self.model_dump()), indent=indent, default=_plain)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LLMConfig):
            return NotImplemented
        return self._entries == other._entries and _list_wide(self._shared) == _list_wide(other._shared)

    __hash__ = None  # pyright: ignore[reportAssignmentType] # values may be set

    def __repr__(self) -> str:
        parts = (f"{name}={masked(value)!r}" for name, value in self.model_dump().items())
        return f"LLMConfig({', '.join(parts)})"


_NUMBER = "\0number"


def _refuse(faults: Sequence[str]) -> NoReturn:
    if len(faults) == 1:
        raise ConfigError(faults[0])
    raise ConfigError(f"{len(faults)} faults in the model configuration:" + "".join(f"\n  {f}" for f in faults))


def _misplaced(values: Iterable[str]) -> list[str]:
    """Return what is wrong with the values of one entry among several: some belong to all of them."""
    return [
        f"{name} belongs to the whole configuration, not to an entry: LLMConfig(..., {name}=...)"
        for name in values
        if place_of(name) == "list"
    ]


def _list_wide(shared: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shared.items() if place_of(name) == "list"}


def _shown_filter(criteria: Mapping[str, Any] | None) -> str:
    """Return a filter as an error message may show it."""
    return ", ".join(f"{name}={masked(value, name)!r}" for name, value in (criteria or {}).items())


def _plain(value: object) -> str:
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, type):
        return value.__name__
    return cast(str, getattr(value, "label", None) or f"<{type(value).__name__}>")
