"""What every journal promises to whoever moves a run on, on each of the databases."""

from __future__ import annotations

from threading import Event

import pytest

from convagent.errors import FencedError, JournalError
from convagent.human import reject
from convagent.journal import Batch, Claim, Journal, NewRequest
from tests.durable.asking import LEASE, answer, asked, begin, question, row, told, waiting, yes
from tests.durable.places import Place

# ---------------------------------------------------------------- writing and reading


def test_load_gives_what_was_written_when_another_process_reads_it(place: Place) -> None:
    """Specification, rows in the order of writing, turns, requests, timers and controls come back as they were."""
    journal = place.open()
    claim = begin(journal)
    first = Batch(rows=[row("r", 1, "a"), row("r/in", 1, "b"), row("r", 4, "c")], turns={"r": 1})
    assert journal.append(claim, first)
    journal.steer("r", "say", "use the EU account", "ada")
    more = Batch(
        rows=[row("r/in", 2, "d", "1/x")], requests=[asked("r:1", to=("clerk",), deadline=2e9)],
        timers=[("r/in", "1/sleep", 1.5e9)], turns={"r/in": 1},
    )  # fmt: skip
    assert journal.append(claim, more)

    loaded = place.open().load("r")

    assert loaded.spec == {"is": "chat", "people": None}
    assert [(r.run, r.seq, r.body["value"]) for r in loaded.rows] == [
        ("r", 1, "a"), ("r/in", 1, "b"), ("r", 4, "c"), ("r/in", 2, "d"),
    ]  # fmt: skip
    assert (loaded.rows[3].key, loaded.rows[3].fence, loaded.rows[3].time) == ("1/x", 1, 1700000000.0 + 2 / 7)
    assert loaded.turns == {"r": 1, "r/in": 1}
    (stored,) = loaded.requests
    assert stored.request == question("r:1", to=("clerk",), deadline=2e9)
    assert (stored.run, stored.root, stored.key, stored.status) == ("r", "r", "1/ask#r:1", "open")
    assert loaded.timers == {("r/in", "1/sleep"): 1.5e9}
    assert [(c.action, c.text, c.by, c.force) for c in loaded.controls] == [("say", "use the EU account", "ada", False)]
    assert (loaded.info.status, loaded.info.agents, loaded.info.worker) == ("running", ("bot",), "w")
    assert loaded.info.open_requests == 1


def test_begin_is_refused_when_there_is_a_run_of_this_id(journal: Journal) -> None:
    """A run is begun once; the text says what to do instead."""
    begin(journal)
    with pytest.raises(JournalError, match="there is a run 'r' already; resume it"):
        begin(journal)


def test_append_writes_nothing_when_one_part_cannot_be_written(place: Place) -> None:
    """A batch is written wholly or not at all, and the run goes on from where it was."""
    journal = place.open()
    other = begin(journal, "other")
    journal.append(other, Batch(requests=[asked("other:1")]))
    claim = begin(journal)
    journal.append(claim, Batch(rows=[row("r", 1, "a")]))
    stolen = NewRequest("r", "1/ask", question("other:1"))
    bad = Batch(rows=[row("r", 2, "b")], turns={"r": 1}, requests=[asked("r:1"), stolen], status="waiting")

    with pytest.raises(JournalError, match=r"other:1.*belongs to another run"):
        journal.append(claim, bad)

    loaded = place.open().load("r")
    assert [r.seq for r in loaded.rows] == [1]
    assert (loaded.turns, loaded.requests, loaded.info.status) == ({"r": 0}, (), "running")
    assert journal.append(claim, Batch(rows=[row("r", 2, "b"), row("r", 3, "c")]))
    assert [r.body["value"] for r in place.open().load("r").rows] == ["a", "b", "c"]


def test_append_writes_nothing_twice_when_its_outcome_got_lost(place: Place) -> None:
    """A batch that is handed in again, after a connection was lost at the commit, is written once."""
    journal = place.open()
    claim = begin(journal)
    batch = Batch(rows=[row("r", 1), row("r/in", 1)], requests=[asked("r:1")], turns={"r": 1}, timers=[("r", "t", 5.0)])
    journal.append(claim, batch)

    assert place.open().append(claim, batch)

    loaded = journal.load("r")
    assert [(r.run, r.seq) for r in loaded.rows] == [("r", 1), ("r/in", 1)]
    assert len(loaded.requests) == 1


def test_append_is_refused_when_a_row_does_not_follow(journal: Journal) -> None:
    """A row whose number is not beyond the last one, and that is not that very row, is refused."""
    claim = begin(journal)
    journal.append(claim, Batch(rows=[row("r", 5, "a")]))
    with pytest.raises(JournalError, match="row 5 of run 'r' does not come after its last, 5"):
        journal.append(claim, Batch(rows=[row("r", 5, "b")]))
    with pytest.raises(JournalError, match="row 4"):
        journal.append(claim, Batch(rows=[row("r", 4, "b")]))


def test_run_waits_at_once_when_decision_wakes_it(journal: Journal) -> None:
    """A decision makes a waiting run ready, in its own transaction; a worker that knows its agents gets it."""
    waiting(journal)
    assert journal.claim_ready("w2", {"bot"}, LEASE) == []
    assert journal.settle("r:1", 0, yes("r:1"))
    assert [info.status for info in journal.runs()] == ["ready"]
    assert journal.claim_ready("w2", {"another"}, LEASE) == []
    assert journal.claim_ready("w2", {"bot", "another"}, LEASE) == [Claim("r", 2, "w2")]
    assert journal.claim_ready("w3", {"bot"}, LEASE) == []


@pytest.mark.parametrize("came", ["decision", "expiry", "control", "time"])
def test_append_does_not_let_a_run_wait_when_something_came_in(journal: Journal, came: str) -> None:
    """What came in between the last look and the pause is not slept through: all else is written, the run goes on."""
    claim, wake = begin(journal), None
    journal.append(claim, Batch(requests=[asked("r:1", deadline=journal.now() - 1 if came == "expiry" else None)]))
    if came == "decision":
        assert journal.settle("r:1", 0, yes("r:1"))
    elif came == "expiry":
        assert journal.expire() == ["r:1"]
    elif came == "control":
        assert journal.steer("r", "say", "stop that")
    else:
        wake = journal.now() - 0.001

    assert journal.append(claim, Batch(rows=[row("r", 1)], status="waiting", wake=wake)) is False

    info = journal.load("r").info
    assert (info.status, info.worker, len(journal.load("r").rows)) == ("running", "w", 1)
    assert journal.append(claim, Batch(status="waiting"))  # its holder knows of it by now
    assert journal.load("r").info.status == "waiting"


def test_append_lets_a_run_wait_when_news_has_told_of_what_came_in(journal: Journal) -> None:
    """What `news` has told, and what the holder went on with, needs not be told again."""
    claim = begin(journal)
    journal.append(claim, Batch(requests=[asked("r:1"), asked("r:2")]))
    journal.settle("r:1", 0, yes("r:1"))
    journal.steer("r", "pause", by="ada")

    news = journal.news(claim, ["r:1", "r:2"])

    assert [(r.id, r.status, r.reply and r.reply.by) for r in news.requests] == [("r:1", "answered", "ada")]
    assert [(c.action, c.by) for c in news.controls] == [("pause", "ada")]
    journal.append(claim, Batch(rows=[row("r", 1)]))
    assert journal.append(claim, Batch(status="waiting"))


def test_append_does_not_let_a_run_wait_when_its_news_may_still_be_on_their_way(journal: Journal) -> None:
    """What another thread was just told, and what the run has not gone on with, may not have been heard yet."""
    claim = begin(journal)
    journal.append(claim, Batch(requests=[asked("r:1")]))
    journal.settle("r:1", 0, yes("r:1"))
    assert journal.news(claim, ["r:1"]).requests
    assert not journal.append(claim, Batch(status="waiting"))
    assert journal.append(claim, Batch(status="waiting"))


def test_control_message_is_gone_when_it_was_met(journal: Journal) -> None:
    """A message is told until a batch says that it was met; it wakes a run that waits."""
    waiting(journal)
    assert journal.steer("r", "say", "a\x00\ud800b", "ada")
    (claim,) = journal.claim_ready("w2", {"bot"}, LEASE)
    (control,) = journal.load("r").controls
    assert control.text == "a\x00\ud800b"
    journal.append(claim, Batch(taken=[control.number]))
    assert journal.news(claim, []).controls == ()
    assert journal.append(claim, Batch(status="waiting"))


def test_steer_says_no_when_the_run_is_over_or_unknown(journal: Journal) -> None:
    """Nobody hears a message to a run that is over."""
    claim = begin(journal)
    assert journal.steer("r", "stop")
    journal.append(claim, Batch(status="done"))
    assert not journal.steer("r", "stop")
    assert not journal.steer("nobody", "stop")


def test_requests_are_cancelled_when_the_run_is_over(journal: Journal) -> None:
    """Nothing of a run that is over waits for anybody."""
    claim = begin(journal)
    journal.append(claim, Batch(requests=[asked("r:1"), asked("r:2")]))
    journal.settle("r:1", 0, yes("r:1"))
    journal.append(claim, Batch(status="failed", reason="no more"))
    assert [r.status for r in journal.load("r").requests] == ["answered", "cancelled"]
    assert journal.pending() == []
    info = journal.load("r").info
    assert (info.status, info.reason, info.worker) == ("failed", "no more", "")


# ---------------------------------------------------------------- claims


def test_claim_is_refused_when_another_holds_the_run(journal: Journal) -> None:
    """The text says who holds it and for how long; the holder itself may claim anew."""
    begin(journal, worker="w1")
    with pytest.raises(JournalError, match=r"held by w1.*free in (30|29) s"):
        journal.claim("r", "w2", LEASE)
    assert journal.claim("r", "w1", LEASE).fence == 2


def test_claim_is_refused_when_the_run_is_over_or_unknown(journal: Journal) -> None:
    """What is over stays so."""
    journal.append(begin(journal), Batch(status="done"))
    with pytest.raises(JournalError, match="is over: done"):
        journal.claim("r", "w", LEASE)
    with pytest.raises(JournalError, match="no run 'x'"):
        journal.claim("x", "w", LEASE)


def test_writing_is_refused_when_the_run_was_taken_over(place: Place) -> None:
    """A worker whose lease has ended, and whose run another has taken, writes and learns nothing."""
    slow, quick = place.open(), place.open()
    old = slow.begin("r", {}, ["bot"], "w1", 0.0)
    (new,) = quick.claim_ready("w2", {"bot"}, LEASE)
    quick.append(new, Batch(rows=[row("r", 1, "new")]))

    with pytest.raises(FencedError, match="taken over"):
        slow.append(old, Batch(rows=[row("r", 1, "old")]))
    with pytest.raises(FencedError, match="taken over"):
        slow.news(old, [])

    assert slow.renew("w1", LEASE) == frozenset()
    assert [r.body["value"] for r in quick.load("r").rows] == ["new"]


def test_renew_keeps_the_run_when_its_lease_has_ended_and_nobody_took_it(journal: Journal) -> None:
    """A worker that comes back in time goes on."""
    claim = journal.begin("r", {}, ["bot"], "w1", 0.0)
    assert journal.renew("w1", LEASE) == {"r"}
    assert journal.claim_ready("w2", {"bot"}, LEASE) == []
    assert journal.append(claim, Batch(rows=[row("r", 1)]))


def test_claim_ready_gives_the_longest_waiting_first_when_there_are_several(journal: Journal) -> None:
    """Runs whose worker died come first; then those that are ready or due, by time; never one twice."""
    now = journal.now()
    for name, wake in (("later", now + 900), ("second", now + 0.0), ("never", None)):
        waiting(journal, name, wake=now + 9 if wake == now else wake)
    journal.begin("dead", {}, ["bot"], "w1", 0.0)
    journal.begin("fresh", {}, ["bot"], "w1", LEASE, "ready")
    journal.settle("never:1", 0, yes("never:1"))
    claims = [journal.claim_ready("w2", {"bot"}, LEASE, limit=1) for _ in range(4)]
    assert [[c.run for c in found] for found in claims] == [["dead"], ["fresh"], ["never"], []]


def test_claim_ready_gives_a_run_when_its_time_has_come(journal: Journal, place: Place) -> None:
    """A run that waits is due by itself at the time that it said."""
    waiting(journal, wake=journal.now() + 3600)
    assert journal.claim_ready("w2", {"bot"}, LEASE) == []
    place.change("UPDATE runs SET wake = wake - 3601")
    assert [c.run for c in journal.claim_ready("w2", {"bot"}, LEASE)] == ["r"]


def test_release_changes_a_run_when_nobody_holds_it(journal: Journal) -> None:
    """A blocked run is made ready again; one that somebody holds is left alone."""
    claim = begin(journal)
    assert not journal.release("r", "blocked", "mine")
    journal.append(claim, Batch(status="blocked", reason="no agent 'bot'"))
    assert (journal.load("r").info.status, journal.load("r").info.reason) == ("blocked", "no agent 'bot'")
    assert journal.release("r", "ready")
    with pytest.raises(FencedError):
        journal.append(claim, Batch(rows=[row("r", 1)]))
    assert [c.run for c in journal.claim_ready("w2", {"bot"}, LEASE)] == ["r"]
    assert not journal.release("nobody", "ready")


def test_runs_are_listed_by_page_when_there_are_many(journal: Journal) -> None:
    """The latest first; by status; one page after the other. Runs inside others are not listed."""
    for number in range(5):
        claim = begin(journal, f"r{number}")
        journal.append(claim, Batch(rows=[row(f"r{number}/in", 1)], status="done" if number % 2 else None))
    assert [i.id for i in journal.runs(limit=2)] == ["r4", "r3"]
    assert [i.id for i in journal.runs(limit=9, after="r3")] == ["r2", "r1", "r0"]
    assert [i.id for i in journal.runs(["done", "failed"])] == ["r3", "r1"]


# ---------------------------------------------------------------- requests


def test_pending_gives_the_one_that_is_due_first_when_several_are_open(journal: Journal) -> None:
    """Those with a deadline come first, then the oldest; one page after the other."""
    now, claim = journal.now(), begin(journal)
    due = {"r:1": None, "r:2": now + 900, "r:3": now + 100, "r:4": None, "r:5": now + 900}
    journal.append(claim, Batch(requests=[asked(id, deadline=deadline) for id, deadline in due.items()]))
    assert [r.id for r in journal.pending()] == ["r:3", "r:2", "r:5", "r:1", "r:4"]
    assert [r.id for r in journal.pending(limit=2)] == ["r:3", "r:2"]
    assert [r.id for r in journal.pending(limit=2, after="r:2")] == ["r:5", "r:1"]
    assert [r.id for r in journal.pending(after="r:4")] == []


def test_pending_gives_those_that_are_for_somebody_when_it_is_asked_so(journal: Journal) -> None:
    """Requests for one of these names, or for anybody; of a run, and of those inside it."""
    claim = begin(journal)
    journal.append(
        claim,
        Batch(
            requests=[
                asked("r:1", to=("clerk", "ada")), asked("r:2", to=("manager",)), asked("r:3"),
                asked("r/in:1", to=("clerk",)), asked("r/in/deep:1"), asked("r/inner:1"),
            ]
        ),
    )  # fmt: skip
    waiting(journal, "another", "another:1", to=("clerk",))
    assert [r.id for r in journal.pending(["clerk"])] == [
        "r:1", "r:3", "r/in:1", "r/in/deep:1", "r/inner:1", "another:1",
    ]  # fmt: skip
    assert [r.id for r in journal.pending(["ada", "manager"], limit=2)] == ["r:1", "r:2"]
    assert [r.id for r in journal.pending(["*"], run="another")] == ["another:1"]
    assert [r.id for r in journal.pending(run="r/in")] == ["r/in:1", "r/in/deep:1"]
    assert [r.id for r in journal.pending(["manager"], run="r", after="r:1", limit=2)] == ["r:2", "r:3"]


def test_settle_counts_once_when_two_decide(journal: Journal) -> None:
    """The first answer counts, and stands as it was given; the second changes nothing."""
    waiting(journal)
    assert journal.settle("r:1", 0, yes("r:1"), decision_id="d1")
    assert not journal.settle("r:1", 0, answer("r:1", reject("no"), "bob"))
    stored = journal.request("r:1")
    assert stored is not None
    assert (stored.status, stored.reply, stored.decision_id) == ("answered", yes("r:1"), "d1")


def test_settle_does_not_count_when_request_has_moved_on(journal: Journal) -> None:
    """An answer counts at the level, and with the votes, that its giver saw; never after the deadline."""
    claim = begin(journal)
    journal.append(claim, Batch(requests=[asked("r:1", need=3), asked("r:2", deadline=journal.now() - 1)]))
    assert not journal.settle("r:1", 1, yes("r:1"))
    assert not journal.settle("r:1", 0, yes("r:1"), votes=1)
    assert journal.settle("r:1", 0, yes("r:1", "ada"), final=False)
    assert not journal.settle("r:1", 0, yes("r:1", "bob"), final=False)
    assert journal.settle("r:1", 0, yes("r:1", "bob"), votes=1, final=False)
    assert not journal.settle("r:2", 0, yes("r:2"))
    assert not journal.settle("nothing", 0, yes("nothing"))

    stored = journal.request("r:1")
    assert stored is not None
    assert (stored.status, [v.by for v in stored.votes]) == ("open", ["ada", "bob"])
    assert journal.settle("r:1", 0, yes("r:1", "cyd"), votes=2)
    stored = journal.request("r:1")
    assert stored is not None
    assert stored.reply is not None
    assert [v.by for v in stored.reply.votes] == ["ada", "bob"]


def test_request_keeps_its_id_when_it_is_escalated(journal: Journal) -> None:
    """The next level stands under the same id, with how the one before ended; its votes begin anew."""
    claim = begin(journal)
    journal.append(claim, Batch(requests=[asked("r:1", to=("clerk",), need=2, deadline=journal.now() - 1)]))
    assert journal.expire("r:1", 1) == []
    assert journal.expire("r:1", 0) == ["r:1"]
    assert journal.expire() == []
    journal.append(claim, Batch(requests=[asked("r:1", to=("manager",), level=1)]))

    stored = journal.request("r:1")

    assert stored is not None
    assert (stored.status, stored.request.level, stored.request.to, stored.votes) == ("open", 1, ("manager",), ())
    assert [(h["level"], h["status"]) for h in stored.history] == [(0, "expired")]
    assert [r.id for r in journal.pending(["manager"])] == ["r:1"]
    assert journal.pending(["clerk"]) == []
    assert journal.expire("r:1", 1, force=True) == ["r:1"]


def test_answer_stands_when_its_run_escalates_at_the_same_moment(journal: Journal) -> None:
    """A decision that came first outranks the next level, which is not written."""
    claim = begin(journal)
    journal.append(claim, Batch(requests=[asked("r:1")]))
    journal.settle("r:1", 0, yes("r:1"))
    assert journal.append(claim, Batch(requests=[asked("r:1", level=1)], status="waiting")) is False
    stored = journal.request("r:1")
    assert stored is not None
    assert (stored.status, stored.request.level) == ("answered", 0)


def test_cancelled_request_is_open_when_it_is_asked_again(journal: Journal) -> None:
    """A request that was withdrawn may be asked again under its id."""
    claim = begin(journal)
    journal.append(claim, Batch(requests=[asked("r:1")]))
    journal.append(claim, Batch(closed=["r:1", "no such"]))
    assert [r.status for r in journal.load("r").requests] == ["cancelled"]
    assert not journal.settle("r:1", 0, yes("r:1"))
    journal.append(claim, Batch(requests=[asked("r:1")]))
    assert journal.settle("r:1", 0, yes("r:1"))


def test_expire_wakes_the_run_when_a_deadline_has_passed(journal: Journal) -> None:
    """Time is just another decider: of those that are due each is told once, and their runs are ready."""
    for name, wait in (("a", -1.0), ("b", 3600.0), ("c", -2.0)):
        waiting(journal, name, f"{name}:1", deadline=journal.now() + wait)
    assert sorted(journal.expire()) == ["a:1", "c:1"]
    assert journal.expire() == []
    assert {i.id: i.status for i in journal.runs()} == {"a": "ready", "b": "waiting", "c": "ready"}
    stored = journal.request("a:1")
    assert stored is not None
    assert (stored.status, stored.reply) == ("expired", None)


# ---------------------------------------------------------------- what is kept once


@pytest.mark.parametrize("preview", ["amount 5", "x" * 70_000], ids=["small", "large"])
def test_request_is_kept_once_when_a_row_tells_of_it(place: Place, preview: str) -> None:
    """What people are asked stands in the chain and nowhere else; a level that no row tells of stands apart."""
    journal = place.open()
    claim = begin(journal)
    row, new = told("r:1", 1, preview=preview, deadline=5.0)
    assert journal.append(claim, Batch(rows=[row], requests=[new]))
    assert not journal.append(claim, Batch(rows=[row], requests=[new], status="waiting", wake=1.0))

    assert place.look("SELECT body FROM requests") == [("",)]
    assert [uses for (uses,) in place.look("SELECT uses FROM bodies")] == [1] * (len(preview) > 64 * 1024)
    opened = place.open()
    found = [opened.request("r:1"), *opened.pending(), *opened.load("r").requests]
    assert [stored and stored.request for stored in found] == [new.request] * 3
    assert opened.expire() == ["r:1"]
    later = asked("r:1", level=1, preview="the next one")
    journal.append(claim, Batch(requests=[later]))
    again = opened.request("r:1")
    assert again is not None
    assert again.request == later.request


def test_request_is_damaged_when_the_row_that_holds_it_is(place: Place) -> None:
    """Nobody is asked to allow what was changed behind the journal's back, and others are asked as before."""
    journal = place.open()
    for run in ("a", "b"):
        row, new = told(f"{run}:1", 1, preview="pay 5")
        journal.append(begin(journal, run), Batch(rows=[row], requests=[new], status="waiting"))
    place.change("UPDATE events SET body = replace(body, 'pay 5', 'pay 9') WHERE key LIKE ?", "1/a:1%")
    with pytest.raises(JournalError, match=r"request 'a:1' is damaged"):
        journal.request("a:1")
    assert [stored.id for stored in journal.pending()] == ["b:1"]


def test_journal_goes_on_when_an_earlier_convagent_made_it(place: Place) -> None:
    """Its tables become those of now; what was asked then is answered, and what is asked now is kept once."""
    first = place.open()
    waiting(first, "old", "old:1", preview="then")
    first.close()
    place.change("ALTER TABLE requests DROP COLUMN told")
    place.change("UPDATE meta SET value = '1' WHERE name = 'version'")

    journal = place.open()

    row, new = told("new:1", 1, preview="now")
    journal.append(begin(journal, "new"), Batch(rows=[row], requests=[new], status="waiting"))
    assert [stored.request.preview for stored in place.open().pending()] == ["then", "now"]
    assert journal.settle("old:1", 0, yes("old:1"))
    assert journal.settle("new:1", 0, yes("new:1"))


# ---------------------------------------------------------------- whatever text there is

HOSTILE = ["\x00", "\ud800", "é\u2028\U0001f600", '"\\u0000"', "'; DROP TABLE runs; --", "sha256:" + "0" * 64, "%s ?"]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_comes_back_when_it_was_written(journal: Journal, text: str) -> None:
    """NUL, half of a surrogate pair, and what looks like ours are kept like any other text, wherever they stand."""
    claim = journal.begin(f"r{text}", {"x": text}, [f"bot{text}"], f"w{text}", LEASE)
    run = claim.run
    request = NewRequest(run, f"1/{text}", question(f"{run}:1", to=(text,), because=text))
    batch = Batch(
        rows=[row(run, 1, text, f"1/{text}"), row(f"{run}/in{text}", 1, text)], requests=[request],
        timers=[(run, text, 1e9)], status="waiting", reason=text,
    )  # fmt: skip
    assert journal.append(claim, batch)
    assert journal.settle(f"{run}:1", 0, answer(f"{run}:1", reject(text), text), decision_id=text)

    loaded = journal.load(run)

    assert loaded.spec == {"x": text}
    assert [(r.run, r.key, r.body["value"]) for r in loaded.rows] == [
        (run, f"1/{text}", text), (f"{run}/in{text}", "1/say#1", text),
    ]  # fmt: skip
    assert (loaded.info.agents, loaded.info.reason) == ((f"bot{text}",), text)
    (stored,) = loaded.requests
    assert (stored.request, stored.key, stored.decision_id) == (request.request, f"1/{text}", text)
    assert stored.reply == answer(f"{run}:1", reject(text), text)
    assert loaded.timers == {(run, text): 1e9}


def test_large_bodies_are_kept_once_when_they_are_the_same(place: Place) -> None:
    """A body of 10 MB comes back as it was; three rows that hold the same take its room once."""
    journal, large = place.open(), "ä" * 1_700_000
    claim = begin(journal)
    rows = [row("r", 1, large), row("r", 2, large), row("r", 3, large), row("r", 4, "small")]
    journal.append(claim, Batch(rows=rows, requests=[asked("r:1", preview=large)]))
    loaded = place.open().load("r")
    assert [len(r.body["value"]) for r in loaded.rows] == [1_700_000, 1_700_000, 1_700_000, 5]
    assert loaded.requests[0].request.preview == large
    assert sorted(uses for (uses,) in place.look("SELECT uses FROM bodies")) == [1, 3]


# ---------------------------------------------------------------- what was damaged


IN_R = "place / 16777216 = (SELECT run FROM runs WHERE id = 'r')"
DAMAGE = {
    "another text": f"UPDATE events SET body = '{{\"v\":1}}' WHERE place = run * 16777216 + 2 AND {IN_R}",
    "half a row": f"UPDATE events SET body = substr(body, 1, 9) WHERE place = run * 16777216 + 2 AND {IN_R}",
    "a missing row": f"DELETE FROM events WHERE place = run * 16777216 + 2 AND {IN_R}",
    "the last row": f"DELETE FROM events WHERE place = run * 16777216 + 3 AND {IN_R}",
    "another key": f"UPDATE events SET key = '1/other' WHERE place = run * 16777216 + 2 AND {IN_R}",
    "another turn": "UPDATE runs SET turn = turn - 1 WHERE id = 'r'",
    "no specification": "UPDATE runs SET spec = 'sha256:gone' WHERE id = 'r'",
}


@pytest.mark.parametrize("how", DAMAGE)
def test_load_names_the_place_when_a_row_was_damaged(place: Place, how: str) -> None:
    """A damaged run is refused by name, before anything is done with it; the others go on."""
    journal = place.open()
    for name in ("r", "fine"):
        claim = begin(journal, name)
        journal.append(claim, Batch(rows=[row(name, n, str(n), f"{n}/say") for n in (1, 2, 3)], turns={name: 3}))
        journal.append(claim, Batch(rows=[row(name, 4, "4", "4/say")] if how == "another turn" else []))
    place.change(DAMAGE[how])

    with pytest.raises(JournalError, match="run 'r' is damaged") as caught:
        place.open().load("r")

    assert "Other runs are not concerned" in str(caught.value)
    if how in ("another text", "half a row", "another key"):
        assert "row 2" in str(caught.value)
    assert len(place.open().load("fine").rows) == (4 if how == "another turn" else 3)


# ---------------------------------------------------------------- messages and workers


def test_message_is_delivered_once_when_several_look_for_work(journal: Journal) -> None:
    """A message belongs to whoever claimed it for a while; it is tried again when it failed, and not when it went."""
    from convagent.journal.base import NewMessage

    claim = begin(journal)
    later = NewMessage("m2", "r:1", 0, "http://there", "{}", due=journal.now() + 900)
    journal.append(claim, Batch(outbox=[NewMessage("m1", "r:1", 0, "http://here", '{"a":"\\u0000"}'), later]))
    journal.append(claim, Batch(outbox=[NewMessage("m1", "r:1", 0, "http://here", "twice")]))

    (message,) = journal.claim_messages()

    assert (message.id, message.target, message.body, message.attempts) == ("m1", "http://here", '{"a":"\\u0000"}', 1)
    assert journal.claim_messages() == []
    journal.undelivered("m1", "503\x00", again=-1)
    (message,) = journal.claim_messages()
    assert (message.attempts, message.error) == (2, "503\x00")
    journal.delivered("m1")
    assert journal.claim_messages() == []
    journal.undelivered("m2", "gone", None)
    assert {(m.id, m.status, m.due) for m in journal.messages()} == {
        ("m1", "delivered", None),
        ("m2", "given up", None),
    }


def test_workers_are_known_when_they_said_so(journal: Journal) -> None:
    """Who moves runs on, and which agents they know."""
    journal.attend("w1", ["bot", "other@2"])
    journal.attend("w1", ["bot"])
    (worker,) = journal.workers()
    assert (worker.name, worker.agents) == ("w1", ("bot",))
    assert abs(worker.seen - journal.now()) < 30


# ---------------------------------------------------------------- watching


def test_watcher_of_a_run_hears_of_that_run_only(place: Place) -> None:
    """A thousand runs that are held at one journal are not woken for the decision of one of them."""
    here = place.open()
    deciding = place.open() if place.kind == "postgres" else here  # a file says that it was written, not about what
    for run in ("a", "b", "c"):
        here.append(begin(here, run), Batch(requests=[asked(f"{run}:1")]))
    of_a, of_all = Event(), Event()
    here.watch(of_all.set)
    assert of_all.wait(10)  # of what was before it looked
    here.watch(of_a.set, "a")
    for run in ("b", "c"):  # when it is told of the second, it has been told all of the first
        of_all.clear()
        assert deciding.settle(f"{run}:1", 0, yes(f"{run}:1"))
        assert of_all.wait(10)
    assert not of_a.is_set()
    assert deciding.settle("a:1", 0, yes("a:1"))
    assert of_a.wait(10)
