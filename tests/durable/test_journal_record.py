"""What a journal's record proves, how it leaves, and what is deleted of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from convagent import Action, audit
from convagent.errors import ConfigError, JournalError
from convagent.events import DecidedEvent, InputReplyEvent, TextEvent
from convagent.human import approve, edit
from convagent.journal import Batch, Claim, Inbox, Journal, NewRow
from convagent.journal.codec import crc_of
from convagent.serde import write_body
from tests.durable.asking import answer, asked, begin, row, told, yes
from tests.durable.places import Place


def finished(journal: Journal, run: str, rows: int = 3) -> Claim:
    """Keep a run that is over, with one inside it."""
    claim = begin(journal, run)
    journal.append(claim, Batch(rows=[row(run, n + 1, f"{run} {n}") for n in range(rows)], turns={run: 1}))
    journal.append(claim, Batch(rows=[row(f"{run}/in", 1)], status="done"))
    return claim


def event_row(run: str, seq: int, event: InputReplyEvent | DecidedEvent | TextEvent) -> NewRow:
    """Return an event as a row."""
    return NewRow(run, seq, f"1/{event.type}#{seq}", 1700000000.0 + seq, write_body(event))


# ---------------------------------------------------------------- verifying


def test_verify_says_ok_when_nothing_was_changed(journal: Journal) -> None:
    """The chains of all runs, of those inside them, and of one alone are computed again."""
    finished(journal, "a")
    finished(journal, "b")
    inbox = Inbox(journal)
    found = inbox.verify()
    assert (found.ok, found.rows, found.runs, found.erased, found.head) == (True, 8, 4, 0, "")
    one = inbox.verify("a")
    assert (one.ok, one.rows, one.runs) == (True, 4, 2)
    assert inbox.verify("a", head=one.head).ok
    assert "ok: 4 rows of 2 runs" in str(one)
    with pytest.raises(JournalError, match="no run 'x'"):
        inbox.verify("x")


EDITS = {
    "an edit": "UPDATE events SET body = replace(body, 'a 1', 'a 9'), crc = crc WHERE place = run * 16777216 + 2",
    "a lost row": "DELETE FROM events WHERE place = run * 16777216 + 2",
    "a lost end": "DELETE FROM events WHERE place = run * 16777216 + 3",
    "another writer": "UPDATE events SET fence = fence + 1 WHERE place = run * 16777216 + 2",
    "another time": "UPDATE events SET time = time + 1 WHERE place = run * 16777216 + 2",
}


@pytest.mark.parametrize("edit", EDITS)
def test_verify_names_the_run_when_it_was_changed(place: Place, edit: str) -> None:
    """A change by hand shows, whatever it was; and no head is given out over it."""
    finished(place.open(), "a")
    place.change(EDITS[edit])
    inbox = Inbox(place.open())
    for found in (inbox.verify(), inbox.verify("a")):
        assert not found.ok
        assert "run 'a' is damaged" in found.problem
        assert str(found).startswith("BROKEN")
    with pytest.raises(JournalError, match="prove nothing"):
        inbox.head()


def test_verify_names_the_row_when_whoever_edited_it_made_its_check_sum_right(place: Place) -> None:
    """An edit that a check sum does not show breaks the chain."""
    journal = place.open()
    journal.append(begin(journal), Batch(rows=[row("r", 1), row("r", 2)]))
    edited = row("r", 1, "edited")
    crc = crc_of(1, edited.key, 1, edited.time, edited.body)
    place.change("UPDATE events SET body = ?, crc = ? WHERE seq = 1", edited.body, crc)
    assert journal.load("r").rows[0].body["value"] == "edited"
    assert "row 1 (place 1) cannot be used: it does not follow" in Inbox(journal).verify().problem


def test_head_covers_later_what_it_covered_when_it_was_given_out(place: Place) -> None:
    """What is added later does not matter; what is taken out or written anew since shows against the head."""
    journal = place.open()
    inbox = Inbox(journal)
    claim = begin(journal, "a")
    journal.append(claim, Batch(rows=[row("a", 1), row("a", 2)]))
    finished(journal, "b")
    first = inbox.head()
    assert inbox.head() == first
    journal.append(claim, Batch(rows=[row("a", 3)], status="done"))
    second = inbox.head()
    assert second != first
    for head in (first, second):
        assert inbox.verify(head=head).ok
    with pytest.raises(ConfigError, match="is no head"):
        inbox.verify(head="abc")
    assert "written anew" in inbox.verify(head=f"1:{'0' * 64}").problem

    place.change("DELETE FROM events WHERE run = (SELECT run FROM runs WHERE id = 'b')")
    place.change("DELETE FROM runs WHERE id = 'b'")
    assert "run 'b'" in inbox.verify(head=first).problem


def test_head_shows_it_when_a_run_was_cut_off(place: Place) -> None:
    """A run whose end was taken out, its chain closed again, still verifies by itself, and not against a head."""
    journal = place.open()
    claim = begin(journal, "a")
    journal.append(claim, Batch(rows=[row("a", 1), row("a", 2)]))
    head, one = Inbox(journal).head(), Inbox(journal).verify("a").head
    place.change("DELETE FROM events WHERE place = run * 16777216 + 2")
    first = "SELECT hash FROM events WHERE place = runs.run * 16777216 + 1"
    place.change(f"UPDATE runs SET seq = 1, head = ({first}) WHERE id = 'a'")
    inbox = Inbox(place.open())
    assert inbox.verify("a").ok
    assert "run ends before it" in inbox.verify("a", head=one).problem
    assert "run 'a', which a head covers up to row 2, is missing" in inbox.verify(head=head).problem


def test_head_shows_it_when_the_seals_were_written_anew(place: Place) -> None:
    """Heads are chained to each other: one that was edited or taken out shows."""
    journal = place.open()
    finished(journal, "a")
    first = Inbox(journal).head()
    finished(journal, "b")
    Inbox(journal).head()
    place.change("UPDATE seals SET body = '[]' WHERE seal = (SELECT min(seal) FROM seals)")
    assert "does not follow" in Inbox(journal).verify(head=first).problem
    place.change("DELETE FROM seals")
    assert "cut off" in Inbox(journal).verify(head=first).problem


# ---------------------------------------------------------------- leaving


def test_export_is_an_audit_log_when_it_is_written_to_a_file(journal: Journal, tmp_path: Path) -> None:
    """The rows of a journal are the rows of the audit log: the same commands verify and read them."""
    claim = begin(journal, "a")
    said = TextEvent(message={"role": "user", "content": "é\x00\ud800"}, sender="user", recipient="bot")
    journal.append(claim, Batch(rows=[event_row("a", 1, said), row("a/in", 1), row("a", 4, "x" * 70_000)]))
    finished(journal, "b")
    one, every = tmp_path / "one.jsonl", tmp_path / "all.jsonl"
    one.write_text("".join(Inbox(journal).export("a")), encoding="ascii")
    every.write_text("".join(Inbox(journal).export()), encoding="ascii")
    assert (audit.verify(one).ok, audit.verify(one).rows, audit.verify(one).runs) == (True, 3, 2)
    assert (audit.verify(every).ok, audit.verify(every).rows) == (True, 7)
    assert "user to bot: é" in "\n".join(audit.show(one))


def test_conversation_gives_events_without_steps_when_it_is_read(journal: Journal) -> None:
    """What happened, as events; what steps returned is left out, and what other runs did."""
    claim = begin(journal, "a")
    said = TextEvent(message={"role": "user", "content": "hello"}, sender="user", recipient="bot")
    journal.append(claim, Batch(rows=[event_row("a", 1, said), row("a", 2), event_row("a/in", 1, said)]))
    (event,) = Inbox(journal).conversation("a")
    assert isinstance(event, TextEvent)
    assert (event.message["content"], event.run_id, event.seq, event.at) == ("hello", "a", 1, 1700000001.0)
    (inner,) = Inbox(journal).conversation("a/in")
    assert inner.run_id == "a/in"


# ---------------------------------------------------------------- deleting


def decided(journal: Journal, run: str, by: str) -> Claim:
    """Keep a run in which somebody decided."""
    claim = journal.begin(run, {"people": {by: ["clerk"], "bob": []}}, ["bot"], "w", 30)
    journal.append(claim, Batch(requests=[asked(f"{run}:1", to=("clerk",), preview="account 123"), asked(f"{run}:2")]))
    Inbox(journal).decide(f"{run}:1", approve, by=by)
    reply = InputReplyEvent(reply=yes(f"{run}:1", by), agent="bot")
    said = TextEvent(message={"role": "user", "content": "hello"}, sender="user", recipient="bot")
    journal.append(claim, Batch(rows=[event_row(run, 1, said), event_row(run, 2, reply), row(run, 3, by)]))
    return claim


def test_forget_deletes_a_person_when_their_runs_are_over(place: Place) -> None:
    """Their rows are erased and still stand in the chains; nothing of the name is left, nor of what they answered."""
    journal = place.open()
    inbox = Inbox(journal)
    journal.append(decided(journal, "over", "ada.lovelace"), Batch(status="done"))
    journal.append(decided(journal, "also", "grace"), Batch(status="done"))
    head = inbox.head()

    assert inbox.forget("ada.lovelace") == 2

    assert inbox.forget("ada.lovelace") == 0
    everything = [place.look(f"SELECT * FROM {table}") for table in ("events", "requests", "runs", "lists", "bodies")]
    assert "lovelace" not in str(everything)
    stored = inbox.get("over:1")
    assert stored is not None
    assert (stored.reply, stored.request.preview, stored.status) == (None, "", "answered")
    found = inbox.verify(head=head)
    assert (found.ok, found.erased) == (True, 2)
    assert [sorted(r.body) for r in journal.load("over").rows][1:] == [["erased"], ["erased"]]
    assert [e.type for e in inbox.conversation("over")] == ["text"]
    other = inbox.get("also:1")
    assert other is not None
    assert other.reply is not None
    assert other.reply.by == "grace"


def test_forget_deletes_a_person_when_others_answered_what_names_them(place: Place) -> None:
    """Who is in the arguments, who escalated, and who edited something in somebody's favour: nothing of it is left."""
    journal = place.open()
    claim = begin(journal)
    about = Action("tool", "bot", "pay", {"to": "ada.lovelace"})
    journal.append(claim, Batch(requests=[asked("r:1", action=about, preview="secret"), asked("r:2"), asked("r:3")]))
    journal.settle("r:1", 0, answer("r:1", approve, "bob"))
    journal.settle("r:2", 0, answer("r:2", edit(to="ada.lovelace"), "bob"))
    journal.expire("r:3", 0, force=True, by="ada.lovelace")
    journal.append(claim, Batch(requests=[asked("r:3", level=1), asked("r:4")]))
    journal.expire("r:4", 0, force=True, by="ada.lovelace")
    row_of, kept = told("r:5", 1, action=about)
    journal.append(claim, Batch(rows=[row_of, row("r", 2, "r:1")], requests=[kept], status="done"))

    assert Inbox(journal).forget("ada.lovelace") == 2

    everything = [place.look(f"SELECT * FROM {table}") for table in ("events", "requests", "bodies")]
    assert "lovelace" not in str(everything)
    assert "secret" not in str(everything)
    found = {stored.id: stored for stored in journal.load("r").requests}
    assert [found[f"r:{n}"].status for n in (1, 2, 3, 4)] == ["answered", "answered", "cancelled", "expired"]
    assert [level["status"] for level in found["r:3"].history] == ["escalated"]
    assert [found[f"r:{n}"].request.prompt for n in (1, 5)] == ["(erased)", "(erased)"]


def test_forget_leaves_a_run_alone_when_it_is_not_over(journal: Journal) -> None:
    """A run that goes on needs what was decided."""
    decided(journal, "runs", "ada")
    assert Inbox(journal).forget("ada") == 0
    assert journal.load("runs").requests[0].reply is not None


def test_delete_leaves_the_end_of_the_chain_when_a_run_goes(place: Place) -> None:
    """A deleted run is gone, bodies that others share are not, and a head says that something was deleted."""
    journal = place.open()
    inbox, large = Inbox(journal), "x" * 70_000
    for name in ("a", "b"):
        claim = begin(journal, name)
        journal.append(claim, Batch(rows=[row(name, 1, large), row(f"{name}/in", 1)], requests=[asked(f"{name}:1")]))
        if name == "a":
            with pytest.raises(JournalError, match="stop it first"):
                inbox.delete("a")
        journal.append(claim, Batch(status="waiting"))
    head = inbox.head()

    inbox.delete("a")

    assert [r.id for r in journal.runs()] == ["b"]
    assert [r.id for r in journal.pending()] == ["b:1"]
    assert [r.body["value"] for r in journal.load("b").rows] == [large, "hello"]
    found = inbox.verify(head=head)
    assert (found.ok, found.pruned) == (True, 2)
    assert "2 runs were deleted" in str(found)
    inbox.delete("b")
    assert place.look("SELECT * FROM bodies") == []
    with pytest.raises(JournalError, match="no run 'b'"):
        inbox.delete("b")


def test_prune_deletes_what_is_over_when_it_is_old(place: Place) -> None:
    """Runs that are over and have not changed for so long go; those that wait stay, however old."""
    journal = place.open()
    finished(journal, "old")
    finished(journal, "new")
    claim = begin(journal, "waits")
    journal.append(claim, Batch(status="waiting"))
    place.change("UPDATE runs SET updated = updated - 86400 * 91 WHERE id <> 'new'")
    assert Inbox(journal).prune(older_than="90d") == ["old"]
    assert [r.id for r in journal.runs()] == ["waits", "new"]
    assert Inbox(journal).verify().ok
