"""A disk cache that is given to a chat answers every model call of it."""

from __future__ import annotations

from pathlib import Path

from convagent import Cache, ConversableAgent
from convagent.testing import OpenAIServer


def test_reflection_comes_from_the_cache_when_the_chat_is_held_again(tmp_path: Path) -> None:
    """A chat that is held again asks nothing of the model: neither for its replies nor for its summary."""
    with OpenAIServer(["one", "in short"]) as server, Cache.disk(cache_seed=7, cache_path_root=str(tmp_path)) as cache:
        ada = ConversableAgent("ada", human_input_mode="NEVER")
        bob = ConversableAgent("bob", llm_config=server.llm_config(), human_input_mode="NEVER")
        summaries = [
            ada.initiate_chat(
                bob, message="hi", max_turns=1, silent=True, cache=cache, summary_method="reflection_with_llm"
            ).summary
            for _ in range(2)
        ]
        asked = len(server.bodies)
    assert (summaries, asked) == (["in short", "in short"], 2)
