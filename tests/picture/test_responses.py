"""Pictures of runs that are in the hands of their caller."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest

from convagent import RunResponse, UsageError, resume
from convagent.events import MessageEvent
from convagent.runs import steered
from tests.commands.keep import waiting_run
from tests.commands.team import agents
from tests.picture.scene import agent, approval


class Quiet:
    """Takes events and does nothing with them."""

    def process_event(self, event: Any) -> None:
        return


def chat(turns: int = 1) -> RunResponse:
    """Begin a short run."""
    return agent("user", default_auto_reply="go on").run(agent("bot", ["Hello"] * turns), message="Hi", max_turns=turns)


def test_run_draws_itself() -> None:
    """As a page and for Mermaid, once it was consumed."""
    run = approval()
    run.process(Quiet())
    assert "time is up" in run.to_html()
    assert "<h1>My refund</h1>" in run.to_html(title="My refund")
    assert "    p4-->>p2" not in run.to_mermaid()
    assert "    p5-->>p2: edit after 5m: amount=90" in run.to_mermaid()


def test_run_of_a_loop_draws_itself() -> None:
    """An `AsyncRunResponse` is no different."""

    async def main() -> str:
        run = await agent("user").a_run(agent("bot", ["Hello"]), message="Hi", max_turns=1)
        await run.process(Quiet())
        return run.to_html() + run.to_mermaid()

    assert "p2->>p1: Hello" in asyncio.run(main())


def test_run_is_drawn_as_far_as_it_was_consumed() -> None:
    """While it goes on."""
    run = chat(3)
    while not isinstance(next(run.events), MessageEvent):
        pass
    assert "p1->>p2: Hi" in run.to_mermaid()
    assert "Hello" not in run.to_mermaid()
    run.process(Quiet())
    assert "Hello" in run.to_mermaid()


def test_run_that_was_not_consumed_says_how() -> None:
    """There is nothing to draw yet."""
    run = chat()
    with pytest.raises(UsageError, match="nothing to draw yet; consume the run"):
        run.to_html()
    run.process(Quiet())


def test_run_that_is_too_long_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a response keeps is limited; the error says where a long run can be drawn from."""
    monkeypatch.setattr(steered, "REMEMBERED", 10)
    run = chat(9)
    run.process(Quiet())
    with pytest.raises(UsageError, match="more than 10 events, which are not kept; give it a journal="):
        run.to_html()


def test_initiate_chat_keeps_no_events() -> None:
    """Only those pay for a picture who hold a run in their hands."""
    seen: list[int] = []

    def count(event: Any) -> None:
        if isinstance(event, MessageEvent):
            gc.collect()
            seen.append(sum(isinstance(found, MessageEvent) for found in gc.get_objects()))

    bot, user = agent("bot", ["Hello"] * 20), agent("user", default_auto_reply="go on")
    before = sum(isinstance(found, MessageEvent) for found in gc.get_objects())
    user.initiate_chat(bot, message="Hi", max_turns=20, silent=True, observers=[count])
    assert len(seen) == 40
    assert seen[-1] - before < 10


def test_run_that_is_gone_on_with_is_drawn_from_its_beginning(tmp_path: Path) -> None:
    """What was told to another process stands in the journal."""
    place = tmp_path / "runs.db"
    id = waiting_run(place)
    run = resume(str(place), id, agents=list(agents()))
    for event in run.events:
        if event.type == "input_request":
            event.respond("reject no receipt", by="ada")  # type: ignore[attr-defined]
    page = run.to_html()
    assert "Bob wants his money back" in page
    assert "no receipt" in page
