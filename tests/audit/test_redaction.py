"""What a log does not take down: secrets, by schema and by pattern, hidden before anything is hashed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, SecretStr

from convagent import ConversableAgent, HumanReply, HumanRequest, approve, ask, edit
from convagent.audit import PATTERNS, AuditLog, verify
from convagent.errors import ConfigError
from convagent.events import ControlEvent, Event, InputReplyEvent, InputRequestEvent, stamp
from convagent.redaction import masked
from convagent.testing import Fake
from convagent.tools.tool import Tool, tool
from tests.audit.desk import chat, keep, lines

SECRET = "tulip-and-granite"


def pay(amount: int, password: Annotated[str, Field(json_schema_extra={"x-secret": True})]) -> str:
    """Pay an invoice."""
    return f"paid {amount} with {password}"


def wire(amount: int, password: SecretStr) -> str:
    """Pay an invoice."""
    return f"paid {amount} with {password.get_secret_value()}"


class Account(BaseModel):
    number: str
    password: str = Field(json_schema_extra={"x-secret": True})


def move(amount: int, account: Account) -> str:
    """Move money."""
    return f"moved {amount} with {account.password}"


CALL = {"amount": 5, "password": SECRET}
PARAMETERS = {
    "type": "object",
    "properties": {"amount": {"type": "integer"}, "password": {"type": "string", "x-secret": True}},
}


@pytest.mark.parametrize(
    ("made", "call"),
    [
        (tool(pay), CALL),
        (tool(wire), CALL),
        (tool(move), {"amount": 5, "account": {"number": "1", "password": SECRET}}),
        (Tool(lambda amount, password: f"paid with {password}", name="raw", parameters=PARAMETERS), CALL),
    ],
    ids=["x-secret", "SecretStr", "inside a model", "raw schema"],
)
@pytest.mark.parametrize("oversight", [None, ask("clerk")], ids=["nobody asked", "asked"])
def test_secret_of_a_tool_is_in_no_row(tmp_path: Path, made: Tool, call: dict[str, Any], oversight: Any) -> None:
    """What the schema marks stands nowhere: not in the call, the question, the decision, the result, the last word."""
    path = tmp_path / "log"
    people = Fake(clerk=approve)
    keep(path, tools=[made], calls=[call], says=f"I used {SECRET}", oversight=oversight, people=people)
    text = path.read_text()
    assert SECRET not in text
    assert '"amount":5' in text
    assert verify(path).ok


def test_secret_of_a_classic_tool_is_in_no_row(tmp_path: Path) -> None:
    """A tool that another agent executes is one like others, also when it is registered only now."""
    from convagent import ScriptedModel, register_function

    bot = ConversableAgent("bot", llm_config=ScriptedModel([[{"name": "pay", "arguments": CALL}], "done"]))
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    register_function(pay, caller=bot, executor=user, name="pay", description="Pay")
    with AuditLog(tmp_path / "log") as log:
        user.initiate_chat(bot, message="pay", max_turns=2, observers=[log], silent=True)
    text = (tmp_path / "log").read_text()
    assert SECRET not in text
    assert "**********" in text


def test_secret_that_a_person_types_into_an_edit_is_in_no_row(tmp_path: Path) -> None:
    """An edited argument is as secret as the one that it replaces."""
    path = tmp_path / "log"
    people = Fake(clerk=[edit(password=SECRET), approve], boss=approve)
    keep(path, tools=[tool(pay)], calls=[{"amount": 5, "password": "first-value"}], oversight=ask("clerk", "boss"),
         people=people)  # fmt: skip
    text = path.read_text()
    assert SECRET not in text
    assert "first-value" not in text
    assert '"verb":"edit"' in text


def test_secret_that_a_form_asks_for_is_in_no_row(tmp_path: Path) -> None:
    """What an approval fills into a secret field of its form is hidden, in the typed text too."""
    path = tmp_path / "log"
    form = {
        "type": "object",
        "properties": {"note": {"type": "string"}, "pin": {"type": "string", "x-secret": True}},
        "required": ["note", "pin"],
    }
    people = Fake(clerk=f"approve note=fine pin={SECRET}")
    keep(path, tools=[tool(pay, name="pay")], calls=[{"amount": 5, "password": "x-y-z-z-y"}],
         oversight=ask("clerk", form=form), people=people)  # fmt: skip
    text = path.read_text()
    assert people.receipts[0].status == "accepted", people.receipts
    assert SECRET not in text
    assert '"note":"fine"' in text


def test_answer_that_must_not_be_shown_is_in_no_row(tmp_path: Path) -> None:
    """What is typed at a prompt for a password is hidden, and so is the message that it becomes."""
    path = tmp_path / "log"

    class Careful(ConversableAgent):
        async def a_get_human_input(self, prompt: str, **more: Any) -> str:
            return await super().a_get_human_input(prompt, **more)

    events: list[Event] = [
        InputRequestEvent(request=HumanRequest("run:1", "Password: ", "bot", password=True)),
        InputReplyEvent(reply=HumanReply("run:1", SECRET, by="ada")),
        ControlEvent(action="say", text=f"it is {SECRET}, I think"),
    ]
    with AuditLog(path) as log:
        for seq, event in enumerate(events, 1):
            stamp(event, "run", seq, 1.0)
            log(event)
    assert [row["body"].get("text", "") for row in lines(path)][2] == "it is **********, I think"
    assert SECRET not in path.read_text()


def test_refused_answer_is_not_quoted_when_it_may_hold_a_secret(tmp_path: Path) -> None:
    """An answer that could not be read may hold the secret anywhere, so what was wrong with it is left out."""
    path = tmp_path / "log"
    people = Fake(clerk=f"edit pasword={SECRET}", boss=approve)
    keep(path, tools=[tool(pay)], calls=[{"amount": 5, "password": "first-value"}], oversight=ask("clerk", "boss"),
         people=people)  # fmt: skip
    text = path.read_text()
    assert people.receipts[0].status == "invalid"
    assert SECRET not in text
    assert "(not shown: it may hold a secret)" in text


def test_secrets_of_one_run_are_not_looked_for_in_another(tmp_path: Path) -> None:
    """What is a secret here may be a plain word there."""
    path = tmp_path / "log"
    with AuditLog(path) as log:
        chat(log, tools=[tool(pay)], calls=[{"amount": 5, "password": "invoice"}])
        chat(log, message="the other invoice", calls=[{"amount": 1}])
    assert "the other invoice" in path.read_text()


def test_short_secret_leaves_the_log_readable(tmp_path: Path) -> None:
    """A secret of one letter or of a word of ours hides no verdict, no id and no part of a word."""
    path = tmp_path / "log"
    for secret in ("a", "approve", "text", "1"):
        keep(path, tools=[tool(pay)], calls=[{"amount": 5, "password": secret}], oversight=ask("clerk"),
             people=Fake(clerk=approve))  # fmt: skip
    from convagent.audit import read_log

    assert [case.by for case in read_log(path).decided] == [("clerk",)] * 4
    assert verify(path).ok


SECRETS = [
    "sk-proj-abcdefghijklmnop1234567890",
    "sk_live_abcdefghijklmnop1234",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "xoxb-1234567890-abcdefghij",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA-abcdefghijklmnopqrstuvwxyz01234",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "4111 1111 1111 1111",
    "5555-5555-5555-4444",
    "378282246310005",
    "4111 1111 1111 1111 12",
    "22 4111111111111111 123",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("around", ["it is {}", "first\n{}\nlast", "{}", "ö{}, ok", 'the "{}"'])
def test_secret_is_hidden_when_it_looks_like_one(tmp_path: Path, secret: str, around: str) -> None:
    """Keys, tokens and card numbers are hidden wherever they stand, at the edges of lines and of words too."""
    path = tmp_path / "log"
    keep(path, message=around.format(secret), calls=[{"amount": 1, "order": around.format(secret)}])
    text = path.read_text()
    assert secret not in text
    assert "**********" in text
    assert verify(path).ok


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Basic"])
def test_token_is_hidden_behind_its_scheme(tmp_path: Path, scheme: str) -> None:
    """Of an Authorization header the scheme stays and the token goes."""
    keep(tmp_path / "log", message=f"Authorization: {scheme} abcdefghijklmnopqrstuvw==", calls=[{"amount": 1}])
    text = (tmp_path / "log").read_text()
    assert f"Authorization: {scheme} **********" in text


def test_private_key_is_hidden_over_its_lines(tmp_path: Path) -> None:
    """A key in its armour is hidden as a whole."""
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"
    keep(tmp_path / "log", message=f"use {key} please", calls=[{"amount": 1}])
    text = (tmp_path / "log").read_text()
    assert "MIIEow" not in text
    assert "use ********** please" in text


def test_card_number_is_hidden_when_it_is_a_number(tmp_path: Path) -> None:
    """A card number that a model gave as a number of JSON is hidden, too, and the row is still JSON."""
    keep(tmp_path / "log", calls=[{"amount": 4111111111111111, "order": "x"}], people=Fake(clerk=approve))
    assert "4111111111111111" not in (tmp_path / "log").read_text()
    assert verify(tmp_path / "log").ok


@pytest.mark.parametrize(
    "plain",
    [
        "4111 1111 1111 1112", "order 1234567890123456", "task-list and risk-free", "3.1415926535897932", "sk-ip",
        "bearer of bad news", "12345678-1234-4123-8123-123456789012",
    ],
)  # fmt: skip
def test_text_stays_when_it_only_resembles_a_secret(tmp_path: Path, plain: str) -> None:
    """A number without the check digit of a card, a word with the letters of a key, an id: they are kept."""
    keep(tmp_path / "log", message=f"about {plain}.", calls=[{"amount": 1}])
    assert f"about {plain}." in (tmp_path / "log").read_text()


def test_patterns_of_the_user_are_hidden_too(tmp_path: Path) -> None:
    """The list can be added to; a pattern sees texts as they are, not their JSON."""
    path = tmp_path / "log"
    with AuditLog(path, redact=(*PATTERNS, r"\bDE\d{20}\b", re.compile('name="[^"]+"'))) as log:
        chat(log, message='\nDE12345678901234567890 name="Ada" sk-abcdefghijklmnopqrst', calls=[{"amount": 1}])
    first = next(row["body"]["message"]["content"] for row in lines(path) if row["body"]["type"] == "text")
    assert first == "\n********** ********** **********"


def test_patterns_can_be_left_out_but_schemas_not(tmp_path: Path) -> None:
    """`redact=()` keeps what looks like a secret; what a schema marks is hidden all the same."""
    path = tmp_path / "log"
    with AuditLog(path, redact=()) as log:
        chat(log, tools=[tool(pay)], calls=[CALL], message="4111111111111111")
    text = path.read_text()
    assert "4111111111111111" in text
    assert SECRET not in text


@pytest.mark.parametrize("wrong", ["sk-.*", ["("], [5]])
def test_pattern_is_refused_when_it_is_none(tmp_path: Path, wrong: Any) -> None:
    """One text instead of a list, or no regular expression, is said when the log is made."""
    with pytest.raises(ConfigError, match="redact"):
        AuditLog(tmp_path / "log", redact=wrong)


def test_the_run_itself_keeps_its_secrets(tmp_path: Path) -> None:
    """Hiding is for the log alone: the tool gets the value, and later observers the events as they were."""
    got, seen = list[str](), list[Event]()

    @tool
    def use(password: SecretStr) -> str:
        """Use it."""
        got.append(password.get_secret_value())
        return "used"

    with AuditLog(tmp_path / "log") as log:
        chat(log, seen.append, tools=[use], calls=[{"password": SECRET}])
    assert got == [SECRET]
    assert any(SECRET in str(event) for event in seen)


@pytest.mark.parametrize(
    "secret", ['quo"te-and-more', "line\nbreak-and-more", "back\\slash-and-more", "ümläut-and-more"]
)
def test_secret_is_hidden_where_it_is_quoted(tmp_path: Path, secret: str) -> None:
    """A secret that looks different in a preview, a result or a JSON text is found there, too."""
    path = tmp_path / "log"

    def give(password: Annotated[str, Field(json_schema_extra={"x-secret": True})]) -> dict[str, str]:
        """Give it back."""
        return {"said": password, "again": repr(password)}

    keep(path, tools=[tool(give)], calls=[{"password": secret}], oversight=ask("clerk"), people=Fake(clerk=approve))
    assert "and-more" not in path.read_text()


ODD = [5, "x", [5], {"a": 5}, None, True]


@pytest.mark.parametrize("odd", ODD, ids=str)
@pytest.mark.parametrize(
    "word", ["properties", "items", "prefixItems", "allOf", "anyOf", "additionalProperties", "$ref"]
)
def test_schema_that_is_none_hides_nothing_and_breaks_nothing(word: str, odd: object) -> None:
    """What a server or a person sends as a schema may be anything; what else it marks is hidden all the same."""
    schema = {"oneOf": [{"properties": {"pin": {"x-secret": True}}}], word: odd}
    found: list[str] = []
    assert masked(schema, {"pin": "1234", "a": [1]}, found) == {"pin": "**********", "a": [1]}
    assert "1234" in found
    assert masked({word: odd}, [1, {"a": 2}], []) == [1, {"a": 2}]
