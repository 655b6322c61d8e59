"""Log-probabilities on their way from an OpenAI-compatible endpoint to the threshold."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from convagent import Cache, ConversableAgent, LLMConfig, ScriptedModel, approve, ask, below, logprobs
from convagent.events import ConfidenceEvent
from convagent.models.base import ModelReply, ModelRequest
from convagent.models.resolve import client_for
from convagent.testing import Fake, OpenAIServer

TOKENS = [("go", -0.1), ("od ", -0.3), ("\udce2\udc82", -0.2), ("\udcac", -0.2)]
ANSWER = {"content": "good €", "logprobs": TOKENS}


def reply_of(server: OpenAIServer, **request: Any) -> ModelReply:
    client = client_for(LLMConfig(server.llm_config()))
    return asyncio.run(client.complete(ModelRequest([{"role": "user", "content": "x"}], **request)))


@pytest.mark.parametrize("stream", [False, True])
def test_a_reply_carries_logprobs_when_they_were_asked_for(stream: bool) -> None:
    """Streamed or whole, the tokens are the same, also those that are a part of a character."""
    with OpenAIServer([ANSWER, ANSWER]) as server:
        asked = reply_of(server, stream=stream, options={"logprobs": True})
        assert asked.logprobs == tuple(TOKENS)
        assert asked.message == {"role": "assistant", "content": "good €"}
        assert reply_of(server, stream=stream).logprobs is None
        assert [body.get("logprobs") for body in server.bodies] == [True, None]


def test_a_token_without_number_makes_all_unknown() -> None:
    """A mean over the tokens that are left would say something else."""
    from convagent.testing.faults import raw

    content = [{"token": "a", "logprob": -0.1}, {"token": "b", "logprob": None}]
    choice = {
        "message": {"role": "assistant", "content": "ab"},
        "finish_reason": "stop",
        "logprobs": {"content": content},
    }
    with OpenAIServer([raw({"choices": [choice]})]) as server:
        assert reply_of(server, options={"logprobs": True}).logprobs is None


def test_a_cached_reply_has_its_logprobs(tmp_path: Any) -> None:
    """What comes from the disk is as sure as it was."""
    from convagent.models.cache import Cached

    with OpenAIServer([ANSWER]) as server, Cache.disk(1, tmp_path) as cache:
        client = Cached(client_for(LLMConfig(server.llm_config())), cache)
        request = ModelRequest([{"role": "user", "content": "x"}], options={"logprobs": True})
        first, second = (asyncio.run(client.complete(request)) for _ in range(2))
        assert second.cached
        assert second.logprobs == first.logprobs == tuple(TOKENS)


@pytest.mark.parametrize("stream", [False, True])
def test_an_agent_asks_for_logprobs_only_where_a_threshold_stands(stream: bool) -> None:
    """`logprobs: true` is sent with `below`, and the measured value decides who is asked."""
    with OpenAIServer([ANSWER, ANSWER]) as server:
        for threshold in (0.7, 0.9):
            people, seen = Fake(expert=approve), []
            bot = ConversableAgent(
                "bot", llm_config=server.llm_config(stream=stream), human_input_mode="NEVER",
                confidence=logprobs(), oversight=below(threshold, ask("expert")),
            )  # fmt: skip
            user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
            user.initiate_chat(
                bot, message="go", max_turns=1, silent=True, people=people,
                observers=[lambda e, seen=seen: seen.append(e.value) if isinstance(e, ConfidenceEvent) else None],
            )  # fmt: skip
            assert seen == [pytest.approx(math.exp(-0.2))]
            assert len(people.asked) == (threshold == 0.9)
        assert [body["logprobs"] for body in server.bodies] == [True, True]
    with OpenAIServer([ANSWER]) as server:
        bot = ConversableAgent(
            "bot", llm_config=server.llm_config(stream=stream), human_input_mode="NEVER", confidence=logprobs()
        )
        user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
        user.initiate_chat(bot, message="go", max_turns=1, silent=True)
        assert "logprobs" not in server.bodies[0]


def test_an_endpoint_without_logprobs_is_low() -> None:
    """An endpoint that takes the parameter and gives nothing leaves it unknown: a person is asked."""
    people = Fake(expert=approve)
    with OpenAIServer(["good"]) as server:
        bot = ConversableAgent(
            "bot", llm_config=server.llm_config(), human_input_mode="NEVER",
            confidence=logprobs(), oversight=below(0.1, ask("expert")),
        )  # fmt: skip
        user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
        user.initiate_chat(bot, message="go", max_turns=1, silent=True, people=people)
    assert [r.because for r in people.asked] == ["confidence below 0.1"]


@pytest.mark.parametrize("wrong", ["-0.1", [("a", "b")], [("a",)], [], True, float("nan")])
def test_a_script_is_refused_when_its_logprobs_are_none(wrong: Any) -> None:
    """A test that would measure nothing fails where it is written."""
    from convagent import ConfigError

    with pytest.raises(ConfigError, match="logprobs="):
        ScriptedModel([{"content": "x", "logprobs": wrong}])
