"""The two agents most scripts start with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from ..oversight.input_mode import HumanInputMode
from .conversable import ConversableAgent


class AssistantAgent(ConversableAgent):
    """An agent that solves tasks with its model and never asks the person."""

    DEFAULT_SYSTEM_MESSAGE: ClassVar[str] = (
        "You are a helpful AI assistant.\n"
        "Solve the task with what you know and the tools you are given. Explain a plan before a task of "
        "several steps, and say which step you are at.\n"
        "When something fails, find out why, correct it and try again; say what you assumed. Check the "
        "result before you report it, and name the evidence where you can.\n"
        'Reply "TERMINATE" in the end when everything is done.'
    )
    DEFAULT_DESCRIPTION: ClassVar[str] = (
        "A helpful and general-purpose AI assistant with strong language skills that solves tasks step by step."
    )

    def __init__(
        self,
        name: str,
        system_message: str | None = DEFAULT_SYSTEM_MESSAGE,
        llm_config: Any = None,
        is_termination_msg: Callable[[dict[str, Any]], bool] | None = None,
        max_consecutive_auto_reply: int | None = None,
        human_input_mode: HumanInputMode = "NEVER",
        description: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Make an assistant; the arguments are those of `ConversableAgent`, with its own defaults."""
        if description is None and system_message == self.DEFAULT_SYSTEM_MESSAGE:
            description = self.DEFAULT_DESCRIPTION
        super().__init__(
            name,
            system_message,
            is_termination_msg,
            max_consecutive_auto_reply,
            human_input_mode,
            llm_config=llm_config,
            description=description,
            **kwargs,
        )


class UserProxyAgent(ConversableAgent):
    """An agent that stands for a person: asks them at every message, executes tools, has no model.

    It runs no code unless `code_execution_config` says how: the classic ran any message's blocks by default.
    """

    DEFAULT_USER_PROXY_AGENT_DESCRIPTIONS: ClassVar[Mapping[str, str]] = {
        "ALWAYS": "An attentive HUMAN user who can answer questions about the task, and can perform tasks such as "
        "executing tools and reporting back the results.",
        "TERMINATE": "A user that can execute tools and report back the results.",
        "NEVER": "A computer terminal that performs no other action than executing tools (provided to it) "
        "and reporting back the results.",
    }

    def __init__(
        self,
        name: str,
        is_termination_msg: Callable[[dict[str, Any]], bool] | None = None,
        max_consecutive_auto_reply: int | None = None,
        human_input_mode: HumanInputMode = "ALWAYS",
        function_map: dict[str, Callable[..., Any]] | None = None,
        code_execution_config: dict[str, Any] | Literal[False] | None = False,
        default_auto_reply: str | dict[str, Any] = "",
        llm_config: Any = False,
        system_message: str | list[dict[str, Any]] | None = "",
        description: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Make a user proxy; the arguments are those of `ConversableAgent`, with its own defaults."""
        super().__init__(
            name,
            system_message,
            is_termination_msg,
            max_consecutive_auto_reply,
            human_input_mode,
            function_map,
            code_execution_config,
            llm_config,
            default_auto_reply,
            description=description
            if description is not None
            else self.DEFAULT_USER_PROXY_AGENT_DESCRIPTIONS.get(human_input_mode, ""),
            **kwargs,
        )
