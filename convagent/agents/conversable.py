"""ConversableAgent: an agent that talks with other agents, models, tools and people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import one_of
from ..events import UsageSummaryEvent
from ..messages import content_text
from ..tools.as_tool import as_tool
from ..tools.tool import Tool
from . import builtin
from .code_reply import code_reply
from .overrides import Overrides
from .replies import ANYBODY, ReplyFunction
from .running import RunMethods

OVERRIDABLE = (
    "get_human_input", "generate_reply", "send", "receive", "generate_init_message", "execute_function",
    "execute_code_blocks", "run_code",
)  # fmt: skip


class ConversableAgent(RunMethods):
    """An agent that talks with other agents, models, tools and people.

    Its behaviour and names are those of AutoGen 0.2 ("classic" AG2), for which a large body of
    scripts was written; see `docs/migrating.md` for what differs on purpose. Subclass it and
    override `generate_reply`, `get_human_input`, `send` or `receive`, as plain functions or as
    their ``a_`` twins, with or without ``super()``.
    """

    overrides: Overrides

    def _register_builtins(self) -> None:
        runs_code = ("code",) if self.coder is not None else ()
        for name in ("oai", *runs_code, "function_call", "tool_calls", "human"):
            func, implementation = _CHAIN[name]
            self.replies.register(ReplyFunction(ANYBODY, func, builtin=implementation))

    # ------------------------------------------------------------ nested chats

    def register_nested_chats(
        self,
        chat_queue: list[dict[str, Any]],
        trigger: Any,
        reply_func_from_nested_chats: str | Callable[..., Any] = "summary_from_nested_chats",
        position: int = 2,
        use_async: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Reply to a trigger with the outcome of a queue of chats, held inside the turn.

        Args:
            chat_queue: as for `initiate_chats`; ``sender`` defaults to this agent, the first message
                to the last one received. A ``message`` function gets (recipient, messages, sender, config).
            trigger: whose messages start it, as for `register_reply`.
            reply_func_from_nested_chats: the default replies with the last chat's summary; or a function
                of (chat_queue, recipient, messages, sender, config) that returns (final, reply).
            position: where in the chain of reply functions.
            use_async: whether chats run side by side, each with a ``chat_id`` and ``prerequisites``.
            **kwargs: ``config`` and ``reset_config`` as for `register_reply`.
        """
        from .nested import nested_reply

        reply = nested_reply(chat_queue, reply_func_from_nested_chats, bool(use_async))
        self.register_reply(trigger, reply, position, kwargs.get("config"), kwargs.get("reset_config"))

    # ------------------------------------------------------------ models

    def register_model_client(self, model_client_cls: Any, **kwargs: Any) -> None:
        """Supply the class that entries name as ``model_client_cls``; it is made with the entry and `kwargs`."""
        from ..models.custom import CustomClass

        name = getattr(model_client_cls, "__name__", str(model_client_cls))
        self._model_classes[name] = CustomClass(model_client_cls, kwargs)
        self._client = None

    def get_actual_usage(self) -> dict[str, Any] | None:
        """Return what its models cost, without cached replies; None before the first."""
        return self.usage.actual

    def get_total_usage(self) -> dict[str, Any] | None:
        """Return what its models cost, with cached replies counted; None before the first."""
        return self.usage.total

    def print_usage_summary(self, mode: str | Sequence[str] = ("actual", "total")) -> None:
        """Show what its models cost, through the current IOStream.

        Raises:
            ConfigError: a mode is none of ``actual``, ``total``, ``both``.
        """
        from ..iostream import IOStream

        modes = {mode} if isinstance(mode, str) else set(mode)
        for word in modes - {"actual", "total", "both"}:
            raise one_of("mode", word, ("actual", "total", "both"))
        word = "both" if {"actual", "total"} <= modes or "both" in modes else next(iter(modes))
        never: dict[str, Any] | None = {} if self.client is not None else None  # no model is not "never asked"
        actual, total = self.usage.actual or never, self.usage.total or never
        IOStream.get_default().send(UsageSummaryEvent(mode=word, actual=actual, total=total, agent=self.name))

    # ------------------------------------------------------------ the user of a run without recipient

    def make_user(self, tools: Any, asks: bool, executor_kwargs: Mapping[str, Any]) -> ConversableAgent:
        """Return the agent that stands for the user in a run without recipient, and executes the tools."""
        given: dict[str, Any] = {
            "name": "user",
            "human_input_mode": "ALWAYS" if asks else "NEVER",
            "llm_config": False,
            "is_termination_msg": _mentions_terminate,
            **executor_kwargs,
        }
        user = ConversableAgent(**given)
        found: list[Any] = [tools] if isinstance(tools, Tool) or callable(tools) else list(tools or ())
        made = [as_tool(tool, classic=True) for tool in found]
        for tool in [*self.llm_tools, *made]:
            user.register_for_execution(silent_override=True)(tool)
        user.lent_tools = [tool for tool in made if tool.name not in self.llm_tools]
        return user


def _mentions_terminate(message: Mapping[str, Any]) -> bool:
    return "TERMINATE" in content_text(message.get("content"))


_CHAIN: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "oai": (ConversableAgent.generate_oai_reply, builtin.model_reply),
    "code": (ConversableAgent.generate_code_execution_reply, code_reply),
    "function_call": (ConversableAgent.generate_function_call_reply, builtin.function_reply),
    "tool_calls": (ConversableAgent.generate_tool_calls_reply, builtin.tool_reply),
    "human": (ConversableAgent.check_termination_and_human_reply, builtin.human_reply),
}
ConversableAgent.overrides = Overrides(ConversableAgent, OVERRIDABLE)
