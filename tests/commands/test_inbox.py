"""`convagent inbox`: whoever answers at the command line is told what became of it, and nothing is guessed."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from convagent.journal import Inbox, StoredRequest, open_journal
from tests.commands.conftest import TEAM, Command, Kept, Process
from tests.commands.keep import waiting_run
from tests.durable.asking import waiting

Python = Callable[..., subprocess.CompletedProcess[str]]


def _stored(kept: Kept) -> StoredRequest:
    journal = open_journal(kept.path)
    found = Inbox(journal).get(kept.request)
    journal.close()
    assert found is not None
    return found


# ---------------------------------------------------------------- looking


def test_list_shows_who_is_asked_what(kept: Kept, command: Command) -> None:
    """One line a question, with its id, and for whom it is."""
    said = command("inbox", "list")
    head, line = said.out.splitlines()
    assert head.split() == ["ID", "ASKED", "DUE", "FOR", "QUESTION"]
    assert line.split()[0] == kept.request
    assert "-    clerk  May desk call refund? " in line
    assert "customer='Bob' amount=250.0" in line


def test_list_as_json_is_one_object_a_line(kept: Kept, command: Command) -> None:
    """Scripts read id, run, status, question and arguments."""
    second = waiting_run(kept.path)
    found = [json.loads(line) for line in command("inbox", "list", "--json").out.splitlines()]
    assert [one["id"] for one in found] == [kept.request, f"{second}:1"]
    assert (found[0]["run"], found[0]["status"], found[0]["to"]) == (kept.run, "open", ["clerk"])
    assert found[0]["action"]["arguments"] == {"customer": "Bob", "amount": 250.0, "note": ""}


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--role", "clerk"), True),
        (("--role", "manager"), False),
        (("--person", "clerk"), True),
        (("--run", "x"), False),
    ],
)
def test_list_takes_only_what_is_asked_for(kept: Kept, command: Command, options: tuple[str, str], found: bool) -> None:
    """Role, person and run choose; that nothing is left is said, and is no error."""
    said = command("inbox", "list", *options)
    assert said.code == 0
    assert (kept.request in said.out) is found
    assert found or said.out == "Nothing of this waits for a person.\n"


def test_journal_may_be_named_before_the_command_and_behind_it(
    kept: Kept, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody remembers where an option has to stand."""
    monkeypatch.delenv("CONVAGENT_JOURNAL")
    assert kept.request in command("inbox", "--journal", kept.path, "list").out
    assert kept.request in command("inbox", "list", "--journal", kept.path).out


def test_show_says_why_and_how_to_answer(kept: Kept, command: Command) -> None:
    """All that a person has to know to decide."""
    said = command("inbox", "show", kept.request)
    assert "amount    250.0" in said.out
    assert "Asked because amount > 100." in said.out
    assert "Answer: approve | edit name=value | reject why | respond result | stop" in said.out
    assert said.out.endswith(f"To answer: convagent inbox answer {kept.request} approve --by NAME\n")


def test_show_suggests_an_id_that_begins_so(kept: Kept, command: Command) -> None:
    """The id of the run is what people type."""
    said = command("inbox", "show", kept.run)
    assert said.code == 1
    assert f"nobody asked {kept.run!r}; did you mean {kept.request}?" in said.err


def test_list_makes_no_journal_where_there_is_none(tmp_path: Path, command: Command) -> None:
    """A misspelt path is an error, and leaves no file."""
    said = command("inbox", "list", "--journal", tmp_path / "runz.db")
    assert said.code == 1
    assert "there is no journal" in said.err
    assert list(tmp_path.iterdir()) == []


def test_list_says_so_when_no_journal_is_named(command: Command) -> None:
    """Neither option nor variable: both are named."""
    said = command("inbox", "list")
    assert said.code == 1
    assert "--journal PATH|URL" in said.err
    assert "CONVAGENT_JOURNAL" in said.err


@pytest.mark.parametrize("content", [b"", b"hello, this is a text and no database at all, is it?" * 40])
def test_list_says_so_when_the_file_is_something_else(tmp_path: Path, command: Command, content: bytes) -> None:
    """A file that is no journal is told so in one line, and stays as it is."""
    path = tmp_path / "notes"
    path.write_bytes(content)
    said = command("inbox", "list", "--journal", path)
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert path.read_bytes() == content


# ---------------------------------------------------------------- answering


def test_answer_counts_and_is_recorded_as_claimed(kept: Kept, command: Command) -> None:
    """Exit code 0; the journal says who, by which way, and that nobody checked."""
    said = command("inbox", "answer", kept.request, "approve", "--by", "ada")
    assert (said.code, said.out) == (0, f"accepted: {kept.request}\n")
    reply = _stored(kept).reply
    assert reply is not None
    assert (reply.by, reply.channel, reply.authenticated) == ("ada", "command line", "claimed")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["yes"], "invalid: 'yes' is not a decision; expected one of: approve, edit name=value"),
        (["Approve", "it"], "invalid: approve stands alone"),
        ([""], "invalid: a blank line is not a decision"),
        (["edit", "amuont=5"], "invalid: edit: there is no amuont; expected customer, amount, note"),
        (["edit", "amount=lots"], "invalid: edit: amount: 'lots' is not of type 'number'"),
    ],
)
def test_answer_is_refused_when_it_is_no_decision(kept: Kept, command: Command, words: list[str], told: str) -> None:
    """Exit code 3, the sentence of the receipt, and the question stands."""
    said = command("inbox", "answer", kept.request, *words, "--by", "ada")
    assert said.code == 3
    assert said.err.startswith(f"convagent: {told}")
    assert _stored(kept).status == "open"


def test_answer_is_refused_when_it_was_decided(kept: Kept, command: Command) -> None:
    """The same again is a duplicate, another one a conflict; who decided is named."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    again = command("inbox", "answer", kept.request, "approve", "--by", "bob")
    other = command("inbox", "answer", kept.request, "reject", "no", "receipt", "--by", "bob")
    assert (again.code, again.err) == (3, "convagent: duplicate: this was decided so already by ada\n")
    assert (other.code, other.err) == (3, "convagent: conflict: this was decided already by ada: approve\n")


def test_answer_under_one_name_counts_once(kept: Kept, command: Command) -> None:
    """A script that hands in again what it handed in is told so."""
    for code, told in ((0, ""), (3, "duplicate: this very answer has been handed in already, and counts")):
        said = command("inbox", "answer", kept.request, "reject", "no", "--by", "ada", "--decision-id", "ticket-7")
        assert said.code == code
        assert told in said.err


def test_answer_to_nobody_is_unknown(kept: Kept, command: Command) -> None:
    """A misspelt id decides nothing; the one that was meant is named."""
    said = command("inbox", "answer", f"{kept.request}2", "approve", "--by", "ada")
    assert said.code == 3
    assert said.err.startswith("convagent: unknown: ")
    assert said.err.endswith(f"did you mean {kept.request}?\n")


def test_answer_is_late_when_the_question_was_escalated_since_it_was_read(
    kept: Kept, command: Command, tmp_path: Path
) -> None:
    """`inbox show` names the level in the command to answer by; that of before counts no more, and says who has it."""
    path = tmp_path / "other.db"
    journal = open_journal(path)
    waiting(journal, "r", "r:1", to=("manager",), level=1)
    journal.close()
    shown = command("inbox", "show", "r:1", "--journal", path).out
    assert shown.endswith("To answer: convagent inbox answer r:1 approve --by NAME --level 1\n")
    answer = ("inbox", "answer", "r:1", "approve", "--by", "ada", "--journal", path)
    said = command(*answer, "--level", "0")
    assert said.code == 3
    assert said.err.startswith("convagent: late: it was escalated to manager meanwhile")
    assert command(*answer, "--level", "1").code == 0


def test_answer_by_nobody_is_an_error(kept: Kept, command: Command) -> None:
    """Whoever answers says who they are."""
    said = command("inbox", "answer", kept.request, "approve")
    assert said.code == 1
    assert "--by NAME" in said.err
    assert _stored(kept).status == "open"


def test_answer_in_a_role_that_may_not_is_refused(kept: Kept, command: Command) -> None:
    """`--role` says in which role somebody answers, and the question is for clerks."""
    said = command("inbox", "answer", kept.request, "approve", "--by", "ada", "--role", "guest")
    assert said.code == 3
    assert "invalid: ada may not answer: this is for clerk" in said.err
    assert command("inbox", "answer", kept.request, "approve", "--by", "ada", "--role", "clerk").code == 0


def test_edit_keeps_values_with_spaces_together(kept: Kept, command: Command) -> None:
    """The shell has taken the quotes away; the words are read as they would be at the terminal."""
    words = ("edit", "amount=50", 'note=it\'s a "gift"')
    assert command("inbox", "answer", kept.request, *words, "--by", "ada").code == 0
    command("worker", TEAM, "--once")
    assert Path("paid").read_text() == '50 to Bob: it\'s a "gift"\n'


def test_edit_takes_json_and_one_quoted_line(kept: Kept, command: Command) -> None:
    """All of an answer in one word is what would be typed at the terminal."""
    second = waiting_run(kept.path)
    assert command("inbox", "answer", kept.request, "edit", '{"amount": 20, "note": "a b"}', "--by", "ada").code == 0
    assert command("inbox", "answer", f"{second}:1", 'edit amount=30 note="c d"', "--by", "ada").code == 0
    command("worker", TEAM, "--once")
    assert sorted(Path("paid").read_text().splitlines()) == ["20 to Bob: a b", "30 to Bob: c d"]


def test_answer_is_read_from_a_pipe(kept: Kept, python: Python) -> None:
    """A single dash stands for the standard input."""
    done = python(
        "-m", "convagent.cli", "inbox", "answer", kept.request, "-", "--by", "ada", input="reject no receipt\n"
    )
    assert done.returncode == 0, done.stderr
    reply = _stored(kept).reply
    assert reply is not None
    assert str(reply.decision) == "reject: no receipt"


# ---------------------------------------------------------------- where people are known


@pytest.fixture
def people(kept: Kept, command: Command) -> tuple[Path, Path]:
    """Return a people file in which ada is a clerk, and the file of her token."""
    lines = command("inbox", "token", "ada", "--roles", "clerk").out.splitlines()
    file, token = kept.path.with_name("people.toml"), kept.path.with_name("token")
    file.write_text(lines[3].strip())
    token.write_text(f"{lines[1].strip()}\n")
    return file, token


def test_answer_by_token_says_who_and_how_it_is_known(kept: Kept, command: Command, people: tuple[Path, Path]) -> None:
    """With a people file nobody has to say who they are, and it is not a claim."""
    file, token = people
    said = command("inbox", "answer", kept.request, "approve", "--people", file, "--token-file", token)
    assert said.code == 0, said.err
    reply = _stored(kept).reply
    assert reply is not None
    assert (reply.by, reply.roles, reply.authenticated) == ("ada", ("clerk",), "token")


def test_claim_is_refused_where_people_are_known(
    kept: Kept, command: Command, people: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--by` alone proves nothing, also where the environment names the people file."""
    monkeypatch.setenv("CONVAGENT_PEOPLE", str(people[0]))
    said = command("inbox", "answer", kept.request, "approve", "--by", "ada")
    assert said.code == 1
    assert "--by 'ada' is not believed" in said.err
    assert _stored(kept).status == "open"


@pytest.mark.parametrize(
    ("options", "told"),
    [(("--by", "bob"), "the token is that of 'ada'"), (("--role", "manager"), "ada has the roles clerk")],
)
def test_token_proves_no_other_name_or_role(
    kept: Kept, command: Command, people: tuple[Path, Path], options: tuple[str, str], told: str
) -> None:
    """What is said beside a token must be what the people file says."""
    file, token = people
    said = command("inbox", "answer", kept.request, "approve", "--people", file, "--token-file", token, *options)
    assert said.code == 1
    assert told in said.err
    assert _stored(kept).status == "open"


def test_wrong_token_is_nobodys(kept: Kept, command: Command, people: tuple[Path, Path]) -> None:
    """A token that is not in the people file lets nobody answer."""
    people[1].write_text("cvi_something-else")
    said = command("inbox", "answer", kept.request, "approve", "--people", people[0], "--token-file", people[1])
    assert (said.code, said.err) == (1, f"convagent: this token is nobody's of {people[0]}\n")


# ---------------------------------------------------------------- while it happens


def test_watch_says_what_is_asked_and_what_is_settled(
    kept: Kept, start: Callable[..., Process], command: Command
) -> None:
    """What stands, what is answered, what is asked next, by whichever process; Ctrl-C is its end."""
    watch = start("inbox", "watch")
    watch.until(f"open  {kept.request}")
    command("inbox", "answer", kept.request, "reject", "no", "--by", "ada")
    line = watch.until("answered")
    assert line.startswith(f"answered by ada (command line): reject: no  {kept.request}  May desk call refund?")
    second = waiting_run(kept.path)
    watch.until(f"open  {second}:1")
    watch.signal()
    assert watch.end() == 0


def test_watch_reads_only_what_is_new(kept: Kept, start: Callable[..., Process], command: Command) -> None:
    """What stood before is not read again: it may be damaged meanwhile, and what comes is told all the same."""
    watch = start("inbox", "watch")
    watch.until(f"open  {kept.request}")
    database = sqlite3.connect(kept.path)
    with database:
        database.execute("UPDATE requests SET body = 'nothing'")
    database.close()
    second = waiting_run(kept.path)
    watch.until(f"open  {second}:1")
    command("inbox", "answer", f"{second}:1", "reject", "no", "--by", "ada")
    watch.until(f"reject: no  {second}:1")
    assert kept.request not in watch.said.partition(f"open  {second}:1")[2]
    watch.signal()
    assert watch.end() == 0


def test_serve_prints_where_it_is_and_ends_at_ctrl_c(kept: Kept, start: Callable[..., Process]) -> None:
    """The link leads to the inbox; Ctrl-C is its end."""
    from urllib.request import urlopen

    served = start("inbox", "serve", "--port", "0")
    link = served.until("http://127.0.0.1:")
    link = link if "?" in link else served.until("http://127.0.0.1:").strip()
    with urlopen(link.split()[-1], timeout=10) as page:
        assert page.status == 200
    served.signal()
    assert served.end() == 0
