"""Moderate posts: the model decides where it is sure, a person where it is not.

A decision with a confidence below 0.8, or with none that can be read, waits for a moderator.
Offline the rules are sure of plain words only. Try: approve, edit verdict=keep, reject, stop.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from _common import arguments, run, start
from pydantic import Field

from convagent import ConversableAgent, ask, below, field, tool

POSTS = (
    "Thank you, that was a lovely evening!",
    "Buy cheap pills now, click here, buy now!",
    "You are an idiot. No, seriously: I love you, you idiot.",
    "This soup will kill you. It is that hot.",
)
ANSWERS = ("edit verdict=maybe", "edit verdict=keep", "approve")
INSTRUCTIONS = (
    "You moderate posts. Call decide once for each post, one call a message, in order: remove spam, insults and "
    "threats, keep the rest. State honestly how sure you are. When all are decided, report in one line."
)
decided: list[str] = []


@tool(approval=below(0.8, ask("moderator")))
def decide(
    post: Annotated[int, "the number of the post"],
    verdict: Literal["keep", "remove"],
    confidence: Annotated[float, Field(ge=0, le=1)],
    why: str,
) -> str:
    """Keep or remove a post."""
    decided.append(f"{post}: {verdict}")
    return f"post {post}: {verdict}"


def moderator_by_rules(messages: Sequence[Any]) -> Any:
    """Answer in the model's place: count the signs of each side, and be unsure where both are there."""
    task = next(str(m["content"]) for m in messages if m.get("role") == "user")
    posts = re.findall(r"^(\d+)\. (.+)$", task, re.MULTILINE)
    done = sum(m.get("role") == "tool" for m in messages)
    if done == len(posts):
        return "All posts are decided."
    number, text = posts[done]
    bad = len(re.findall(r"\b(?:buy|pills|click|idiot|kill)\b", text, re.IGNORECASE))
    good = len(re.findall(r"\b(?:thank|love|lovely|soup|seriously)\b", text, re.IGNORECASE))
    share = (max(bad, good) + 1) / (bad + good + 1)
    found = {
        "post": int(number),
        "verdict": "remove" if bad >= good else "keep",
        "confidence": round(share * 0.95, 2),
        "why": f"{bad} signs of abuse, {good} of harmless talk",
    }
    return [{"name": "decide", "arguments": found}]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--post", metavar="TEXT", action="append", help="a post to moderate; repeat it")
    setup = start(parser, moderator_by_rules, ANSWERS)
    posts = setup.options.post or POSTS
    moderator = ConversableAgent(
        "moderator_bot",
        system_message=INSTRUCTIONS,
        llm_config=setup.model,
        tools=[decide],
        # How sure it is, by its own word. vote(3) would ask it three times, logprobs() would read the
        # probabilities of the tokens. What cannot be measured is unknown, and unknown is low.
        confidence=field("confidence"),
    )
    platform = ConversableAgent("platform", llm_config=False, human_input_mode="NEVER")
    message = "Moderate these posts:\n" + "\n".join(f"{n}. {' '.join(p.split())}" for n, p in enumerate(posts, 1))
    try:
        with setup.console() as people:
            platform.initiate_chat(moderator, message=message, max_turns=1, channels=people)
    finally:
        print(f"decided: {', '.join(decided) or 'nothing'}")
    return 0


if __name__ == "__main__":
    run(main)
