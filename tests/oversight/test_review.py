"""Maker and checker: work counts once somebody else approved it, within so many rounds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from convagent import (
    ConfigError,
    ConversableAgent,
    ScriptedModel,
    allow,
    approve,
    ask,
    at,
    deny,
    edit,
    reject,
    respond,
    review,
    revise,
    stop,
    tool,
)
from convagent.errors import NobodyReachable
from convagent.events import Event, ReviewedEvent
from convagent.patterns.review import Verdict
from convagent.testing import Fake, silent


def writer(*script: Any, **given: Any) -> ConversableAgent:
    model = ScriptedModel(list(script) or [f"draft {n}" for n in range(1, 9)])
    return ConversableAgent("writer", llm_config=model, human_input_mode="NEVER", **given)


def editor(*script: Any, **given: Any) -> ConversableAgent:
    """An agent whose verdicts are these in order; its position restarts in each chat that asks it."""
    said = iter(script)
    model = ScriptedModel([lambda request: next(said)], repeat_last=True)
    return ConversableAgent("editor", llm_config=model, human_input_mode="NEVER", **given)


def verdict(word: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": "verdict", "arguments": {"verdict": word, **more}}]


def done(person: Any, *script: Any, **given: Any) -> Any:
    return review(writer(*script), "ed", **given).run("a slogan", people=Fake(ed=person, chief=approve), silent=True)


# ---------------------------------------------------------------- a person


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_draft_goes_back_until_a_person_approves(asynchronous: bool) -> None:
    """What they ask for reaches the maker; the approved draft, who approved it and the rounds are the result."""
    people = Fake(ed=[revise("shorter"), revise("shorter still"), approve])
    checked, chat = review(writer(), "ed"), {"people": people, "silent": True}
    found = asyncio.run(checked.a_run("a slogan", **chat)) if asynchronous else checked.run("a slogan", **chat)
    assert (found.approved, found.content, found.by, found.rounds) == (True, "draft 3", "ed", 3)
    assert [m["content"] for m in found.chat.chat_history] == [
        "a slogan", "draft 1", "Revise it: shorter", "draft 2", "Revise it: shorter still", "draft 3",
    ]  # fmt: skip
    assert [(r.to, r.preview) for r in people.asked] == [(("ed",), f"draft {n}") for n in (1, 2, 3)]
    assert found.chat.reason == "Approved by ed"


@pytest.mark.parametrize(
    ("person", "approved", "content", "reason"),
    [
        (edit(content="mine"), True, "mine", ""),
        (respond("mine"), True, "mine", "written by the checker"),
        (reject("never"), False, None, "never"),
        (reject(), False, None, "not approved"),
        (stop("enough"), False, None, "enough"),
    ],
)
def test_one_round_is_enough_when_the_checker_settles_it(
    person: Any, approved: bool, content: str | None, reason: str
) -> None:
    """An edit is an approval of the edited text; a rejection is the last word, unlike a wish for a revision."""
    found = done(person)
    assert (found.approved, found.content, found.reason, found.rounds) == (approved, content, reason, 1)
    assert found.draft == "draft 1"


@pytest.mark.parametrize("blank", ["", "  \n"])
def test_edit_that_leaves_nothing_is_refused(blank: str) -> None:
    """A blank text is no work, and is not approved by being written."""
    people = Fake(ed=edit(content=blank))
    found = review(writer(), ask("ed", within="1h")).run("a slogan", people=people, silent=True)
    assert not found.approved
    assert people.receipts[0].status == "invalid"
    assert people.receipts[0].problem.startswith("edit: content is blank")


@pytest.mark.parametrize("typed", ["not approved", "disapprove", "yes please", "", "approve it", "ok"])
def test_no_verdict_is_read_out_of_what_a_person_types(typed: str) -> None:
    """A word of the list counts and nothing else: the question stands, and time runs out."""
    people = Fake(ed=typed)
    found = review(writer(), ask("ed", within="1h")).run("a slogan", people=people, silent=True)
    assert not found.approved
    assert [r.status for r in people.receipts] == ["invalid"]


@pytest.mark.parametrize(
    ("otherwise", "approved", "by"),
    [(None, False, ""), (deny("too bad"), False, ""), (ask("chief"), True, "chief"), (allow, True, "")],
)
def test_otherwise_counts_when_the_rounds_are_used_up(otherwise: Any, approved: bool, by: str) -> None:
    """After the last round nothing goes back any more: a rule or somebody else has the last word."""
    found = done(revise("no"), rounds=2, otherwise=otherwise)
    assert (found.approved, found.by, found.rounds, found.draft) == (approved, by, 2, "draft 2")
    assert found.content == ("draft 2" if approved else None)


def test_silence_is_no_approval() -> None:
    """A checker who does not answer in time has not approved."""
    found = review(writer(), ask("ed", within="1h")).run("x", people=Fake(ed=silent), silent=True)
    assert (found.approved, found.reason) == (False, "ed did not answer within 1h")


def test_a_checker_whom_nobody_reaches_ends_the_review() -> None:
    """Not reaching a person is not a denial."""
    with pytest.raises(NobodyReachable, match="ed"):
        review(writer(), "ed").run("x", people=Fake(other=approve), silent=True)


def test_an_edit_is_judged_by_the_rules_of_the_chat() -> None:
    """What the checker puts there is new: a rule around the review sees it, too."""

    def no_secrets(action: Any) -> Any:
        return deny("a secret") if "secret" in action.arguments["content"] else None

    found = review(writer(), "ed").run(
        "x", people=Fake(ed=edit(content="a secret")), silent=True, oversight=at("reply", no_secrets)
    )
    assert (found.approved, found.content, found.reason) == (False, None, "a secret")


def test_the_makers_tools_run_before_anything_is_judged() -> None:
    """Its own inside its turn, classic ones by the seat opposite; calls are no drafts."""
    used: list[str] = []

    @tool
    def look_up(word: str) -> str:
        """Look a word up."""
        used.append(word)
        return "found"

    def called(word: str) -> list[dict[str, Any]]:
        return [{"name": "look_up", "arguments": {"word": word}}]

    own = writer(called("a"), "draft 1", tools=[look_up])
    classic = writer(called("b"), "draft 1")
    classic.register_for_llm(description="Look a word up.")(look_up)
    for maker in (own, classic):
        people = Fake(ed=approve)
        found = review(maker, "ed").run("x", people=people, silent=True)
        assert (found.content, found.rounds) == ("draft 1", 1)
        assert len(people.asked) == 1
    assert used == ["a", "b"]


def test_every_verdict_is_an_event() -> None:
    """Round, verdict, who and why, as they come."""
    seen: list[ReviewedEvent] = []

    def watch(event: Event) -> None:
        if isinstance(event, ReviewedEvent):
            seen.append(event)

    review(writer(), "ed").run("x", people=Fake(ed=[revise("shorter"), approve]), silent=True, observers=[watch])
    assert [(e.round, e.verdict, e.by, e.reason, e.draft, e.result) for e in seen] == [
        (1, "revise", "ed", "shorter", "draft 1", ""),
        (2, "approve", "ed", "", "draft 2", "draft 2"),
    ]
    assert [e.agent for e in seen] == ["writer", "writer"]


# ---------------------------------------------------------------- an agent


def test_an_agents_verdict_is_a_call() -> None:
    """Its model calls `verdict`; what has to be different goes to the maker, no person is asked."""
    checker = editor(verdict("revise", reason="shorter"), verdict("approve"))
    found = review(writer(), checker).run("a slogan", silent=True)
    assert (found.approved, found.content, found.by, found.rounds) == (True, "draft 2", "editor", 2)
    assert found.chat.chat_history[2]["content"] == "Revise it: shorter"


def test_an_agents_verdict_may_be_a_structured_answer() -> None:
    """A checker whose model answers in a structure fills in `Verdict`."""
    texts = iter(['{"verdict": "revise", "reason": "shorter"}', '{"verdict": "approve"}'])
    model = ScriptedModel([lambda request: next(texts)], repeat_last=True)
    config = {"config_list": [model], "response_format": Verdict}
    checker = ConversableAgent("editor", llm_config=config, human_input_mode="NEVER")
    found = review(writer(), checker).run("a slogan", silent=True)
    assert (found.approved, found.rounds) == (True, 2)


@pytest.mark.parametrize(
    "said",
    [
        "approve", "APPROVED!", "I approve of this.", '{"verdict": "approve"}',
        verdict("approved"), verdict("yes"), verdict("approve", reason=3),
        [{"name": "approve", "arguments": {}}], [*verdict("approve"), *verdict("revise")],
    ],
)  # fmt: skip
def test_no_verdict_is_read_out_of_an_agents_prose(said: Any) -> None:
    """Words, other tools, two verdicts at once: asked once more, then it is not approved."""
    calls: list[Any] = []

    def model(request: Any) -> Any:
        calls.append(request)
        return said

    checker = ConversableAgent("editor", llm_config=ScriptedModel([model], repeat_last=True), human_input_mode="NEVER")
    found = review(writer(), checker).run("a slogan", silent=True)
    assert (found.approved, found.content, found.rounds) == (False, None, 1)
    assert len(calls) == 2
    assert "no verdict" in calls[1].messages[-1]["content"]


def test_an_agent_is_told_the_task_and_the_draft() -> None:
    """It judges what it sees, and may use its own tools before."""
    used: list[str] = []

    @tool
    def count(text: str) -> int:
        """Count words."""
        used.append(text)
        return len(text.split())

    steps = iter([[{"name": "count", "arguments": {"text": "draft 1"}}], verdict("approve")])
    model = ScriptedModel([lambda request: next(steps)], repeat_last=True)
    checker = ConversableAgent("editor", llm_config=model, human_input_mode="NEVER", tools=[count])
    found = review(writer(), checker).run("a slogan", silent=True)
    asked = str(model.requests[0].messages[-1]["content"])
    assert found.approved
    assert used == ["draft 1"]
    assert "a slogan" in asked
    assert "draft 1" in asked
    assert [t["function"]["name"] for t in model.requests[0].tools] == ["count", "verdict"]


def test_a_review_may_be_held_inside_a_tool() -> None:
    """Its person is reached through the channels of the chat around it."""
    people = Fake(ed=[revise("shorter"), approve])

    @tool
    async def slogan(topic: str) -> str:
        """Write a slogan that was approved."""
        found = await review(writer(), "ed").a_run(topic)
        return found.content or "none"

    boss = ConversableAgent(
        "boss", llm_config=ScriptedModel([[{"name": "slogan", "arguments": {"topic": "pens"}}], "done"]),
        human_input_mode="NEVER", tools=[slogan],
    )  # fmt: skip
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    user.initiate_chat(boss, message="go", max_turns=1, silent=True, people=people)
    assert boss.chat_messages[user][2]["content"] == "draft 2"
    assert len(people.asked) == 2


# ---------------------------------------------------------------- refused


def test_a_review_is_refused_when_it_cannot_work() -> None:
    """Nobody checks their own work; rounds are a number; a maker is an agent."""
    maker: Any = writer()
    for wrong in (maker, writer(), "writer"):
        with pytest.raises(ConfigError, match="own work"):
            review(maker, wrong)
    for rounds in (0, True, 1.5):
        with pytest.raises(ConfigError, match="rounds="):
            review(maker, "ed", rounds=rounds)  # pyright: ignore[reportArgumentType]
    nobody: Any = "writer"
    with pytest.raises(ConfigError, match="expected an agent"):
        review(nobody, "ed")
    with pytest.raises(ConfigError, match="is not a policy"):
        review(maker, 3)  # pyright: ignore[reportArgumentType]
