"""Concurrent: several at once on one task, and one result."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from convagent import (
    Branch,
    Concurrent,
    ConfigError,
    ConversableAgent,
    Sequential,
    approve,
    ask,
    at,
    edit,
    reject,
    respond,
    revise,
    tool,
)
from convagent.errors import BranchError, ModelError, ModelTimeout, NobodyReachable
from convagent.events import ControlEvent, InputRequestEvent, MergedEvent, RunStarted, TextEvent
from convagent.testing import Fake, capture_events
from tests.teams.cast import done, hearing, member, members, said

THREE = "ada:\nI am ada.\n\nbob:\nI am bob.\n\ncy:\nI am cy."


def team(*given: Any, **more: Any) -> Concurrent:
    return Concurrent(list(given) or members("ada", "bob", "cy"), name="team", **more)


def paying(name: str, paid: list[str], **given: Any) -> ConversableAgent:
    """Return an agent that pays, after a person said yes, and then says so."""

    def pay(amount: int) -> str:
        """Pay."""
        paid.append(f"{name} {amount}")
        return "paid"

    call = [{"name": "pay", "arguments": {"amount": 5}}]
    return member(name, call, f"{name} has paid", tools=[tool(pay, approval=ask(), **given)])


# ---------------------------------------------------------------- side by side


def test_all_get_the_task_and_none_reads_the_others() -> None:
    """Each one's run has the task alone."""
    heard: list[str] = []
    done(team(*(hearing(name, heard) for name in ("ada", "bob"))), "Look at it.")
    assert heard == ["Look at it.", "Look at it."]


def test_results_are_put_under_names_in_the_order_of_the_members() -> None:
    """Whoever is ready first."""
    ready = asyncio.Event

    async def held() -> list[str]:
        go = ready()

        async def late(request: Any) -> str:
            await go.wait()
            return "I am ada."

        async def early(request: Any) -> str:
            go.set()
            return "I am bob."

        user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
        two = team(member("ada", late), member("bob", early))
        return said(await user.a_initiate_chat(two, message="Begin.", silent=True))

    assert asyncio.run(held()) == ["team: ada:\nI am ada.\n\nbob:\nI am bob."]


def test_it_says_why_it_ended_and_what_was_made_of_what() -> None:
    """One event tells the merge; the reason names the team."""
    events = capture_events(MergedEvent)
    result = done(team(), observers=[events])
    assert (result.summary, result.reason) == (THREE, "team has answered")
    assert [(e.sources, e.text, e.failed, e.by) for e in events] == [(("ada", "bob", "cy"), THREE, (), "")]


def test_each_one_works_in_a_run_of_its_own() -> None:
    """Inside that of the team."""
    events = capture_events(RunStarted)
    result = done(team(), observers=[events])
    assert [(e.agents, e.parent) for e in events[1:]] == [(("team", n), result.chat_id) for n in ("ada", "bob", "cy")]


def test_so_many_work_at_the_same_time_at_most() -> None:
    """The next one begins when a place gets free, in order."""
    at_work: list[int] = []
    order: list[str] = []
    working = 0

    async def reply(request: Any) -> str:
        nonlocal working
        working += 1
        at_work.append(working)
        order.append(request.agent)
        await asyncio.sleep(0)
        working -= 1
        return "done"

    done(team(*(member(f"m{i}", reply) for i in range(6)), max_concurrency=2))
    assert max(at_work) == 2
    assert order == [f"m{i}" for i in range(6)]


def test_one_that_waits_for_a_person_leaves_its_place() -> None:
    """With one place the others are done while the first one's question stands."""
    paid: list[str] = []
    response = team(paying("ada", paid), *members("bob", "cy"), max_concurrency=1).run(message="Pay.", silent=True)
    asked = ""
    for event in response.events:
        if isinstance(event, InputRequestEvent):
            asked = event.request.id
        if isinstance(event, TextEvent) and event.sender == "cy":
            response.answer(asked, "approve")
    assert (paid, response.summary) == (["ada 5"], "ada:\nada has paid\n\nbob:\nI am bob.\n\ncy:\nI am cy.")


def test_questions_of_several_branches_stand_at_the_same_time() -> None:
    """Each names who asks; they may be answered in any order."""
    paid: list[str] = []
    response = team(paying("ada", paid), paying("bob", paid)).run(message="Pay.", silent=True)
    asked: list[InputRequestEvent] = []
    for event in response.events:
        if isinstance(event, InputRequestEvent):
            asked.append(event)
            if len(asked) == 2:
                assert [e.request.agent for e in asked] == ["ada", "bob"]
                for one in reversed(asked):
                    response.answer(one.request.id, "approve")
    assert sorted(paid) == ["ada 5", "bob 5"]
    assert response.summary == "ada:\nada has paid\n\nbob:\nbob has paid"


def test_a_thousand_branches_do_not_recurse() -> None:
    """Nothing grows with the square of them, either; see benchmarks/branches.py."""
    result = done(team(*(ConversableAgent(f"m{i}", llm_config=False, human_input_mode="NEVER",
                                          default_auto_reply=str(i)) for i in range(1_000))))  # fmt: skip
    assert result.summary.endswith("m999:\n999")


# ---------------------------------------------------------------- the merge


def test_a_function_makes_one_result() -> None:
    """It gets a list of branches, and may be async."""

    async def count(branches: list[Branch]) -> str:
        return f"{len(branches)}: {branches[0].name} said {branches[0].content}"

    assert done(team(merge=count)).summary == "3: ada said I am ada."
    assert done(team(merge=lambda branches: branches[-1].content)).summary == "I am cy."


def test_an_agent_makes_one_result_of_the_task_and_what_all_replied() -> None:
    """Its reply is the team's."""
    heard: list[str] = []
    assert done(team(merge=hearing("ed", heard, "All in one.")), "Look.").summary == "All in one."
    assert heard == [f"Look.\n\nThis is what was found:\n\n{THREE}"]


def test_a_team_may_make_the_result() -> None:
    """Anything that is an agent."""
    assert done(team(merge=Sequential(members("x", "y"), name="xy"))).summary == "I am y."


def test_what_is_merged_is_approved_before_it_is_passed_on() -> None:
    """The request is about an action of kind merge and shows the text; the event says who approved."""
    events, fake = capture_events(MergedEvent), Fake(chief=approve)
    done(team(review=ask("chief")), people=fake, observers=[events])
    [request] = fake.asked
    assert request.prompt == "May team pass this on, made of what ada, bob, cy found?"
    assert request.action is not None
    assert (request.action.kind, request.action.arguments, request.preview) == ("merge", {"content": THREE}, THREE)
    assert [e.by for e in events] == ["chief"]


def test_a_person_changes_or_replaces_the_result() -> None:
    """The changed one is judged again by whoever did not change it."""
    assert done(team(review=ask("chief")), people=Fake(chief=edit(content="Mine."))).summary == "Mine."
    assert done(team(review=ask("chief")), people=Fake(chief=respond("Other."))).summary == "Other."


def test_an_agent_merges_again_and_reads_the_wish() -> None:
    """The branches do not begin anew."""
    read: list[str] = []
    heard: list[str] = []
    ed = member("ed", lambda request: heard.append(request.messages[-1]["content"]) or f"version {len(heard)}")
    fake = Fake(chief=[revise("shorter"), approve])
    result = done(team(hearing("ada", read), merge=ed, review=ask("chief")), people=fake)
    assert (result.summary, len(read)) == ("version 2", 1)
    assert heard[1].endswith("You had made this of it:\n\nversion 1\n\nWrite it again: shorter")


def test_a_wish_is_not_offered_where_no_agent_merges() -> None:
    """A function cannot read it."""
    fake = Fake(chief=approve)
    done(team(review=ask("chief")), people=fake)
    assert fake.asked[0].decisions == ("approve", "edit", "reject", "respond", "stop")


def test_a_refused_result_ends_it_and_says_by_whom() -> None:
    """Nothing is passed on; what the conversation around the team says is the same."""
    reviewed = team(review=ask("chief"))
    result = done(reviewed, people=Fake(chief=reject("too thin")))
    assert (said(result), result.reason) == ([], "Not approved by chief: too thin")
    result = done(Sequential([reviewed, *members("zoe")]), people=Fake(chief=reject("too thin")))
    assert (said(result), result.reason) == ([], "Not approved by chief: too thin")


def test_a_rule_of_the_chat_judges_the_result_too() -> None:
    """`at("merge", ...)` from outside holds inside, at any depth."""
    fake = Fake(chief=approve)
    done(Sequential([team()]), people=fake, oversight=at("merge", ask("chief")))
    assert [request.agent for request in fake.asked] == ["team"]


# ---------------------------------------------------------------- failures


def failing(name: str, error: Any = None) -> ConversableAgent:
    return member(name, error or ModelError("no more"))


def test_the_run_fails_when_all_others_have_ended() -> None:
    """The error names the branch and keeps what made it fail."""
    worked: list[str] = []
    with pytest.raises(BranchError, match=r"team 'team': 1 of its branches failed: ada: ModelError: .*no more") as info:
        done(team(failing("ada"), hearing("bob", worked)))
    assert worked == ["Begin."]
    assert isinstance(info.value.errors["ada"], ModelError)


def test_an_error_may_pass_where_all_of_its_causes_may() -> None:
    """So that a worker tries a run in a journal again."""
    for errors, passes in (((ModelTimeout, ModelTimeout), True), ((ModelTimeout, ModelError), False)):
        failed = [failing(f"m{i}", kind("no answer")) for i, kind in enumerate(errors)]
        with pytest.raises(BranchError) as info:
            done(team(*failed))
        assert info.value.retryable is passes


def test_failures_are_reported_to_the_merge_where_that_is_asked_for() -> None:
    """The others' results count, and the event says who came to nothing."""
    events = capture_events(MergedEvent)
    merge = lambda branches: "; ".join(f"{b.name} {b.content or b.error}" for b in branches)  # noqa: E731
    result = done(team(failing("ada"), *members("bob"), merge=merge, on_error="report"), observers=[events])
    assert result.summary == "ada ModelError: the model: no more; bob I am bob."
    assert [(e.sources, e.failed) for e in events] == [(("bob",), ("ada",))]
    reported = done(team(failing("ada"), *members("bob"), on_error="report"))
    assert reported.summary == "ada:\n(came to nothing: ModelError: the model: no more)\n\nbob:\nI am bob."


def test_a_branch_that_was_refused_is_none() -> None:
    """The run ends as the branch did; or the merge is told."""
    inner = Sequential(members("x", "y"), review_between=ask("chief"), name="inner")
    fake = Fake(chief=reject("no"))
    assert done(team(inner, *members("bob")), people=fake).reason == "Not approved by chief: no"
    result = done(team(inner, *members("bob"), on_error="report"), people=fake)
    assert result.summary == "inner:\n(came to nothing: Not approved by chief: no)\n\nbob:\nI am bob."


def test_not_reaching_a_person_is_no_failure_of_a_branch() -> None:
    """It ends the run, also where failures are reported."""
    paid: list[str] = []
    with pytest.raises(NobodyReachable):
        done(
            team(paying("ada", paid), *members("bob"), on_error="report"),
            people={"zoe": ["clerk"]},
            oversight=ask("chief"),
        )
    assert paid == []


# ---------------------------------------------------------------- steering


class Gate:
    """Where branches stand in a tool, until it is opened."""

    def __init__(self, branches: int) -> None:
        self.there, self.opened = threading.Semaphore(0), threading.Event()
        self.branches = branches
        self.read: list[str] = []

    def member(self, name: str) -> ConversableAgent:
        """Return an agent whose tool waits at the gate; it notes what a person has said then."""

        async def look() -> str:
            """Look."""
            self.there.release()
            await asyncio.to_thread(self.opened.wait)
            return "seen"

        def reply(request: Any) -> str:
            self.read.append(f"{name}: {' '.join(m['content'] for m in request.messages if m.get('name') == 'ann')}")
            return "done"

        return member(name, [{"name": "look", "arguments": {}}], reply, tools=[tool(look, effect="read")])

    def run(self, steer: Any, **given: Any) -> Any:
        """Let all stand at the gate, steer the run, open the gate, and let it end."""
        members = [self.member(f"m{i}") for i in range(self.branches)]
        response = team(*members, **given).run(message="Look.", silent=True)

        def meanwhile() -> None:
            for _ in members:
                self.there.acquire()
            steer(response)
            self.opened.set()

        threading.Thread(target=meanwhile).start()
        return response


def test_a_stop_reaches_all_branches() -> None:
    """The run ends for its reason; nothing is merged."""
    gate, merged = Gate(3), list[Any]()
    response = gate.run(lambda run: run.stop("enough"), merge=merged.append)
    response.process()
    assert (gate.read, merged, response.result.reason) == ([], [], "enough")


def test_what_a_person_says_is_read_by_all_branches() -> None:
    """Not only by the first that comes to a boundary, and once by each."""
    gate = Gate(3)
    gate.run(lambda run: run.say("Use euros.", by="ann")).process()
    assert sorted(gate.read) == ["m0: Use euros.", "m1: Use euros.", "m2: Use euros."]


def test_a_pause_holds_all_branches() -> None:
    """None of them asks its model until the run goes on."""
    gate, before = Gate(3), list[int]()
    response = gate.run(lambda run: run.pause())
    events = iter(response.events)
    paused = 0
    for event in events:
        if isinstance(event, ControlEvent) and event.action == "pause":
            paused += 1
            if paused == 3:
                before.append(len(gate.read))
                response.unpause()
    assert (before, len(gate.read), response.summary.count("done")) == ([0], 3, 3)


def test_it_says_what_it_needs_when_it_is_made() -> None:
    """Members, what merges, what a failure means, how many at once."""
    ada = member("ada")
    wrong: list[tuple[Any, dict[str, Any], str]] = [
        ([], {}, "at least one member"), ([1], {}, "expected ConversableAgents"), ([ada, ada], {}, "name them apart"),
        ([ada], {"merge": "join"}, "expected an agent, or a function"),
        ([ada], {"on_error": "ignore"}, "is not one of raise, report"), ([ada], {"max_concurrency": 0}, "from 1"),
    ]  # fmt: skip
    for members_given, given, text in wrong:
        with pytest.raises(ConfigError, match=text):
            Concurrent(members_given, **given)
