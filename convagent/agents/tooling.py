"""How tools get to an agent: proposed by its model, executed by it, or both."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal, cast

from ..errors import ConfigError, UsageError
from ..tools.tool import Tool, as_tool, check_name
from .core import AgentCore

ToolLike = Tool | Callable[..., Any]


class ToolMethods(AgentCore):
    """The classic ways to register tools, and ours."""

    @property
    def tools(self) -> list[Tool]:
        """The tools its model may call: those another agent executes, then its own."""
        return [*self.llm_tools, *self.own_tools.values()]

    @property
    def function_map(self) -> dict[str, Callable[..., Any]]:
        """The functions it executes for others, by name."""
        return {name: tool.fn for name, tool in self.executable.items()}

    def can_execute_function(self, name: list[str] | str) -> bool:
        """Return whether it executes all of these."""
        names = [name] if isinstance(name, str) else name
        return all(n in self.executable for n in names)

    def add_tool(self, tool: ToolLike) -> Tool:
        """Give its model a tool that it executes itself, inside its turn."""
        made = as_tool(tool)
        self.own_tools[made.name] = made
        self._schemas = None
        return made

    def register_for_llm(
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        api_style: Literal["function", "tool"] = "tool",
        silent_override: bool = False,
    ) -> Callable[[ToolLike], Tool]:
        """Return a decorator that lets its model propose calls of a function, which another agent executes.

        Raises:
            UsageError: the agent has no model.
            ConfigError: the name is refused by endpoints, or the function has no description.
        """
        if api_style not in ("function", "tool"):
            raise ConfigError(f"api_style={api_style!r} is not one of tool, function")

        def register(function: ToolLike) -> Tool:
            if not self.llm_config:
                raise UsageError(
                    f"agent {self.name!r} has no model that could call {name or function!r}; give it an llm_config"
                )
            tool = as_tool(function, name=name, description=description, classic=True)
            if tool.name in self.llm_tools and not silent_override:
                _warn_override(tool.name)
            self.llm_tools.add(tool)
            return tool

        return register

    def register_for_execution(
        self,
        name: str | None = None,
        description: str | None = None,
        *,
        serialize: bool = True,
        silent_override: bool = False,
        parallel: bool = False,
    ) -> Callable[[ToolLike], Tool]:
        """Return a decorator that lets it execute a function when another agent proposes a call.

        Args:
            name: how the function is called; default: its own name.
            description: for the schema, if the function has none.
            serialize: kept for the classic signature; results are always serialised.
            silent_override: whether to replace a function of that name without a warning.
            parallel: whether several calls of one reply may run together, in worker threads. In
                a synchronous chat they else run one after another in the caller's thread.
        """

        def register(function: ToolLike) -> Tool:
            tool = as_tool(function, name=name, description=description, classic=True, parallel=parallel or None)
            if tool.name in self.executable and not silent_override:
                _warn_override(tool.name)
            self.executable[tool.name] = tool
            return tool

        return register

    def register_function(
        self, function_map: dict[str, Callable[..., Any] | None], silent_override: bool = False
    ) -> None:
        """Let it execute functions, by name; None removes one."""
        for name, function in function_map.items():
            check_name(name)
            if function is None:
                if self.executable.pop(name, None) is None:
                    warnings.warn(f"The function {name} to remove doesn't exist", stacklevel=2)
                continue
            if name in self.executable and not silent_override:
                _warn_override(name)
            self.executable[name] = as_tool(function, name=name, classic=True)

    def update_tool_signature(
        self, tool_sig: str | dict[str, Any], is_remove: bool = False, silent_override: bool = False
    ) -> None:
        """Add a tool by its schema for its model, or remove one by name or schema.

        Raises:
            UsageError: the agent has no model, or there is no such tool to remove.
        """
        if not self.llm_config:
            raise UsageError(f"agent {self.name!r} has no model; give it an llm_config before its tools")
        name = _signature_name(tool_sig)
        if is_remove:
            if self.llm_tools.remove(name) is None:
                raise UsageError(f"agent {self.name!r} has no tool {name!r} to remove")
            return
        if isinstance(tool_sig, str):
            raise ConfigError(f"tool signature {tool_sig!r} is a string; expected a dict with 'function'")
        if name in self.llm_tools and not silent_override:
            _warn_override(name)
        self.llm_tools.add(as_tool({"function": tool_sig["function"], "fn": _executed_elsewhere}, classic=True))

    def update_function_signature(
        self, func_sig: str | dict[str, Any], is_remove: bool = False, silent_override: bool = False
    ) -> None:
        """Add a function by its schema in the older form, or remove one."""
        wrapped = func_sig if isinstance(func_sig, str) else {"type": "function", "function": func_sig}
        self.update_tool_signature(cast(Any, wrapped), is_remove, silent_override)

    def remove_tool_for_llm(self, tool: Tool) -> None:
        """Take a tool away from its model.

        Raises:
            UsageError: it does not have that tool.
        """
        if self.llm_tools.remove(tool.name) is None:
            raise UsageError(f"agent {self.name!r} has no tool {tool.name!r} to remove")


def register_function(
    f: ToolLike, *, caller: ToolMethods, executor: ToolMethods, name: str | None = None, description: str
) -> None:
    """Let one agent's model propose calls of a function, and another agent execute them."""
    executor.register_for_execution(name=name, description=description)(
        caller.register_for_llm(name=name, description=description)(f)
    )


def _signature_name(signature: str | dict[str, Any]) -> str:
    if isinstance(signature, str):
        return signature
    function = cast("dict[str, Any]", signature.get("function") or {})
    name = function.get("name")
    if not name:
        raise ConfigError(
            f"tool signature {signature!r} has no name; expected {{'type': 'function', 'function': {{'name': ...}}}}"
        )
    return check_name(name)


def _warn_override(name: str) -> None:
    warnings.warn(f"Function '{name}' is being overridden.", UserWarning, stacklevel=3)


def _executed_elsewhere(**arguments: Any) -> str:
    raise UsageError("this tool is known by its schema only; another agent executes it")
