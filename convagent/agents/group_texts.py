"""What is said in a group chat about the group: to its members, and to the model that chooses a speaker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from ..agent import Agent
from ..errors import ConfigError
from ..messages import Message
from ..models.base import ModelClient
from ..patterns.by_model import SELECTOR

if TYPE_CHECKING:
    from .conversable import ConversableAgent

# These texts are the classic's, to the character: requests to models stay what they were.
INTRODUCTION = (
    "Hello everyone. We have assembled a great team today to answer questions and solve tasks. In attendance are:"
)
MESSAGE = """You are in a role play game. The following roles are available:
                {roles}.
                Read the following conversation.
                Then select the next role from {agentlist} to play. Only return the role."""
PROMPT = "Read the above conversation. Then select the next role from {agentlist} to play. Only return the role."
_RULES = """To determine the speaker use these prioritised rules:
    1. If the context refers to themselves as a speaker e.g. "As the..." , choose that speaker's name
    2. If it refers to the "next" speaker name, choose that name
    3. Otherwise, choose the first provided speaker's name in the context
    The names are case-sensitive and should not be abbreviated or changed."""
_ONLY = "Respond with ONLY the name of the speaker and DO NOT provide a reason."
MULTIPLE = f"""You provided more than one name in your text, please return just the name of the next speaker. {_RULES}
    {_ONLY}"""
NONE = f"""You didn't choose a speaker. As a reminder, {_RULES[0].lower()}{_RULES[1:]}
    The only names that are accepted are {{agentlist}}.
    {_ONLY}"""


def roles(agents: Sequence[Agent]) -> str:
    """Return names and descriptions, a line each."""
    return "\n".join(f"{agent.name}: {agent.description}".strip() for agent in agents)


def transform_of(given: Any) -> Callable[[list[Message]], Any] | None:
    """Return the function that rewrites the messages of the model that chooses; None: there is none.

    Raises:
        ConfigError: it is none of a function, an object with `apply_transform`, a list of these.
    """
    if given is None:
        return None
    held = getattr(given, "_transforms", None)  # the classic's `TransformMessages`
    parts = _listed(given if held is None else held)
    found = [getattr(part, "apply_transform", part) for part in parts]
    wrong = next((part for part in found if not callable(part)), None)
    if wrong is not None:
        raise ConfigError(
            f"select_speaker_transform_messages={given!r}: expected a function of the messages, an object with "
            "apply_transform(messages), or a list of these"
        )

    def through(messages: list[Message]) -> list[Message]:
        for part in found:
            messages = cast("list[Message]", part(messages))
        return messages

    return found[0] if len(found) == 1 else through


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(cast("Sequence[Any]", given)) if isinstance(given, (list, tuple)) else [given]


def selecting_model(manager: ConversableAgent, config: Any, classes: Any) -> tuple[ModelClient, str]:
    """Return the model that chooses a speaker, and what its calls are counted under.

    Raises:
        ConfigError: neither the group chat nor its manager has one.
    """
    if not config:
        client: ModelClient | None = manager.client
        if client is not None:
            return client, manager.name
        raise ConfigError(
            f"speaker selection 'auto' asks a model, and manager {manager.name!r} has none; give it an llm_config, or "
            "the group chat select_speaker_auto_llm_config, or another speaker_selection_method"
        )
    return _made(config, classes), SELECTOR


def _made(config: Any, classes: Any) -> ModelClient:
    from .conversable import ConversableAgent

    agent = ConversableAgent(SELECTOR, llm_config=config, human_input_mode="NEVER")
    for kind in _listed(classes):
        agent.register_model_client(kind)
    client = agent.client
    assert client is not None  # it has a configuration
    return client
