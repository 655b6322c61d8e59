"""How tools get to an agent: proposed by its model, executed by it, or both."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal, cast

from ..errors import ConfigError, UsageError
from ..tools.as_tool import as_tool
from ..tools.naming import check_name
from ..tools.tool import Tool
from .handoff_methods import HandoffMethods

ToolLike = Tool | Callable[..., Any]


class ToolMethods(HandoffMethods):
    """The classic ways to register tools, and ours."""

    @property
    def tools(self) -> list[Tool]:
        """The tools its model may call: those another agent executes, then its own."""
        return [*self.llm_tools, *self.own_tools.values()]

    @property
    def executes(self) -> list[Tool]:
        """The tools that it executes, for others or for its own model, and what runs code for it."""
        code = [self.coder.tool] if self.coder is not None else []
        return [*self.executable.values(), *self.lent_tools, *self.own_tools.values(), *code]

    @property
    def function_map(self) -> dict[str, Callable[..., Any]]:
        """The functions it executes for others, by name."""
        return {name: tool.fn for name, tool in self.executable.items()}

    def can_execute_function(self, name: list[str] | str) -> bool:
        """Return whether it executes all of these."""
        names = [name] if isinstance(name, str) else name
        return all(n in self.executable for n in names)

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
            self._let_propose(tool, silent_override, api_style == "function")
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
        if is_remove:
            self._forget_tool(_signature_name(tool_sig))
        else:
            self._let_propose(_known_by_schema(tool_sig), silent_override)

    def update_function_signature(
        self, func_sig: str | dict[str, Any], is_remove: bool = False, silent_override: bool = False
    ) -> None:
        """Add a function by its schema, offered in the older form as ``functions``, or remove one."""
        wrapped: Any = func_sig if isinstance(func_sig, str) else {"type": "function", "function": func_sig}
        if is_remove or not self.llm_config:
            self.update_tool_signature(wrapped, is_remove, silent_override)
        else:
            self._let_propose(_known_by_schema(wrapped), silent_override, as_function=True)

    def remove_tool_for_llm(self, tool: Tool) -> None:
        """Take a tool away from its model.

        Raises:
            UsageError: it does not have that tool.
        """
        self._forget_tool(tool.name)

    def _let_propose(self, tool: Tool, silent: bool, as_function: bool = False) -> None:
        self._check_approval(tool)
        if not silent and (tool.name in self.llm_tools or tool.name in self._given_names()):
            _warn_override(tool.name, stacklevel=4)
        self.llm_tools.add(tool)
        if as_function:
            self.as_functions.add(tool.name)
        elif tool.name in self.as_functions:
            self.as_functions.remove(tool.name)
        self._offer()

    def _forget_tool(self, name: str) -> None:
        """Take a tool away from its model, be it registered or written in its configuration."""
        if self.llm_tools.remove(name) is None and name not in self._given_names():
            raise UsageError(f"agent {self.name!r} has no tool {name!r} to remove")
        self._given_tools = [s for s in self._given_tools if s.get("function", {}).get("name") != name]
        self._given_functions = [f for f in self._given_functions if f.get("name") != name]
        self.as_functions.discard(name)
        self._offer()

    def _given_names(self) -> set[Any]:
        functions = [*(s.get("function") or {} for s in self._given_tools), *self._given_functions]
        return {f.get("name") for f in functions}


def register_function(
    f: ToolLike, *, caller: ToolMethods, executor: ToolMethods, name: str | None = None, description: str
) -> None:
    """Let one agent's model propose calls of a function, and another agent execute them."""
    executor.register_for_execution(name=name, description=description)(
        caller.register_for_llm(name=name, description=description)(f)
    )


def _known_by_schema(signature: str | dict[str, Any]) -> Tool:
    if isinstance(signature, str):
        raise ConfigError(f"tool signature {signature!r} is a string; expected a dict with 'function'")
    _signature_name(signature)
    return as_tool({"function": signature["function"], "fn": _executed_elsewhere}, classic=True)


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


def _warn_override(name: str, stacklevel: int = 3) -> None:
    warnings.warn(f"Function '{name}' is being overridden.", UserWarning, stacklevel=stacklevel)


def _executed_elsewhere(**arguments: Any) -> str:
    raise UsageError("this tool is known by its schema only; another agent executes it")
