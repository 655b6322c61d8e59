"""When an agent's model is asked how sure it is, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from ..action import Kind
from ..agent import Agent
from ..conversation.context import RunContext, Stopped
from ..conversation.turn import MakeRequest, PersonsReply, sample_model
from ..errors import ConfigError, NobodyReachable
from ..events import ConfidenceEvent
from ..models.base import ModelClient, ModelReply, gives_logprobs
from ..models.entry import Entry
from ..oversight.confidence import Field, Logprobs, NotMeasured, Own, Source, Vote, as_source, asks_confidence, certain
from ..oversight.guards import At, Below
from ..oversight.policy import Policy

if TYPE_CHECKING:
    from .conversable import ConversableAgent
    from .core import AgentCore


# ---------------------------------------------------------------- while it talks


def parameters(agent: ConversableAgent, run: RunContext, to: Agent) -> Mapping[str, Any]:
    """Return what a request of the agent's model must carry so that its reply can be measured."""
    source = agent.confidence
    if source is None or not source.options:
        return {}
    return source.options if _is_asked(agent, run, to, "tool") or _is_asked(agent, run, to, "reply") else {}


async def measure(
    agent: ConversableAgent, run: RunContext, to: Agent, reply: ModelReply, client: ModelClient, make: MakeRequest
) -> None:
    """Find out how sure the agent's model is of a reply, if a policy in effect wants to know.

    Of a reply that is not measured nothing is known, which counts as low where somebody asks after all.
    """
    run.sure.pop(agent, None)
    source = agent.confidence
    if source is None or isinstance(reply, PersonsReply):
        return
    run.sure[agent] = "unknown"
    calls = reply.message.get("tool_calls") or reply.message.get("function_call")
    if not _is_asked(agent, run, to, "tool" if calls else "reply"):
        return
    try:
        value = certain(await _measured(source, agent, run, reply, client, make))
    except (Stopped, NobodyReachable):
        raise
    except Exception as error:  # noqa: BLE001 - what cannot be measured is unknown, whatever the reason
        why = str(error) if isinstance(error, NotMeasured) else f"{type(error).__name__}: {error}"
        run.emit(ConfidenceEvent(value="unknown", source=str(source), reason=why, agent=agent.name))
        return
    run.sure[agent] = value
    run.emit(ConfidenceEvent(value=value, source=str(source), agent=agent.name))


async def _measured(
    source: Source, agent: ConversableAgent, run: RunContext, reply: ModelReply, client: ModelClient, make: MakeRequest
) -> Any:
    if isinstance(source, Own):
        return await run.call(source.fn, reply)
    source.check(reply)
    replies = [reply]
    if isinstance(source, Vote):
        replies += await _samples(source, agent, run, client, make)
    return source.measure(replies)


async def _samples(
    source: Vote, agent: ConversableAgent, run: RunContext, client: ModelClient, make: MakeRequest
) -> list[ModelReply]:
    """Ask the model again what it was asked, without a seed, which would repeat the answer."""
    options: dict[str, Any] = {} if source.temperature is None else {"temperature": source.temperature}
    if any("seed" in o for o in _options(agent)):
        options["seed"] = None
    requests: list[Any] = []
    for number in range(1, source.samples + 1):
        request = await make(run.next_call(agent.name))
        if request is None:
            raise NotMeasured("the request for another answer was blocked by a safeguard")
        requests.append(replace(request, stream=False, sample=number, options={**request.options, **options}))
    found = await sample_model(run, client, requests, agent=agent.name)
    for sample in found:
        agent.usage.add(sample)
    return found


def _is_asked(agent: ConversableAgent, run: RunContext, to: Agent, kind: Kind) -> bool:
    """Return whether a policy that would judge what the agent does wants to know how sure its model is."""
    policies: list[Any] = [*run.policies, *agent.policies]
    if kind == "tool":
        executor = cast(Any, to)
        policies += getattr(executor, "policies", ())
        tools = [*agent.tools, *getattr(executor, "executable", {}).values()]
        policies += [policy for tool in tools for policy in tool.rules.approval]
    return any(asks_confidence(policy, kind) for policy in policies)


# ---------------------------------------------------------------- when it is made


def checked_source(agent: AgentCore, value: object) -> Source | None:
    """Read what `confidence=` takes, and refuse what cannot work with the agent's model and policies.

    Raises:
        ConfigError: the text says what was expected.
    """
    source = as_source(value)
    if source is None:
        return None
    where = f"agent {agent.name!r}: confidence={source}"
    if not agent.llm_config:
        raise ConfigError(f"{where} measures the replies of a model, and the agent has none; give it an llm_config")
    if isinstance(source, Logprobs) and _gives_none(agent):
        raise ConfigError(f"{where}: its model gives no log-probabilities; take vote(3), or field('confidence')")
    if _needs_structure(source) and agent.response_format is None and any(map(_of_replies, agent.policies)):
        key = ", or vote a key=" if isinstance(source, Vote) else ""
        raise ConfigError(
            f"{where} cannot measure free text, and a policy asks about replies; give the model a response_format{key}"
        )
    if (
        isinstance(source, Vote)
        and source.temperature is None
        and any(o.get("temperature") == 0 for o in _options(agent))
    ):
        raise ConfigError(
            f"{where}: at temperature=0 a model repeats itself, so that it would always agree; "
            f"write vote({source.n}, temperature=0.7) for the further answers"
        )
    return source


def _gives_none(agent: AgentCore) -> bool:
    config: Any = agent.llm_config
    entries: Iterable[Any] = getattr(config, "entries", (config,))
    return all(
        entry.model_client_cls is not None if isinstance(entry, Entry) else gives_logprobs(entry) is False
        for entry in entries
    )


def _options(agent: AgentCore) -> list[Mapping[str, Any]]:
    return [e.options for e in getattr(agent.llm_config, "entries", ()) if isinstance(e, Entry)]


def _needs_structure(source: Source) -> bool:
    return isinstance(source, Field) or (isinstance(source, Vote) and source.key is None)


def _of_replies(policy: object, at_reply: bool = False) -> bool:
    """Return whether a policy asks how sure the model is of what it says, and of that alone."""
    if not isinstance(policy, Policy):
        return False
    if isinstance(policy, Below):
        return at_reply
    inside = at_reply or (isinstance(policy, At) and policy.kind == "reply")
    return any(_of_replies(part, inside) for part in policy.parts())
