"""Runs that park, are gone on with by whoever comes, and do nothing twice; on both journals."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import ConversableAgent, ToolContext, allow, approve, ask, deny, edit, reject, respond, tool
from convagent.agents.durable import resume
from convagent.agents.forking import fork
from convagent.errors import FencedError, JournalError, RunBlocked
from convagent.events import ControlEvent
from convagent.human import Decision, try_again
from convagent.journal import Inbox
from convagent.journal.base import Batch, Journal
from tests.durable.places import Place, SQLitePlace
from tests.durable.teams import TWO, Desk, begin, call, decide, pending, status, work


def test_run_parks_at_its_question_and_goes_on_with_the_answer(journal: Journal) -> None:
    """The model is asked each thing once, what needed nobody is done once and at once, the rest after the answer."""
    desk = Desk()
    begin(journal, desk.agents)
    work(journal, desk.agents)
    assert (status(journal), desk.paid, desk.asked) == ("waiting", [("Ada", 40)], [0])
    assert pending(journal).request.because == "amount > 100"
    assert decide(journal, approve) == "accepted"
    work(journal, desk.agents)
    assert (status(journal), desk.paid, desk.asked) == ("done", [("Ada", 40), ("Bob", 250)], [0, 1])
    result = resume(journal, "run", desk.agents()).result
    assert [m["content"] for m in result.chat_history] == ["pay", "Both are done."]


@pytest.mark.parametrize(
    ("decision", "paid"),
    [
        (edit(amount=80), [("Ada", 40), ("Bob", 80)]),
        (reject("no receipt"), [("Ada", 40)]),
        (respond("a voucher was sent"), [("Ada", 40)]),
    ],
)
def test_each_decision_is_carried_out_by_another_process(journal: Journal, decision: Decision, paid: list[Any]) -> None:
    """What a person decided while no process was there is done by whoever comes."""
    desk = Desk()
    begin(journal, desk.agents)
    work(journal, desk.agents)
    assert decide(journal, decision) == "accepted"
    work(journal, desk.agents)
    assert (status(journal), desk.paid) == ("done", paid)


def test_settled_answer_outranks_the_policy_of_a_new_deploy(journal: Journal) -> None:
    """A rejection holds although the rule is gone that asked for it; an open question stays one."""
    desk = Desk()
    begin(journal, desk.agents)
    work(journal, desk.agents)
    lax = Desk(policy=allow, paid=desk.paid)
    work(journal, lax.agents)
    assert (status(journal), desk.paid) == ("waiting", [("Ada", 40)])
    decide(journal, reject("no"))
    work(journal, lax.agents)
    assert (status(journal), desk.paid) == ("done", [("Ada", 40)])


def test_question_escalates_when_its_time_is_up_under_the_same_id(journal: Journal) -> None:
    """Two questions at once go a level higher each, and each is settled by itself."""
    desk = Desk(policy=ask("clerk", within="2h") >> ask("manager", within="1d") >> deny("nobody answered"))
    begin(journal, desk.agents)
    work(journal, desk.agents)
    first, second = Inbox(journal).pending()
    for one in (first, second):
        journal.expire(one.id, 0, force=True)
    work(journal, desk.agents)
    again = {r.id: r for r in Inbox(journal).pending()}
    assert set(again) == {first.id, second.id}
    assert {(r.request.to, r.request.level) for r in again.values()} == {(("manager",), 1)}
    assert decide(journal, approve, request=first.id) == "accepted"
    journal.expire(second.id, 1, force=True)
    work(journal, desk.agents)
    assert (status(journal), len(desk.paid)) == ("done", 1)


def test_votes_of_two_people_are_kept_between_processes(journal: Journal) -> None:
    """The first approval stands through a restart, and does not count twice."""
    desk = Desk(script=TWO_BIG, policy=ask("finance", need=2))
    begin(journal, desk.agents)
    work(journal, desk.agents)
    assert decide(journal, approve, "ann") == "accepted"
    work(journal, desk.agents)
    assert desk.paid == []
    assert decide(journal, approve, "ann") in ("duplicate", "invalid")
    assert decide(journal, approve, "bob") == "accepted"
    work(journal, desk.agents)
    assert desk.paid == [("Bob", 250)]


TWO_BIG = ([call("refund", customer="Bob", amount=250)], "done")


def test_always_holds_after_a_restart(journal: Journal) -> None:
    """A grant is an event: the process that comes after the answer goes by it."""
    script = ([call("refund", customer="Bob", amount=250)],) * 3 + ("done",)
    desk = Desk(script=script)
    begin(journal, desk.agents)
    work(journal, desk.agents)
    decide(journal, approve.always_for("exact"))
    work(journal, desk.agents)
    assert (status(journal), len(desk.paid)) == ("done", 3)


@pytest.mark.parametrize(
    ("decision", "paid", "told"),
    [
        (try_again, [("Bob", 250)], "250 paid to Bob"),
        (respond("it was done"), [], "it was done"),
        (reject("never mind"), [], "not known"),
    ],
)
def test_what_was_begun_and_not_seen_to_end_is_put_to_a_person(
    journal: Journal, decision: Decision, paid: list[Any], told: str
) -> None:
    """A process that died inside an unsafe tool leaves it in doubt: it is never silently run again."""
    desk = Desk(script=TWO_BIG, policy=None)
    begin(journal, desk.agents)
    work(Dying(journal, "refund!"), desk.agents)  # type: ignore[arg-type]
    assert desk.paid == []
    work(journal, desk.agents)
    assert (status(journal), desk.paid) == ("waiting", [])
    assert pending(journal).request.prompt == "refund of desk failed. What now?"
    assert decide(journal, decision) == "accepted"
    work(journal, desk.agents)
    assert (status(journal), desk.paid) == ("done", paid)
    assert any(told in str(row.body) for row in journal.load("run").rows)


def test_renamed_tool_blocks_the_run_until_it_is_back(journal: Journal) -> None:
    """An approved call whose tool is gone is neither done nor refused: the run waits for the right code."""
    desk = Desk(script=TWO_BIG)
    begin(journal, desk.agents)
    work(journal, desk.agents)
    decide(journal, approve)

    def renamed() -> list[ConversableAgent]:
        agents = desk.agents()
        agents[0].own_tools.clear()
        return agents

    work(journal, renamed)
    assert (status(journal), desk.paid) == ("blocked", [])
    assert "tool 'refund' of agent 'desk'" in journal.load("run").info.reason
    work(journal, desk.agents)  # a worker that starts tries what is blocked
    assert (status(journal), desk.paid) == ("done", [("Bob", 250)])


def test_run_waits_for_a_worker_that_knows_its_agents(journal: Journal) -> None:
    """A worker with other agents leaves it alone; who resumes it by hand is told what is missing."""
    desk = Desk(given={"version": "2"})
    begin(journal, desk.agents)
    work(journal, desk.agents, knows=["desk", "customer"])
    assert status(journal) == "ready"
    with pytest.raises(RunBlocked, match="run run needs the agents desk@2; there are here: customer, desk"):
        resume(journal, "run", Desk().agents())
    work(journal, desk.agents, knows=["desk@2", "customer"])
    assert status(journal) == "waiting"


def test_worker_that_was_overtaken_writes_nothing_more(journal: Journal, place: Place) -> None:
    """The fence of a claim ends with the next claim."""
    desk = Desk()
    begin(journal, desk.agents)
    work(journal, desk.agents)
    mine = journal.claim("run", "a", 60.0)
    place.change("UPDATE runs SET lease = 0")
    theirs = journal.claim("run", "b", 60.0)
    rows = len(journal.load("run").rows)
    with pytest.raises(FencedError, match="taken over"):
        journal.append(mine, Batch(status="done"))
    assert len(journal.load("run").rows) == rows
    assert journal.append(theirs, Batch(status="ready"))


def test_steering_reaches_a_run_that_no_process_holds(journal: Journal) -> None:
    """Paused it stays so through restarts; what is said and that it is stopped are met by whoever goes on with it."""
    desk = Desk()
    begin(journal, desk.agents)
    work(journal, desk.agents)
    inbox = Inbox(journal)
    inbox.steer("run", "pause", by="ann")
    for _ in range(3):
        work(journal, desk.agents)
        assert status(journal) == "waiting"
    decide(journal, approve)
    work(journal, desk.agents)
    assert (status(journal), desk.paid) == ("waiting", [("Ada", 40)])
    inbox.steer("run", "unpause", by="ann")
    work(journal, desk.agents)
    assert (status(journal), desk.paid) == ("done", [("Ada", 40), ("Bob", 250)])
    texts = [(e.action, e.by) for e in inbox.conversation("run") if isinstance(e, ControlEvent)]
    assert texts == [("pause", "ann"), ("unpause", "ann")]


def test_stop_from_outside_ends_a_parked_run(journal: Journal) -> None:
    """Its question is withdrawn, and an answer comes too late."""
    desk = Desk()
    begin(journal, desk.agents)
    work(journal, desk.agents)
    Inbox(journal).steer("run", "stop", "enough", by="ann")
    work(journal, desk.agents)
    assert (status(journal), journal.load("run").info.reason, desk.paid) == ("done", "enough", [("Ada", 40)])
    assert Inbox(journal).pending() == []
    assert decide(journal, approve, request="run:1") == "late"


def test_reply_functions_and_human_input_are_not_run_again(journal: Journal) -> None:
    """What has returned before the question is kept, also that it passed, and what a person typed at an override."""
    ran: list[str] = []

    class Asking(ConversableAgent):
        def get_human_input(self, prompt: str, **kwargs: Any) -> str:
            ran.append("typed")
            return ""

    def passing(agent: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, None]:
        ran.append("passed")
        return False, None

    desk = Desk(script=TWO_BIG)

    def agents() -> list[ConversableAgent]:
        made, customer = desk.agents()
        tools = list(made.own_tools.values())
        clerk = Asking("desk", llm_config=made.llm_config, tools=tools, human_input_mode="ALWAYS")
        clerk.register_reply(ConversableAgent, passing)
        return [clerk, customer]

    begin(journal, agents)
    work(journal, agents)
    assert (ran, desk.asked) == (["passed", "typed"], [0])
    decide(journal, approve)
    work(journal, agents)
    assert (status(journal), ran, desk.paid) == ("done", ["passed", "typed"], [("Bob", 250)])


def test_classic_prompt_is_answered_from_the_inbox(journal: Journal) -> None:
    """The text becomes the message, as it does when it is typed at the terminal."""
    desk = Desk(script=("Hello.", "You said it."), given={"human_input_mode": "NEVER"})

    def agents() -> list[ConversableAgent]:
        bot, _ = desk.agents()
        return [bot, ConversableAgent("customer", llm_config=False, human_input_mode="ALWAYS")]

    begin(journal, agents, max_turns=2)
    work(journal, agents)
    assert pending(journal).request.moment == "turn"
    assert decide(journal, "please go on") == "accepted"
    work(journal, agents)
    assert [m["content"] for m in resume(journal, "run", agents()).result.chat_history] == [
        "pay", "Hello.", "please go on", "You said it.",
    ]  # fmt: skip


@pytest.mark.parametrize("effect", ["idempotent", "read"])
def test_chat_inside_a_tool_parks_with_its_outer_run(journal: Journal, effect: Any) -> None:
    """The question of a nested agent is the same one request; what the inner chat did is not done again."""
    inner = Desk(script=TWO)
    entered: list[int] = []

    async def consult() -> str:
        entered.append(1)
        desk, customer = inner.agents()
        result = await customer.a_initiate_chat(desk, message="inner", max_turns=1, silent=True)
        return str(result.summary)

    outer = Desk(script=([call("consult")], "all done"), tools=[tool(consult, effect=effect)])
    begin(journal, outer.agents)
    work(journal, outer.agents)
    assert (status(journal), inner.paid) == ("waiting", [("Ada", 40)])
    assert pending(journal).run != "run"
    decide(journal, approve)
    work(journal, outer.agents)
    assert (status(journal), inner.paid, len(entered)) == ("done", [("Ada", 40), ("Bob", 250)], 2)
    assert (inner.asked, outer.asked) == ([0, 1], [0, 1])


def test_context_variables_and_what_tools_made_of_them_outlive_the_process(journal: Journal) -> None:
    """The variables that stood at the end of a turn are there in the next process."""
    seen: list[Any] = []

    def team(desk: Desk) -> list[ConversableAgent]:
        agents = desk.agents()

        def count(n: int, ctx: ToolContext) -> str:
            """Count."""
            seen.append(dict(agents[0].context_variables.to_dict()))
            agents[0].context_variables["n"] = n
            return "counted"

        agents[0].own_tools["count"] = tool(count, effect="idempotent")
        return agents

    script = (
        [call("count", n=7)],
        "counted",
        [call("refund", customer="Bob", amount=250)],
        [call("count", n=8)],
        "end",
    )
    desk = Desk(script=script)
    begin(journal, lambda: team(desk), max_turns=2)
    work(journal, lambda: team(desk))
    decide(journal, approve)
    work(journal, lambda: team(desk))
    assert (status(journal), seen) == ("done", [{}, {"n": 7}])


def test_fork_carries_over_no_approval(journal: Journal) -> None:
    """The fork asks anew under its own id, and before each tool that the old run may have called."""
    desk = Desk()
    begin(journal, desk.agents)
    work(journal, desk.agents)
    decide(journal, approve)
    work(journal, desk.agents)
    rows = journal.load("run").rows
    asked = next(row.seq for row in rows if row.body["type"] == "input_request")
    new = fork(journal, "run", asked)
    assert resume_state(journal, new) == "left"
    desk.paid.clear()
    journal.release(new, "ready")
    work(journal, desk.agents)
    assert desk.paid == []
    assert {r.run for r in Inbox(journal).pending()} == {new}
    for one in Inbox(journal).pending():
        assert Inbox(journal).decide(one.id, approve, by="ann").status == "accepted"
    work(journal, desk.agents)
    assert [name for name, _ in desk.paid].count("Bob") == 1
    with pytest.raises(JournalError):
        fork(journal, "nothing", 3)


def resume_state(journal: Journal, run: str) -> str:
    return journal.load(run).info.status


class Ahead:
    """A journal on a server whose clock is an hour ahead of this machine's."""

    quick = False

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def now(self) -> float:
        return self._journal.now() + 3600.0


def test_deadline_is_meant_by_the_clock_of_the_journal(file: SQLitePlace) -> None:
    """Who judges whether an answer is late also says from when its time counts."""
    journal, desk = file.open(), Desk(script=TWO_BIG, policy=ask("clerk", within="2h") >> deny("late"))
    begin(journal, desk.agents)
    work(Ahead(journal), desk.agents)  # type: ignore[arg-type]
    asked = pending(journal)
    assert (asked.request.deadline or 0.0) - asked.asked == pytest.approx(3 * 3600.0, abs=30.0)


class Dying:
    """A journal whose process ends right after something was written: it does nothing more, and writes nothing."""

    def __init__(self, journal: Journal, key: str) -> None:
        self._journal, self._key = journal, key

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def append(self, claim: Any, batch: Batch) -> bool:
        written = self._journal.append(claim, batch)
        if any(row.key.endswith(self._key) for row in batch.rows):
            self._journal.append(claim, Batch(status="ready"))  # as another process finds it, once the lease has ended
            raise FencedError("died")
        return written
