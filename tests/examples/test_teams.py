"""The examples of teams: what people say changes what is done, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[..., str]


def test_editor_gets_the_draft_as_a_person_changed_it(run: Run) -> None:
    """What was sent back or changed is what the next stage reads."""
    out = run("content_pipeline", answers=('edit content="Ride a bicycle."',))
    assert "# Ride a bicycle\n\nRide a bicycle.\n\n(3 words)" in out
    out = run("content_pipeline", answers=("revise mention the bell", "approve"))
    assert "And do not forget the bell!\n\n(" in out


def test_nothing_is_published_when_the_draft_is_rejected(run: Run) -> None:
    """The editor never reads it."""
    out = run("content_pipeline", answers=("reject off topic",))
    assert "NOT PUBLISHED (Not approved by script: off topic)" in out
    assert "editor (to pipeline)" not in out


def test_advice_follows_the_figures(run: Run) -> None:
    """The rules read the question, so another one has another answer."""
    task = "Shall we buy Inkwell? Growing by 9 % a year, no lawsuit, software of 2023."
    out = run("three_analysts", "--task", task, answers=("approve",))
    assert "ADVICE:\nAdvice: BUY\n- market: BUY. 9 % a year is healthy." in out


def test_advice_is_none_when_it_is_rejected(run: Run) -> None:
    """What was merged goes nowhere."""
    assert "NO ADVICE: Not approved by script: too early" in run("three_analysts", answers=("reject too early",))


def test_both_sides_answer_what_the_guest_asks(run: Run) -> None:
    """What a person says is what the others speak about next."""
    out = run("debate", "--call", "", answers=("What is the risk?", "exit"))
    assert "To guest: the old one fails every month." in out
    assert "To guest: the new one fails in ways that nobody knows yet." in out
    assert "DEBATE OVER (User requested to end the conversation)" in out


def test_debate_goes_on_when_the_guest_passes(run: Run) -> None:
    """An empty message is nobody's."""
    out = run("debate", "--rounds", "3", answers=("", "pass", ""))
    assert out.count(">>>>>>>> guest passes") == 3
    assert "guest (to debate)" not in out
    assert "Everybody has spoken 3 times" in out


def test_handoff_goes_where_the_supervisor_sends_it(run: Run) -> None:
    """Approved, changed or rejected: one of three ways through the desk."""
    assert "billing ANSWERED: You were charged twice" in run("triage", answers=("approve",))
    assert "restarted: customer" in run("triage", answers=("edit to=technician",))
    assert "triage ANSWERED: Somebody will write to you today." in run("triage", answers=("reject not now",))
    assert "NO ANSWER: Stopped by a person" in run("triage", answers=("stop",))
    out = run("triage", answers=("revise ask for the version",))
    assert "triage ANSWERED: Before I hand you over: ask for the version" in out


def test_handoff_to_nobody_is_asked_again(run: Run) -> None:
    """A name that is not there is no decision."""
    out = run("triage", answers=("edit to=techician", "edit to=technician"))
    assert "did you mean 'technician'" in out
    assert "technician ANSWERED" in out


def test_nothing_is_rolled_back_without_approval(run: Run) -> None:
    """Neither by a plan that leaves it out, nor by one whose step is rejected."""
    out = run("incident_response", answers=("revise no rollback", "approve", "approve"))
    assert "May operator call rollback?" not in out
    assert "done: customers told: The shop has errors; we are on it.\n" in out
    out = run("incident_response", answers=("approve", "reject not before noon", "approve"))
    assert "rollback was not allowed by script: not before noon" in out
    assert "done: customers told: The shop has errors; we are on it.\n" in out


def test_report_is_written_again_when_it_is_sent_back(run: Run) -> None:
    """With what was asked for."""
    out = run("incident_response", answers=("approve", "approve", "revise say when", "approve"))
    assert "As asked:\n- say when" in out


def test_plan_of_the_trip_follows_the_traveller(run: Run) -> None:
    """Each thing they say counts from then on."""
    out = run("travel_planning", answers=("2 days", "no museums", "exit"))
    assert "Day 1: the tile museum\nDay 2: a dinner in Alfama\n\n" in out
    assert "THE PLAN (User requested to end the conversation):\nDay 1: a dinner in Alfama\nDay 2: the coast" in out


def test_picture_is_bought_as_the_chief_says(run: Run) -> None:
    """Deep inside: rejected, there is none; changed to what needs nobody, nobody is asked again."""
    out = run("writer_team", answers=("reject too dear",))
    assert "bought: nothing" in out
    assert "PAGE: [no picture]" in out
    out = run("writer_team", answers=("edit price=40",))
    assert "bought: lighthouses for 40.00" in out
    assert out.count("May drafter call buy_picture?") == 1
