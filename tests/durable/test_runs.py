"""Runs that park, are gone on with by whoever comes, and do nothing twice; on both journals."""

from __future__ import annotations

import traceback
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from convagent import (
    ConversableAgent,
    LLMConfig,
    ToolContext,
    allow,
    approve,
    ask,
    at,
    deny,
    edit,
    reject,
    respond,
    tool,
)
from convagent.agents.durable import resume
from convagent.agents.forking import fork
from convagent.audit.replaying import replay
from convagent.errors import ConfigError, FencedError, JournalError, RunBlocked
from convagent.events import ControlEvent
from convagent.human import Decision, try_again
from convagent.journal import Inbox
from convagent.journal.base import Batch, Journal
from tests.durable.places import Place, SQLitePlace
from tests.durable.teams import TWO, Desk, Noting, begin, call, decide, pending, status, work


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


def test_chat_that_was_overtaken_says_only_that(journal: Journal, place: Place) -> None:
    """How it unwound, by exceptions of ours, is nothing that its program could use."""
    desk, customer = Desk(script=TWO_BIG).agents()
    run = customer.run(desk, message="pay", max_turns=1, journal=journal, silent=True)

    def be_overtaken() -> None:
        for event in run.events:
            if event.type == "input_request":
                place.change("UPDATE runs SET lease = 0")
                place.open().claim(run.uuid, "another", 60.0)
                decide(journal, approve, request=event.request.id)

    with pytest.raises(FencedError, match="taken over by another process") as caught:
        be_overtaken()
    assert "Parked" not in "".join(traceback.format_exception(caught.value))


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


def test_fork_asks_nobody_about_what_is_done(journal: Journal) -> None:
    """What a kept result stands for has happened: no answer could keep it from happening, nor is one asked for."""
    desk = Desk()
    begin(journal, desk.agents)
    work(journal, desk.agents)
    new = fork(journal, "run", 1000)
    journal.release(new, "ready")
    work(journal, desk.agents)
    asked = [r.request.action.arguments["customer"] for r in Inbox(journal).pending(run=new) if r.request.action]
    assert set(asked) == {"Bob"}
    for one in Inbox(journal).pending(run=new):
        Inbox(journal).decide(one.id, reject("no"), by="ann")
    work(journal, desk.agents)
    told = [row.body for row in journal.load(new).rows]
    assert [body["result"] for body in told if body["type"] == "executed_function"] == ["40 paid to Ada"]
    assert (status(journal, new), desk.paid) == ("done", [("Ada", 40)])


def test_rule_of_a_new_deploy_does_not_judge_what_is_done(journal: Journal) -> None:
    """A call that nobody judged has been made; the rule that came later is about those to come."""
    free = [tool(lambda: "noted", name="note", description="Note.")]
    desk = Desk(script=([call("note"), call("refund", customer="Bob", amount=250)], "end"), tools=free)
    begin(journal, desk.agents)
    work(journal, desk.agents)
    strict = Desk(script=desk.script, paid=desk.paid, tools=[tool(lambda: "noted", name="note", approval=ask("boss"))])
    assert decide(journal, approve) == "accepted"
    work(journal, strict.agents)
    assert (status(journal), desk.paid) == ("done", [("Bob", 250)])


@pytest.mark.parametrize("at", ["3", None, 2.5, True])
def test_fork_refuses_a_point_that_is_no_number(journal: Journal, at: Any) -> None:
    """A mistaken point makes no run."""
    begin(journal, Desk().agents)
    with pytest.raises(ConfigError, match="at="):
        fork(journal, "run", at)
    with pytest.raises(ConfigError, match="tools='never' is not one of ask, run"):
        fork(journal, "run", 1, tools="never")  # type: ignore[arg-type]
    assert [run.id for run in journal.runs()] == ["run"]


def test_what_goes_on_with_a_run_makes_no_journal(tmp_path: Path) -> None:
    """A path that is misspelt is told, and no file is left there."""
    missing = tmp_path / "rnus.db"
    for asked in (
        lambda: resume(missing, "run", Desk().agents()),
        lambda: fork(missing, "run", 1),
        lambda: replay(missing, "run", allow),
    ):
        with pytest.raises(JournalError, match="there is no journal"):
            asked()
    assert not missing.exists()


@pytest.mark.parametrize("agents", [Desk().agents, "desk", 5, ["desk"]])
def test_resume_refuses_what_are_no_agents(journal: Journal, agents: Any) -> None:
    """The function that makes them is not called here, and the error says so."""
    begin(journal, Desk().agents)
    with pytest.raises(ConfigError, match="agents="):
        resume(journal, "run", agents)


@pytest.mark.parametrize("run", ["a/b", "a\x00b", "a\nb", 5])
def test_run_is_called_nothing_that_no_command_could_find(journal: Journal, run: Any) -> None:
    """A slash parts a run from those inside it."""
    with pytest.raises(ConfigError, match="run_id="):
        begin(journal, Desk().agents, run)
    assert journal.runs() == []


def test_forget_leaves_nothing_of_a_name_that_stands_in_a_sentence(place: Place) -> None:
    """What we say of a refusal names who refused, and why: that goes, and whoever asks for the result is told so."""
    journal, desk = place.open(), Desk(script=([call("refund", customer="Bob", amount=250)], "Adam is sorry."))
    begin(journal, desk.agents)
    work(journal, desk.agents)
    decide(journal, reject("no receipt"), by="ada")
    work(journal, desk.agents)
    assert "not allowed by ada: no receipt" in str(place.look("SELECT body FROM events"))
    assert Inbox(journal).forget("ada") > 0
    everything = [place.look(f"SELECT * FROM {table}") for table in ("events", "requests", "runs", "lists", "bodies")]
    assert "receipt" not in str(everything)
    assert "Adam is sorry." in str(everything)
    assert Inbox(journal).verify().ok
    assert resume(journal, "run", desk.agents()).result.summary == "Adam is sorry."
    with pytest.raises(JournalError, match="deleted in part"):
        fork(journal, "run", 1000)


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


def test_second_round_of_a_turn_does_not_answer_from_the_first(journal: Journal) -> None:
    """A tool that a later process calls again in the same turn holds a chat of its own."""
    held: list[str] = []

    def agents() -> list[ConversableAgent]:
        async def act(n: int) -> str:
            lead = ConversableAgent("lead", human_input_mode="NEVER")
            worker = ConversableAgent("worker", human_input_mode="NEVER", default_auto_reply=f"did {n}")
            result = await lead.a_initiate_chat(worker, message=f"do {n}", max_turns=1, silent=True)
            held.append(result.summary)
            return result.summary

        script = [[call("act", n=1)], [call("act", n=2)], "done"]
        acting = tool(act, approval=ask("clerk"), effect="idempotent")
        desk = ConversableAgent("desk", llm_config=Noting(script, []), tools=[acting])
        return [desk, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]

    begin(journal, agents)
    for _ in range(2):
        work(journal, agents)
        decide(journal, approve)
    work(journal, agents)
    assert (status(journal), held) == ("done", ["did 1", "did 2"])


class Verdict(BaseModel):
    """A form."""

    paid: int
    sure: bool = False


TEXT, VERDICT = '{"paid": 290, "sure": true}', Verdict(paid=290, sure=True)
FORMS = {
    "model": (Verdict, TEXT, VERDICT),
    "list": (list[Verdict], f"[{TEXT}]", [VERDICT]),
    "schema": ({"type": "object"}, TEXT, {"paid": 290, "sure": True}),
}


def _in_form(text: str, form: Any, asked: list[int]) -> list[ConversableAgent]:
    """Return a desk that answers in a form, and may say nothing unless a clerk approves."""
    model = LLMConfig(Noting([text], asked), response_format=form)
    desk = ConversableAgent("desk", llm_config=model, oversight=at("reply", ask("clerk")), human_input_mode="NEVER")
    return [desk, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]


@pytest.mark.parametrize("kind", FORMS)
def test_structured_answer_is_as_its_form_has_it_when_the_run_is_gone_on_with(journal: Journal, kind: str) -> None:
    """Not what JSON makes of it: kept before a pause in the same turn, and of a run that is over."""
    (form, text, parsed), asked = FORMS[kind], list[int]()
    agents = partial(_in_form, text, form, asked)
    begin(journal, agents)
    work(journal, agents)
    assert decide(journal, approve) == "accepted"
    assert resume(journal, "run", agents()).result.parsed == parsed
    assert resume(journal, "run", agents()).result.parsed == parsed
    assert asked == [0]


def test_structured_answer_is_as_json_has_it_when_the_form_has_changed(journal: Journal) -> None:
    """A deploy that wants more of the answer than was asked for does not stop the run."""

    class Later(BaseModel):
        paid: int
        receipt: str

    before, after = (partial(_in_form, TEXT, form, []) for form in (Verdict, Later))
    begin(journal, before)
    work(journal, before)
    assert decide(journal, approve) == "accepted"
    assert resume(journal, "run", after()).result.parsed == {"paid": 290, "sure": True}
