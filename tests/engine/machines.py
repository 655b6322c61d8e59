"""Workers that DBOS gives runs to, each a process of its own, as on several machines."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from convagent import ConversableAgent, ToolContext, arg, ask, tool, when
from convagent.agents.durable import advance
from convagent.testing import ScriptedModel
from tests.durable.mortal import NEVER, REFUND, Death, Ledger, Team, opened, start, team, wait_for
from tests.durable.places import PostgresPlace

LEASE = 2.0
SWEEP = 0.5


def work_on_in(target: str, ledger: Ledger, make: Team = team, knows: Iterable[str] = ("desk", "customer")) -> None:
    """Move runs on until the process is killed."""
    from convagent.engine.dbos import DbosEngine

    with closing(opened(target, LEASE)) as journal:

        async def segment(claim: Any) -> None:
            await advance(journal, claim, lambda: make(ledger, NEVER))

        engine = DbosEngine(journal, segment, frozenset(knows), 10, poll=0.05, sweep=SWEEP)
        asyncio.run(engine.work())


def crew(place: PostgresPlace, ledger: Ledger, make: Team = team, number: int = 2) -> list[Any]:
    """Start workers, and wait until all are there."""
    started = [start(work_on_in, place.target, ledger, make) for _ in range(number)]
    there(place, number)
    return started


def there(place: PostgresPlace, number: int) -> None:
    """Wait until so many workers have said that they live."""
    opened(place.target).close()  # with its tables, which else the first of them makes
    wait_for(lambda: place.look("SELECT count(*) >= ? FROM workers".replace("?", str(number))) == [(True,)])


def at_gate(gate: Path, note: Path, ledger: Ledger, death: Death = NEVER) -> list[ConversableAgent]:
    """Return a desk whose tool says which process it is in, and pays once the gate is open."""

    def refund(customer: str, amount: float, ctx: ToolContext) -> str:
        """Pay."""
        note.write_text(str(os.getpid()))
        wait_for(gate.exists)
        ledger.add(ctx.idempotency_key, customer=customer)
        return f"{amount:g} paid to {customer}"

    pay = tool(refund, approval=when(arg.amount > 100, ask("clerk")))
    desk = ConversableAgent("desk", llm_config=ScriptedModel(list(REFUND)), tools=[pay])
    return [desk, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]


def freezing(note: Path, ledger: Ledger, death: Death = NEVER) -> list[ConversableAgent]:
    """Return a desk whose first payment freezes its process just after it was made."""
    import signal

    first = NEVER if note.exists() else Death("effect", True, 1, signal.SIGSTOP, note)
    return team(ledger, first, REFUND)


def failed(place: PostgresPlace) -> list[tuple[Any, ...]]:
    """Return the workflows that DBOS has noted as failed."""
    return place.look("SELECT workflow_uuid, status FROM dbos.workflow_status WHERE status LIKE '%ERROR%'")


def pid_in(note: Path) -> int:
    """Return the process that a tool has said it is in."""
    wait_for(lambda: note.exists() and note.read_text())
    return int(note.read_text())
