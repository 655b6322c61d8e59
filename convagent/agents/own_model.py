"""The model of an agent: how it is configured, the client made of that, and which tools it is offered."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from ..errors import ConfigError
from ..models.base import ModelClient
from ..tools.tool import Tool, ToolSet


class OwnModel:
    """What an agent has of a model. What a model did in a run belongs to the run."""

    DEFAULT_CONFIG: ClassVar[Any] = False
    """The model configuration of agents that name none; False: none."""
    _name: str
    _model_classes: dict[str, Any]
    own_tools: dict[str, Tool]
    """Tools that its model may call, and that it executes itself."""
    llm_tools: ToolSet
    """Tools that its model may propose, and that another agent executes."""
    as_functions: set[str]
    """Those of `llm_tools` that its model is offered in the older form, as ``functions``."""

    @property
    def llm_config(self) -> Any:
        """Its model configuration: an `LLMConfig`, a `ModelClient`, or False."""
        return self._llm_config

    @llm_config.setter
    def llm_config(self, value: Any) -> None:
        from ..models.config import LLMConfig

        if value is None:
            value = LLMConfig.get_current_llm_config() or self.DEFAULT_CONFIG
        self._llm_config: Any = LLMConfig.coerce(value) or False
        self._client = None
        given = self._llm_config if isinstance(self._llm_config, LLMConfig) else None
        self._given_tools: list[dict[str, Any]] = list(given.get("tools") or ()) if given else []
        self._given_functions: list[dict[str, Any]] = list(given.get("functions") or ()) if given else []
        self._offer()
        first = next(iter(getattr(self._llm_config, "entries", ())), None)
        # A model client as first entry has no such fields: what stands beside the list holds for it.
        beside: Any = self._llm_config or {}
        self.streams = bool(getattr(first, "stream", beside.get("stream", False)))
        self.response_format: Any = getattr(first, "response_format", beside.get("response_format"))
        if self._llm_config and re.search(r"\s", self._name) and getattr(first, "api_type", "") == "openai":
            raise ConfigError(
                f"name={self._name!r} contains white space, which OpenAI endpoints refuse; "
                f"use {re.sub(r'[^a-zA-Z0-9_-]+', '_', self._name)!r}"
            )

    @property
    def client(self) -> ModelClient | None:
        """Its model, made from the configuration on first use; None without one.

        Raises:
            ConfigError: the configuration cannot be used: no key, an extra that is not installed.
        """
        if self._client is None and self._llm_config:
            if isinstance(self._llm_config, ModelClient):
                self._client = self._llm_config
            else:
                from ..models.resolve import client_for

                self._client = client_for(self._llm_config, self._model_classes or None)
        return self._client

    @property
    def tool_schemas(self) -> list[Any]:
        """The schemas of all tools its model may call."""
        mine = self.llm_tools.schemas()
        if not self.own_tools and not self._given_tools and not self.as_functions:
            return mine
        if self._schemas is None or self._schemas[0] != (mine, len(self.own_tools)):
            now = [schema for schema in mine if schema["function"]["name"] not in self.as_functions]
            registered = [*now, *(t.schema for t in self.own_tools.values())]
            names = {schema["function"]["name"] for schema in registered}
            given = [s for s in self._given_tools if s.get("function", {}).get("name") not in names]
            self._schemas = ((mine, len(self.own_tools)), [*given, *registered])
        return self._schemas[1]

    def _offer(self) -> None:
        """Offer its model what there is by now: after a change of the configured ones, or of functions."""
        self._schemas: tuple[Any, list[Any]] | None = None
        mine = [t.schema["function"] for t in self.llm_tools if t.name in self.as_functions]
        functions = [*(f for f in self._given_functions if f.get("name") not in self.as_functions), *mine]
        self.request_options: dict[str, Any] = {"functions": functions} if functions else {}
