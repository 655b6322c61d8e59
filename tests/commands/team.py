"""A team for the commands: a desk whose tool pays, above 100 only if a clerk says so, and a customer.

What it pays stands in the file `paid` of the current folder. A payment to `slow` says that it has begun, and waits
for what is written to the pipe `go`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from convagent import ConversableAgent, arg, ask, at, tool, when
from convagent.testing import ScriptedModel


@tool(approval=when(arg.amount > 100, ask("clerk")))
def refund(customer: str, amount: float, note: str = "") -> str:
    """Pay money back."""
    if customer == "slow":
        print("begun", flush=True)
        Path("go").read_text(encoding="utf-8")
    with Path("paid").open("a", encoding="utf-8") as file:
        file.write(f"{amount:g} to {customer}{f': {note}' if note else ''}\n")
    return f"{amount:g} paid to {customer}"


def team(customer: str = "Bob", amount: float = 250) -> list[ConversableAgent]:
    """Return the two agents; the desk pays once, says so, and says good-bye."""
    call = [{"name": "refund", "arguments": {"customer": customer, "amount": amount}}]
    desk = ConversableAgent("desk", llm_config=ScriptedModel([call, "Paid.", "Bye. TERMINATE"]), tools=[refund])
    desk.human_input_mode = "NEVER"
    return [desk, _customer()]


def _customer() -> ConversableAgent:
    return ConversableAgent(
        "customer", llm_config=False, human_input_mode="NEVER", default_auto_reply="And now?",
        is_termination_msg=lambda message: "TERMINATE" in (message.get("content") or ""),
    )  # fmt: skip


def agents() -> list[ConversableAgent]:
    """Return the team whose payment needs a clerk."""
    return team()


def slow() -> list[ConversableAgent]:
    """Return the team whose payment takes as long as a test wants, and needs nobody."""
    return team("slow", 40)


def thinking() -> list[ConversableAgent]:
    """Return the team whose desk never has done with thinking."""
    desk, customer = team()
    desk.register_reply(lambda _: True, _think)
    return [desk, customer]


async def _think(*_: object, **__: object) -> tuple[bool, str]:
    print("begun", flush=True)
    await asyncio.Event().wait()
    return True, "TERMINATE"


def only_desk() -> list[ConversableAgent]:
    """Return half of the team."""
    return team()[:1]


def twins() -> list[ConversableAgent]:
    """Return two agents of one name."""
    return [*team(), *team()]


def nobody() -> list[ConversableAgent]:
    """Return no agents."""
    return []


async def later() -> Sequence[ConversableAgent]:
    """Return the team, to whoever awaits it."""
    return team()


def broken() -> list[ConversableAgent]:
    """Fail."""
    raise RuntimeError("no database here")


ready = team()
number = 7
strict = at("tool", ask("manager"))
