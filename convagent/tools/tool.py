"""Tools: functions that a model may call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, cast, overload

from .._keywords import says_what_it_takes
from ..action import Policy
from ..errors import ConfigError
from .arguments import Binder
from .naming import docstring_of, tool_name
from .rules import NO_RULES, ToolRules, check_arguments, tool_rules
from .signature import Signature, innermost, is_async, local_names, read_signature
from .toolset import ToolSet as ToolSet

Effect = Literal["read", "idempotent", "unsafe"]
"""What doing a thing twice means: nothing; the same as once; something else."""

EFFECTS = ("read", "idempotent", "unsafe")


class Tool:
    """A function with what a model must know to call it. Usually made by `tool`.

    Making one costs little: its JSON Schema and its validator are built on first use.
    """

    __slots__ = (
        "__weakref__",
        "_binder",
        "_is_async",
        "_local",
        "_parameters",
        "_raw",
        "_schema",
        "_signature",
        "classic",
        "description",
        "effect",
        "fn",
        "name",
        "parallel",
        "rules",
    )

    name: str
    description: str
    fn: Callable[..., Any]
    parallel: bool
    """Whether it may run beside other calls of the same reply."""
    effect: Effect
    """What calling it twice means; `unsafe` unless stated."""
    classic: bool
    """Whether it was registered the classic way: arguments that it does not declare are dropped, not refused."""
    rules: ToolRules
    """Who decides about its calls, and what they are shown."""

    def __init__(
        self,
        fn: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        parallel: bool = True,
        effect: Effect = "unsafe",
        parameters: Mapping[str, Any] | None = None,
        classic: bool = False,
        rules: ToolRules = NO_RULES,
    ) -> None:
        """Make a tool of a callable.

        Args:
            fn: a function, static method, method, partial, class or callable object, sync or async.
            name: what a model calls it; the function's own name if not given.
            description: what a model reads; the function's docstring if not given.
            parallel: see the attribute.
            effect: see the attribute.
            parameters: a JSON Schema of the arguments, which are then checked by it and not converted;
                made from the annotations if not given.
            classic: see the attribute.
            rules: see the attribute.

        Raises:
            ConfigError: the name cannot be sent to a model, or an argument is not what it should be.
        """
        if not callable(fn):
            raise ConfigError(f"{fn!r} is a {type(fn).__name__}; a tool is made of a function")
        if effect not in EFFECTS:
            from ..errors import one_of

            raise one_of("effect", effect, EFFECTS)
        code = innermost(fn)
        self.name = tool_name(name, fn, code)
        self.description = description if description is not None else docstring_of(fn, code)
        self.fn = cast(Any, fn).__func__ if isinstance(fn, staticmethod) else fn
        self.parallel = parallel
        self.effect = effect
        self.classic = classic
        self.rules = rules
        self._raw = parameters is not None
        self._parameters: dict[str, Any] | None = None
        if parameters is not None:
            from .raw import check_raw

            self._parameters = check_raw(parameters, self.name)
        self._local = local_names(self.fn)
        self._signature: Signature | None = None
        self._schema: dict[str, Any] | None = None
        self._binder: Binder | None = None
        self._is_async: bool | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of the arguments. Shared: read it, do not edit it.

        Raises:
            ConfigError: a parameter has no annotation, or one that has no JSON Schema.
        """
        if self._parameters is None:
            from .schema import parameters_of

            self._parameters = parameters_of(self._read(), self.name, self._local)
        return self._parameters

    @property
    def schema(self) -> dict[str, Any]:
        """What a model is sent: ``{"type": "function", "function": {...}}``. Shared: read it, do not edit it."""
        if self._schema is None:
            function = {"name": self.name, "description": self.description, "parameters": self.parameters}
            self._schema = {"type": "function", "function": function}
        return self._schema

    @property
    def is_async(self) -> bool:
        """Whether calling the function gives a coroutine."""
        if self._is_async is None:
            self._is_async = is_async(self.fn)
        return self._is_async

    @property
    def binder(self) -> Binder:
        """What turns the arguments of a call into a call of the function.

        Raises:
            ConfigError: the tool was given a JSON Schema that is not valid.
        """
        if self._binder is None:
            self._binder = self._make_binder()
        return self._binder

    def takes(self) -> list[str] | None:
        """Return the names of the arguments that a call may have; None: any."""
        schema: Mapping[str, Any] = self._parameters or {}
        described: list[str] = [*schema.get("properties", {})]
        closed = schema.get("additionalProperties") is False
        try:
            signature = self._read()
        except ConfigError:  # a built-in without one, or what `check` says more of
            return described if closed else None
        if signature.var_keyword is not None and not closed:
            return None
        named = [p.name for p in signature.params][_looks_like_method(self.fn) :]  # without `self`
        return list(dict.fromkeys([*described, *named, *signature.secrets]))

    def check(self) -> Tool:
        """Return the tool if its parameters are annotated; cheaper than asking for its schema.

        Raises:
            ConfigError: it names the parameters that are not.
        """
        if not self._raw:
            from .schema import check_annotations

            check_annotations(self._read(), self.name)
        return self

    def replace(
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        fn: Callable[..., Any] | None = None,
        parallel: bool | None = None,
        classic: bool | None = None,
    ) -> Tool:
        """Return a copy in which what is given here differs."""
        found = Tool(
            self.fn if fn is None else fn,
            name=self.name if name is None else name,
            description=self.description if description is None else description,
            parallel=self.parallel if parallel is None else parallel,
            effect=self.effect,
            parameters=self._parameters if self._raw else None,
            classic=self.classic if classic is None else classic,
            rules=self.rules,
        )
        found._local = found._local or self._local
        if fn is None:
            found._signature, found._parameters = self._signature, self._parameters
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, as if it had never become a tool."""
        return self.fn(*args, **kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Tool:
        """Bind a tool that was defined as a method; one whose function takes no `self` stays as it is."""
        if instance is None or not _looks_like_method(self.fn):
            return self
        return self.replace(fn=self.fn.__get__(instance, owner))

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """The function, for `inspect.signature` and its like."""
        return self.fn

    @property
    def __name__(self) -> str:
        """The name, where a function is expected."""
        return self.name

    def __repr__(self) -> str:
        return f"Tool({self.name!r})"

    def _read(self) -> Signature:
        if self._signature is None:
            self._signature = read_signature(self.fn, self.name, self._local)
        return self._signature

    def _make_binder(self) -> Binder:
        if self._raw:
            from .raw import raw_validator

            try:
                signature = self._read()
            except ConfigError:
                signature = None  # a built-in without one, which is why the schema was given
            return Binder(signature, raw_validator(self.parameters, self.name), drop=self.classic)
        from .schema import validator_of

        signature = self._read()
        try:
            hints = self.parameters
        except ConfigError:
            hints = {}  # executed without having been described to a model: `function_map`
        validate = validator_of(signature, self.name, self._local, drop=self.classic, parameters=hints)
        return Binder(signature, validate, drop=False)


@overload
def tool(fn: Callable[..., Any], /) -> Tool: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    parallel: bool = True,
    effect: Effect = "unsafe",
    parameters: Mapping[str, Any] | None = None,
    approval: Policy | Iterable[Policy] | None = None,
    preview: Callable[[dict[str, Any]], Any] | None = None,
    risk: str = "",
    impact: Callable[[dict[str, Any]], Any] | None = None,
    cleanup: Callable[[dict[str, Any]], Any] | None = None,
) -> Callable[[Callable[..., Any]], Tool]: ...
@overload
def tool(
    fn: Callable[..., Any],
    *,
    name: str | None = None,
    description: str | None = None,
    parallel: bool = True,
    effect: Effect = "unsafe",
    parameters: Mapping[str, Any] | None = None,
    approval: Policy | Iterable[Policy] | None = None,
    preview: Callable[[dict[str, Any]], Any] | None = None,
    risk: str = "",
    impact: Callable[[dict[str, Any]], Any] | None = None,
    cleanup: Callable[[dict[str, Any]], Any] | None = None,
) -> Tool: ...
@says_what_it_takes
def tool(
    fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    parallel: bool = True,
    effect: Effect = "unsafe",
    parameters: Mapping[str, Any] | None = None,
    approval: Policy | Iterable[Policy] | None = None,
    preview: Callable[[dict[str, Any]], Any] | None = None,
    risk: str = "",
    impact: Callable[[dict[str, Any]], Any] | None = None,
    cleanup: Callable[[dict[str, Any]], Any] | None = None,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a tool of a function: ``@tool``, ``@tool(effect="read")`` or ``tool(fn, name="other")``.

    Args:
        fn: the function; sync or async.
        name: what a model calls it; the function's own name if not given.
        description: what a model reads; the function's docstring if not given.
        parallel: False: it never runs beside another call of the same reply.
        effect: what calling it twice means: `read`, `idempotent`, or `unsafe`.
        parameters: a JSON Schema of the arguments, instead of the annotations.
        approval: who decides about its calls: ``when(arg.amount > 100, ask("clerk"))``.
        preview: makes of the arguments (a dict) what a person reads; default: a table of them.
        risk: a word for how bad a wrong call is; shown, and ``its.risk`` in policies.
        impact: estimates of the arguments what a call comes to; shown, and ``its.impact`` in policies.
        cleanup: is called with the arguments of a call that was broken off by ``stop(force=True)``.

    Raises:
        ConfigError: a name that cannot be sent, or a parameter without annotation.
    """

    def make(found: Callable[..., Any]) -> Tool:
        made = Tool(found, name=name, description=description, parallel=parallel, effect=effect, parameters=parameters)
        made.rules = tool_rules(made.name, approval, preview, risk, impact, cleanup)
        if made.rules.approval and (taken := made.takes()) is not None:
            check_arguments(made.name, made.rules, taken)
        return made if _looks_like_method(made.fn) else made.check()

    return make if fn is None else make(fn)


def _looks_like_method(fn: Callable[..., Any]) -> bool:
    """Tell whether a plain function will be bound later; its first parameter then needs no annotation."""
    names = getattr(getattr(fn, "__code__", None), "co_varnames", ())
    return inspect.isfunction(fn) and names[:1] in (("self",), ("cls",))
