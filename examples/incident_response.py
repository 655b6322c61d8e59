"""An orchestrator plans how an outage is handled; you approve the plan, and what cannot be taken back.

The plan and the final report are yours to approve, change or send back; the rollback waits for you, too. Offline
the planner understands: revise tell customers first, revise no rollback. Enter approves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from _common import arguments, run, start
from _teams import by_agent, said

from convagent import AssistantAgent, Magentic, ask, at, tool
from convagent.testing import asked_for, progress_ledger, task_done, task_ledger

INCIDENT = "The shop answers with errors since 09:12. Find out why, and bring it back."
ANSWERS = ("go on", "revise tell customers first", "approve", "approve", "approve")
RELEASES = {"shop": ["41", "42"], "search": ["7"]}
done: list[str] = []


@tool(effect="read")
def logs(service: str) -> str:
    """Read the latest log lines of a service."""
    running = RELEASES.get(service, ["?"])[-1]
    return "09:12 release 42 went live; 09:12 KeyError: 'currency'" if running == "42" else "no errors"


# What is unsafe is begun once, and not again by itself; here a person has to say so before.
@tool(approval=ask("lead"), effect="unsafe")
def rollback(service: str, release: str) -> str:
    """Put an earlier release of a service live."""
    done.append(f"{service} rolled back to {release}")
    RELEASES[service].append(release)
    return f"release {release} of {service} is live"


@tool(effect="idempotent")
def status_page(text: str) -> str:
    """Tell customers on the status page."""
    done.append(f"customers told: {text}")
    return "published"


# ---------------------------------------------------------------- rules in the place of a model

STEPS = {
    "analyst": "Find out in the logs of the shop what broke.",
    "operator": "Put the release before the broken one live.",
    "speaker": "Tell customers on the status page.",
}


def planner_by_rules(messages: Sequence[Any]) -> str:
    """Answer for the orchestrator: a plan, who is next, the report."""
    texts = [str(m["content"]) for m in messages]
    match asked_for(messages):
        case "task ledger":
            wish = texts[-1].lower() if "sent back" in texts[-1] else ""
            order = ["speaker", "analyst", "operator"] if "first" in wish else ["analyst", "operator", "speaker"]
            if "no rollback" in wish:
                order.remove("operator")
            steps = [f"{name}: {STEPS[name]}" for name in order]
            return task_ledger(steps, given="errors since 09:12", look_up="what changed then", guesses="a release")
        case "progress ledger":
            left = [name for name in _planned(texts) if not said(messages, name)]
            return progress_ledger(left[0], STEPS[left[0]]) if left else task_done()
        case "final answer":
            wanted = texts[-1].partition("sent back for this:\n")[2]
            found = [f"- {text}" for name in STEPS for text in said(messages, name)]
            return "\n".join(["Report:", *found, *(["As asked:", wanted] if wanted else [])])


def _planned(texts: Sequence[str]) -> list[str]:
    """Return whom the plan that the team was told names, in order."""
    plan = next(text for text in reversed(texts) if "The plan:\n" in text).rpartition("The plan:\n")[2]
    return sorted((name for name in STEPS if f"{name}:" in plan), key=lambda name: plan.index(f"{name}:"))


def analyst_by_rules(messages: Sequence[Any]) -> Any:
    if messages[-1].get("role") != "tool":
        return [{"name": "logs", "arguments": {"service": "shop"}}]
    return f"The log says: {messages[-1]['content']}"


def operator_by_rules(messages: Sequence[Any]) -> Any:
    if messages[-1].get("role") != "tool":
        return [{"name": "rollback", "arguments": {"service": "shop", "release": "41"}}]
    return f"Rollback: {messages[-1]['content']}"


def speaker_by_rules(messages: Sequence[Any]) -> Any:
    if messages[-1].get("role") != "tool":
        fixed = any("is live" in text for text in said(messages, "operator"))
        text = "The shop works again." if fixed else "The shop has errors; we are on it."
        return [{"name": "status_page", "arguments": {"text": text}}]
    return "Customers are told."


# ---------------------------------------------------------------- the team


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--incident", default=INCIDENT, help="what has happened")
    rules = by_agent(
        orchestrator=planner_by_rules, analyst=analyst_by_rules, operator=operator_by_rules, speaker=speaker_by_rules
    )
    setup = start(parser, rules, ANSWERS)

    def agent(name: str, description: str, *tools: Any) -> AssistantAgent:
        instructions = f"You are the one who {description}. Do what you are told, and report in a sentence."
        return AssistantAgent(name, instructions, setup.model, description=description, tools=tools)

    team = Magentic(
        [
            agent("analyst", "reads logs", logs),
            agent("operator", "puts releases live", rollback),
            agent("speaker", "tells customers", status_page),
        ],
        llm_config=setup.model,
        oversight=at("plan", ask("lead")) & at("finish", ask("lead")),
    )
    try:
        with setup.console() as people:
            response = team.run(message=setup.options.incident, channels=people)
            response.process()
    finally:
        print(f"done: {'; '.join(done) or 'nothing'}")
    return 0


if __name__ == "__main__":
    run(main)
