"""Show a run in your own user interface: a function of a dozen lines takes the words as they come.

Everything that happens is an event. Yours may be a web socket instead of `print`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from _common import arguments, run, start

from convagent import ConversableAgent
from convagent.events import (
    Event,
    InputReplyEvent,
    InputRequestEvent,
    ModelCallFinished,
    RunStarted,
    StreamEvent,
    StreamResetEvent,
    TerminationEvent,
)

CHANNEL = "my ui"
ANSWERS = ("And in autumn?", "exit")


def my_ui(event: Event) -> None:
    match event:
        case RunStarted() if event.notes:
            print(*(f"[{note}]" for note in event.notes))  # such as that no language model answers
        case StreamEvent():
            print(event.text, end="", flush=True)
        case StreamResetEvent():
            print(f"\n(forget that: {event.reason})")
        case ModelCallFinished():
            print(f"\n   -- {event.model}, {event.seconds:.1f} s")
        case InputRequestEvent() if not event.answered:
            ask(event)
        case InputReplyEvent() if event.reply.channel != CHANNEL:  # somebody answered elsewhere
            print(f"you> {event.reply.text} [{event.reply.channel}]")
        case TerminationEvent():
            print(f"({event.termination_reason})")
        case _:
            pass


def ask(event: InputRequestEvent) -> None:
    """Answer a question now; you may also keep the event and answer it later, from any thread."""
    try:
        event.respond(input("you> "), channel=CHANNEL)
    except EOFError:
        event.end_input(channel=CHANNEL)


def poet_by_rules(messages: Sequence[Any]) -> str:
    """Answer in the model's place."""
    if "autumn" in str(messages[-1]["content"]).lower():
        return "Leaves let go of the tree, one by one, and nobody taught them how."
    return "The sun comes up, the snow goes down, and a blackbird tells the whole town."


def main() -> int:
    setup = start(arguments(__doc__), poet_by_rules, ANSWERS)
    poet = ConversableAgent("poet", system_message="You are a poet of two lines.", llm_config=setup.model)
    poet.streams = True  # or stream=True in its LLMConfig
    human = ConversableAgent("human", human_input_mode="ALWAYS", llm_config=False)
    for event in human.run(recipient=poet, message="A poem about spring, please.", observers=setup.people):
        my_ui(event)
    return 0


if __name__ == "__main__":
    run(main)
