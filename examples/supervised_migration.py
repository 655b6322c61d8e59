"""Watch a long migration: a monitor pauses, interrupts and stops it, and so may you.

The monitor is a loop over the run's events. Where too much is broken it interrupts, and you are asked:
Enter goes on, "stop" ends it, any text is told to the agent, such as: skip those without an e-mail.
Ctrl-C at a terminal interrupts at any time, and a second one ends the program. Customers are made up.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from typing import Any, Literal

from _common import arguments, at_least, run, start

from convagent import AsyncConsoleEventProcessor, AsyncRunResponse, ConversableAgent, ToolContext, tool
from convagent.events import ControlEvent, ProgressEvent

ANSWERS = ("skip those without an e-mail",)
INSTRUCTIONS = (
    "You migrate 100 customers with copy_batch, 20 at a time: first=0, 20, 40, 60, 80, one call a message. "
    "Do what the supervisor says in between. After the last batch report what was copied."
)
emails = ["" if 40 <= n < 80 and n % 3 == 0 else f"c{n}@example.org" for n in range(100)]
copied: list[str] = []
broken: list[int] = []
delay = 0.0


@tool(effect="idempotent")
async def copy_batch(ctx: ToolContext, first: Literal[0, 20, 40, 60, 80], skip_without_email: bool = False) -> str:
    """Copy 20 customers to the new system."""
    before = len(broken)
    for number in range(first, first + 20):
        await asyncio.sleep(delay)
        if emails[number]:
            copied.append(emails[number])
        elif not skip_without_email:
            broken.append(number)
        ctx.progress(number + 1, len(emails), f"{len(broken)} broken")
    return f"customers {first} to {first + 19}: {len(broken) - before} broken"


def agent_by_rules(messages: Sequence[Any]) -> Any:
    """Answer in the model's place: the next batch, by what the supervisor has said."""
    done = sum(m.get("role") == "tool" for m in messages)
    if done == 5:
        return f"Done: {len(copied)} copied, {len(broken)} broken."
    skip = any("skip" in str(m.get("content")).lower() for m in messages if m.get("role") == "user")
    return [{"name": "copy_batch", "arguments": {"first": 20 * done, "skip_without_email": skip}}]


async def monitor(run: AsyncRunResponse, limit: int) -> None:
    """Show what happens, and step in. What is called here may be called from any thread or task."""
    console = AsyncConsoleEventProcessor()
    tasks: list[asyncio.Task[None]] = []
    warned = False
    heed_ctrl_c(run)
    async for event in run.events:
        await console.process_event(event)  # shows it, and asks you where it is a question
        if isinstance(event, ControlEvent) and event.action != "interrupt":
            heed_ctrl_c(run)
        if not isinstance(event, ProgressEvent):
            continue
        # Each is met when the batch has ended: a tool in flight is not broken off (but by stop(force=True)).
        if len(broken) > limit:
            run.stop(f"more than {limit} broken", by="monitor")
        elif event.done == 10:
            run.pause(by="monitor")
            tasks.append(asyncio.create_task(back_up(run)))
        elif broken and not warned:
            warned = True
            run.interrupt()  # pause, and ask
    console.close()


def heed_ctrl_c(run: AsyncRunResponse) -> None:
    """Let the next Ctrl-C interrupt the run; `run.process()` would do so by itself."""

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        run.interrupt()

    if sys.stdin is not None and sys.stdin.isatty():
        signal.signal(signal.SIGINT, interrupt)


async def back_up(run: AsyncRunResponse) -> None:
    """Pretend to save what was copied so far; the run goes on afterwards."""
    await asyncio.sleep(20 * delay)
    run.unpause(by="backup job")


async def migrate(setup: Any) -> None:
    agent = ConversableAgent("migration_agent", system_message=INSTRUCTIONS, llm_config=setup.model, tools=[copy_batch])
    supervisor = ConversableAgent("supervisor", llm_config=False, human_input_mode="NEVER")
    with setup.console() as people:
        response = await supervisor.a_run(agent, message="Migrate all customers.", max_turns=1, channels=people)
        await monitor(response, setup.options.max_broken)


def main() -> int:
    global delay
    parser = arguments(__doc__)
    parser.add_argument("--max-broken", metavar="N", type=at_least(0), default=10, help="stop above so many (10)")
    parser.add_argument("--slow", action="store_true", help="ten times slower, to watch it and to press Ctrl-C")
    setup = start(parser, agent_by_rules, ANSWERS)
    delay = 0.1 if setup.options.slow else 0.01
    try:
        asyncio.run(migrate(setup))
    finally:
        print(f"copied: {len(copied)}, broken: {len(broken)}")
    return 0


if __name__ == "__main__":
    run(main)
