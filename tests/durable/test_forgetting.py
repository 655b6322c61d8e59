"""Forgetting a person: their name is put wherever one can stand, and afterwards looked for in all that is kept."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from convagent import ConversableAgent, ScriptedModel, ask, fork, resume
from convagent.action import Action
from convagent.channels import ScriptedChannel
from convagent.errors import JournalError
from convagent.events import TextEvent
from convagent.human import HumanRequest, approve, edit, reject
from convagent.journal import Batch, Claim, Inbox, Journal, NewRequest, NewRow, SQLiteJournal
from convagent.journal.base import NewMessage
from convagent.serde import write_body
from tests.durable.asking import LEASE, answer, asked, row, told
from tests.durable.places import Place, PostgresPlace
from tests.naming import case

TRACE = "Quillfeather"
NAME = f"Zoë {TRACE}"
"""Not in ASCII, so that it stands escaped in JSON, too."""
LARGE = f"{NAME} {'x' * 70_000}"


def dump(place: Place) -> Iterator[tuple[str, str]]:
    """Return every row of every table, whichever there are, with the table's name."""
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if isinstance(place, PostgresPlace):
        tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
    for (name,) in place.look(tables):
        for found in place.look(f"SELECT * FROM {name}"):
            yield name, str(found)


def traces(place: Place) -> list[str]:
    """Return the rows in which the name stands."""
    return [f"{name}: {text[:300]}" for name, text in dump(place) if TRACE in text]


def message(number: int, **fields: Any) -> NewMessage:
    values: dict[str, Any] = {"request": "", "level": 0, "target": "hook", "body": "{}"}
    return NewMessage(id=f"m{number}", **{**values, **fields})


# ---------------------------------------------------------------- where a name can stand


def in_rows(journal: Journal, claim: Claim) -> None:
    """As a text, inside a sentence, as a field's name, in a body that is kept apart, in a run inside."""
    said = TextEvent(message={"role": "user", "content": f"I am {NAME}."}, sender="user", recipient="bot")
    rows = [
        row("r", 1, NAME),
        NewRow("r", 2, "1/text", 1.0, write_body(said)),
        NewRow("r", 3, "1/step", 1.0, f'{{"v":1,"type":"step","value":{{"{NAME}":3}}}}'),
        row("r", 4, LARGE),
        row("r/in", 1, NAME),
    ]
    journal.append(claim, Batch(rows=rows))


def in_requests(journal: Journal, claim: Claim) -> None:
    """As who is asked, who asks, and in what is asked, also where the row of an event holds it."""
    about = Action("tool", "bot", "pay", {"to": NAME})
    row_of, kept = told("r:4", 1, preview=NAME)
    plain = NewRequest("r", "1/ask#5", HumanRequest("r:5", "Pay?", NAME, decisions=("approve",)))
    new = [asked("r:1", to=(NAME,)), asked("r:2", action=about), asked("r:3", because=LARGE), kept, plain]
    journal.append(claim, Batch(rows=[row_of], requests=new))


def in_answers(journal: Journal, claim: Claim) -> None:
    """As who answered, voted or escalated, in what was answered, and as the name of the answer."""
    journal.append(claim, Batch(requests=[asked(f"r:{n}", need=2 if n == 4 else 1) for n in range(1, 7)]))
    journal.settle("r:1", 0, answer("r:1", approve, NAME))
    journal.settle("r:2", 0, answer("r:2", edit(to=NAME), "bob"))
    journal.settle("r:3", 0, answer("r:3", reject(f"ask {NAME}"), "bob"), decision_id=NAME)
    journal.settle("r:4", 0, answer("r:4", approve, NAME), final=False)
    journal.expire("r:5", 0, force=True, by=NAME)
    journal.append(claim, Batch(requests=[asked("r:5", level=1)]))
    journal.settle("r:6", 0, answer("r:6", reject(LARGE), "bob"))


def in_letters(journal: Journal, claim: Claim) -> None:
    """In what is to be delivered outside: about their request, or not; as where it goes; as why it did not arrive."""
    letters = [
        message(1, request="r:1", body=LARGE),
        message(2, body=write_body(TextEvent(message={"role": "user", "content": NAME}, sender="a", recipient="b"))),
        message(3, target=NAME),
        message(4, body=f"Dear {NAME}"),
        message(5, target="other"),
    ]
    journal.append(claim, Batch(requests=[asked("r:1", to=(NAME,))], outbox=letters))
    journal.undelivered("m5", f"{NAME} is away", None)


def nowhere(journal: Journal, claim: Claim) -> None:
    """In nothing but what the run was begun with, and why it ended."""


SPEC: dict[str, Any] = {
    "is": "chat",
    "v": 1,
    "sender": "user",
    "members": [NAME],
    "message": f"Write to {NAME}.",
    "people": {NAME: ["clerk"], "bob": ["clerk"]},
    "context": {NAME: 1, "carryover": [NAME]},
    "oversight": [{"ask": [NAME]}],
    "before": [[{"content": LARGE}]],
    "chat_id": NAME,
}


@pytest.mark.parametrize("put", [in_rows, in_requests, in_answers, in_letters, nowhere], ids=case)
def test_nothing_is_left_of_a_name_wherever_it_stood(place: Place, put: Callable[[Journal, Claim], None]) -> None:
    """No column of any table holds it, nor any list or export; the record verifies, and others are as they were."""
    journal = place.open()
    inbox = Inbox(journal)
    claim = journal.begin("r", SPEC, ["bot", NAME], "w", LEASE)
    put(journal, claim)
    journal.append(claim, Batch(rows=[row("r/last", 1)], status="done", reason=f"Stopped by {NAME}: enough"))
    other = journal.begin("other", {"people": {"bob": ["clerk"]}}, ["bot"], "w", LEASE)
    journal.append(other, Batch(rows=[row("other", 1)], status="done", reason="Stopped by bob"))
    head = inbox.head()
    assert {text.partition(":")[0] for text in traces(place)} >= {"runs", "lists", "bodies"}

    inbox.forget(NAME)

    assert traces(place) == []
    assert TRACE not in str(journal.runs()) + str(journal.load("r")) + "".join(inbox.export())
    assert inbox.verify(head=head).ok
    assert [(info.id, info.reason) for info in journal.runs()] == [("other", "Stopped by bob"), ("r", "(erased)")]
    assert journal.load("r").spec["people"] == {"bob": ["clerk"]}
    assert place.look("SELECT * FROM bodies") == []


# ---------------------------------------------------------------- what goes on afterwards


def team() -> list[ConversableAgent]:
    bot = ConversableAgent("bot", llm_config=ScriptedModel(["Done."], repeat_last=True), human_input_mode="NEVER")
    return [bot, ConversableAgent("user", llm_config=False, human_input_mode="NEVER")]


def test_run_gives_its_result_and_is_not_gone_on_with_when_its_rules_named_somebody(journal: Journal) -> None:
    """What is left of its specification has fewer rules than it was begun with, so nobody begins from there."""
    bot, user = team()
    user.initiate_chat(bot, message="Begin.", max_turns=1, oversight=ask("ada"), journal=journal, silent=True)
    (info,) = journal.runs()
    Inbox(journal).forget("ada")
    assert resume(journal, info.id, team()).result.summary == "Done."
    with pytest.raises(JournalError, match="deleted in part"):
        fork(journal, info.id, 1)


# ---------------------------------------------------------------- in the file


def test_no_byte_of_a_name_is_left_in_the_file_of_a_journal(tmp_path: Path) -> None:
    """Neither in pages nor between them, nor in the log that is written before them, while another has it open."""
    path, chance = tmp_path / "runs.db", random.Random(7)
    with SQLiteJournal(path, synchronous="NORMAL") as journal, SQLiteJournal(path) as other:
        ended = other.watch(lambda: None)
        for number in range(60):
            run = f"r{number}"
            claim = journal.begin(
                run, {"people": {NAME: []}, "message": "y" * chance.randrange(3_000)}, ["bot"], "w", 30
            )
            texts = [f"{NAME if chance.random() < 0.5 else 'bob'} {'x' * chance.randrange(6_000)}" for _ in range(8)]
            rows = [row(run, seq, text) for seq, text in enumerate(texts, 1)]
            journal.append(claim, Batch(rows=rows, requests=[asked(f"{run}:1", to=(NAME,))]))
            journal.append(claim, Batch(status="done", reason=f"{NAME} had enough"))
        assert TRACE.encode() in b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert Inbox(journal).forget(NAME) > 0
        found = {file.name: file.read_bytes().count(TRACE.encode()) for file in tmp_path.iterdir()}
        assert not any(found.values()), found
        ended()


def test_words_that_a_person_gave_an_agent_are_forgotten_without_their_name(journal: Journal) -> None:
    """At a classic prompt they become the agent's message, which says nothing of who typed them."""
    bot, user = team()
    user.human_input_mode = "ALWAYS"
    ada = ScriptedChannel("My number is 4711.", person="ada")
    given: dict[str, Any] = {"people": {"ada": ["*"]}, "channels": [ada], "journal": journal, "silent": True}
    user.initiate_chat(bot, message="Begin.", max_turns=2, **given)
    (info,) = journal.runs()
    assert "4711" in str(journal.load(info.id))
    Inbox(journal).forget("ada")
    left = str(journal.load(info.id))
    assert "4711" not in left
    assert "Begin." in left
