"""A guardrail at work: in code of the user, or by a model."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from ..agents.conversable import ConversableAgent
from ..conversation.context import RunContext
from ..conversation.thread import to_wire
from ..conversation.turn import ask_model
from ..handoffs.guardrails import CHECK_SCHEMA, Guardrail, GuardrailResult, LLMGuardrail, RegexGuardrail
from ..messages import Message, content_text
from ..models.base import ModelClient, ModelRequest


async def checked(run: RunContext, agent: ConversableAgent, guardrail: Guardrail, context: Any) -> GuardrailResult:
    """Return what a guardrail finds in a reply, or in what an agent is about to reply to."""
    if isinstance(guardrail, LLMGuardrail):
        return await _by_model(run, agent, guardrail, context)
    if isinstance(guardrail, RegexGuardrail):
        return guardrail.check(context)

    async def once() -> list[Any]:
        found = await run.call(guardrail.check, context)
        return [bool(found.activated), str(found.justification)]

    activated, why = await run.step(f"guardrail/{guardrail.name}", once)
    return GuardrailResult(activated, guardrail, why)


async def _by_model(run: RunContext, agent: ConversableAgent, guardrail: LLMGuardrail, context: Any) -> GuardrailResult:
    asker = ConversableAgent(f"guardrail_{agent.name}", llm_config=guardrail.llm_config, human_input_mode="NEVER")
    client = asker.client
    assert isinstance(client, ModelClient)  # it has a configuration
    messages = to_wire(cast("list[Message]", guardrail.messages(context)))
    make = partial(_request, messages, asker.name)
    reply = await ask_model(run, client, make, agent=asker.name, to=agent.name, silent=True, policies=agent.policies)
    assert reply is not None  # every request is sent
    agent.usage.add(reply)
    return GuardrailResult.parse(content_text(reply.message.get("content")), guardrail)


async def _request(messages: list[Message], agent: str, turn: int) -> ModelRequest:
    return ModelRequest(messages=messages, agent=agent, turn=turn, response_format=cast(Any, CHECK_SCHEMA))
