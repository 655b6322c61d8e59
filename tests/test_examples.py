"""Every example runs: as a file, as a command, from a wheel, by rules and with a model."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from convagent.cli import main
from convagent.testing import progress_ledger, task_done, task_ledger
from convagent.testing.openai_server import OpenAIServer

EXAMPLES = sorted((Path(__file__).resolve().parent.parent / "examples").glob("[!_]*.py"))
NAMES = [path.stem for path in EXAMPLES]
Python = Callable[..., subprocess.CompletedProcess[str]]

EXPECTED = {
    "approval_gate": [
        "[no terminal: built-in scripted answers",
        "[refund_desk: offline rules, no language model]",
        "May refund_desk call refund?\n  250.00 would be paid back to Bob\nAsked because amount > 100.\nFor clerk.",
        ">  [scripted answer]\n[a blank line is not a decision; expected one of: approve, edit name=value, "
        "reject why, respond result, stop, always 1..2]\n> yes please [scripted answer]\n",  # said once
        "['yes please' is not a decision;",
        "> edit amount=lots [scripted answer]\n[edit: amount: 'lots' is not of type 'number']",
        "> edit amount=80 [scripted answer]\n[refund: changed by script (iostream)]",
        "paid: 40.00 to Ada, 80.00 to Bob",
    ],
    "code_writer": [
        "[writer: offline rules, no language model]",
        "May writer call run_code?\n  python:\n  first, last = date.fromisoformat(",
        "For operator.",
        "['looks good to me' is not a decision;",
        "> approve [scripted answer]\n[run_code: approved by script (iostream)]",
        ">>>>>>>> EXECUTING CODE BLOCK 0 (inferred language is python)...",
        "exitcode: 1 (execution failed)\nCode output: \n",
        "NameError: name 'date' is not defined",
        "I forgot an import.",
        "since the last one that was approved:\n    code:\n      +from datetime import date\n       first, last = date",
        "exitcode: 0 (execution succeeded)\nCode output: \n357\n",
        "It is 357. TERMINATE",
    ],
    "content_moderation": [
        "[moderator_bot: offline rules, no language model]",
        "  confidence: 0.57\nAsked because confidence below 0.8.",
        "> edit verdict=maybe [scripted answer]\n[edit: verdict: 'maybe' is not one of ['keep', 'remove']]",
        "> edit verdict=keep [scripted answer]",
        "decided: 1: keep, 2: remove, 3: keep, 4: remove",
    ],
    "content_pipeline": [
        "[writer: offline rules, no language model]",
        "- The bicycle was patented in 1818.",
        "May writer send this to pipeline?",
        "['nice' is not a decision;",
        "[reply to pipeline: sent back by script (iostream): shorter, no exclamation]",
        "> approve [scripted answer]",
        "editor (to pipeline):\n\n# The bicycle was patented in 1818",
        "(16 words)",
        "PUBLISHED (Everybody has spoken)",
    ],
    "debate": [
        "[for_it: offline rules, no language model]",
        "I am against it: the old one works.",
        "guest, it is your turn (Enter to pass, exit to end):  [scripted answer]\n",
        ">>>>>>>> guest passes",
        "moderator (to debate):\n\nOn 'Should we rewrite our billing system?': 1 for, 1 against.",
        "To audience: every change to the old one costs us twice.",
        "guest (to debate):\n\nWho of our people would do it, and in what time?",
        "2 for, 2 against. audience said 'And what about the cost?'; guest said 'Who of our people",
        "DEBATE OVER (Everybody has spoken 2 times)",
    ],
    "durable_refund": [
        "asks, and waits] May refund_desk call refund? (amount > 100)",
        "was killed; the question stands]",
        "> edit amount=80 [scripted answer] accepted",
        "goes on]",
        "[refund_desk: offline rules, no language model]",
        "80.00 paid back to Bob",
        "paid, all in all:\n40.00 to Ada [",
        "80.00 to Bob [",
    ],
    "financial_compliance": [
        "[finance_bot: offline rules, no language model]",
        "Please process these transactions:",
        "You can type exit to finish",
        "User requested to end the conversation",
    ],
    "fraud_detector": [
        "10 rows: 4 approved by rules, 4 for a person, 2 set aside",
        "[fraud_desk: offline rules, no language model]",
        "[2 of 4] approve, deny, skip, or exit: yes please [scripted answer]\n'yes please' is not a decision.",
        "REPORT",
        "amount 'n/a' is not a number such as 1200.50",
        "pending            2  $32,999.00",
        "total              8  $55,179.40",
    ],
    "flaky_service": [
        "[trader: offline rules, no language model]",
        "Error: attempt 1: the rate service did not answer",
        "Asked because TimeoutError: attempt 3: the rate service did not answer, after 3 attempts.",
        "Answer: retry | respond result | reject why | stop",
        "['try again' is not a decision;",
        "> retry [scripted answer]",
        "250 EUR are 270.80 USD.",
        "attempts began at: 0.0 s, 0.2 s, 0.6 s",
    ],
    "four_eyes": [
        "[treasury: offline rules, no language model]",
        "[pay_out: approved by grace (rule that plays grace); more people have to]",
        "2 different people must approve",
        "> ok [scripted answer]\n['ok' is not a decision;",
        "[pay_out: approved by script (iostream)]",
        "paid: 2400.00 to Staples, 18000.00 to Initech",
    ],
    "incident_response": [
        "[orchestrator: offline rules, no language model]",
        "May orchestrator work by this plan?",
        "['go on' is not a decision;",
        "[plan: sent back by script (iostream): tell customers first]",
        "1. speaker: Tell customers on the status page.",
        "[plan: approved by script (iostream)]",
        "The log says: 09:12 release 42 went live",
        "May operator call rollback?",
        "[rollback: approved by script (iostream)]",
        "May orchestrator end with this answer?",
        "[answer: approved by script (iostream)]",
        "done: customers told: The shop has errors; we are on it.; shop rolled back to 41",
    ],
    "insurance_claim": [
        "[insurer: offline rules, no language model]",
        "> approve [scripted answer]\n[the form: 'cause' is a required property;",
        "[the form: payout: 9000 is greater than the maximum of 5000]",
        "claim 4711: 1200.00 of 1500.00 for water damage; by script",
    ],
    "lesson_planner": [
        "[lesson_planner: offline rules, no language model]",
        "## Objectives",
        "and more about the Moon [scripted answer]",
        "Changed: shorter, 30 minutes, more about the Moon.",
        "Changed: with a quiz.",
    ],
    "maker_checker": [
        "[writer: offline rules, no language model]",
        "['looks good to me' is not a decision;",
        "Revise it: shorter, no exclamation",
        "Revise it: mention the warranty",
        "APPROVED by script after 3 draft(s): Meet the pen that never leaks.",
        "Ask about the warranty.",
    ],
    "mcp_desk": [
        "[order_desk: offline rules, no language model]",
        "May order_desk call cancel_order?\n  order   21\n  reason  found cheaper\nFor clerk.",
        "['yes please' is not a decision;",
        "> edit reason=price [scripted answer]\n[cancel_order: changed by script (iostream)]",
        "- order 17: on its way, comes on Friday\n- Error: Error executing tool order_status: there is no order 99\n"
        "- order 21 is cancelled",
        "cancelled: 21",
    ],
    "policy_backtest": [
        "ok: 225 rows of 1 runs",
        "=== ask above 120\nIf amount > 120.0: ask clerk.",
        "asked then                          19  76 %",
        "rejections and changes missed        3  43 %",
        "reject: no receipt  clerk",
        "=== ask above 120, or without receipt above 80",
        "rejections and changes missed        0  0 %",
    ],
    "stream_to_your_own_ui": [
        "[poet: offline rules, no language model]",
        "The sun comes up, the snow goes down",
        "you> And in autumn? [scripted answer]",
        "Leaves let go of the tree",
        "you> exit [scripted answer]\n(User requested to end the conversation)",
    ],
    "subclass_an_agent": [
        "[tutor: offline rules, no language model]",
        "your question (q to leave):   7 * 6  [scripted answer]",
        "7 * 6 = 42 (calculated)",
        "Good question: 'why is the sky blue?'",
        "typed: ['  7 * 6 ', 'why is the sky blue?', 'q']",
    ],
    "supervised_migration": [
        "[migration_agent: offline rules, no language model]",
        "customers 0 to 19: 0 broken",
        "[pause by monitor]",
        "[unpause by backup job]",
        "customers 40 to 59: 6 broken",
        "[interrupted]",
        "skip those without an e-mail [scripted answer]",
        '{"first": 60, "skip_without_email": true}',
        "Done: 87 copied, 6 broken.",
    ],
    "support_escalation": [
        "[scripted people, named fake, and simulated time",
        "[contact: offline rules, no language model]",
        "contact escalates.\n  reason: the customer mentions a lawyer\n  context: The customer wrote: The shelf",
        "suggested action: credit 40",
        "credit 40, and say that we are sorry [fake]",
        "[credit: first_level did not answer in 1h; it goes to second_level]",
        "[credit: approved by second_level (fake) after 25m]",
        "credited: 40.00",
    ],
    "three_analysts": [
        "[legal: offline rules, no language model]",
        "May board pass this on, made of what market, legal, technology found?\n  Advice: NO",
        "['looks fine' is not a decision;",
        "sent back by script (iostream): shorter]",
        "Write it again: shorter",
        "> approve [scripted answer]",
        "ADVICE:\nNO: market says WAIT, legal says NO, technology says WAIT.",
    ],
    "travel_planning": [
        "[chat_manager: offline rules, no language model]",
        "Next speaker: guide",
        "Day 2: a dinner in Alfama",
        "That is 63 euros",
        "Replying as traveller.",
        "cheaper, and no museums [scripted answer]",
        "That is 26 euros: the coast at Cascais 6, the market hall 20.",
        "THE PLAN (User requested to end the conversation):\nDay 1: the coast at Cascais",
    ],
    "triage": [
        "[triage: offline rules, no language model]",
        "May triage hand over to billing?",
        "['technician' is not a decision;",
        "[handoff billing: changed by script (iostream)]",
        "triage hands over to technician (by script): it does not start",
        "technician ANSWERED: I have restarted your account; please open the app again.",
        "restarted: customer",
    ],
    "two_agents_with_tools": [
        "[assistant: offline rules, no language model]",
        "***** Suggested tool call (call_0_0): price *****",
        '{"ordered":"notebook","pieces":24,"number":1}',
        "orders: ['24 x notebook']",
        "summary: 24 notebooks are ordered for $60.00; a globe would be $39.00.",
    ],
    "writer_team": [
        "[planner: offline rules, no language model]",
        "pipeline (to writers):",
        "May drafter call buy_picture?",
        "Asked because price > 50.\nFor chief.",
        "['sure' is not a decision;",
        "[buy_picture: changed by script (iostream)]",
        "It does not say who keeps them.",
        "writers (to pipeline):\n\n[picture of lighthouses, 60.00] Lighthouses show ships the way. Somebody keeps them",
        "PAGE: [picture of lighthouses, 60.00]",
        "bought: lighthouses for 60.00",
    ],
}


UNANSWERED = {
    "approval_gate": "paid: 40.00 to Ada\n",
    "code_writer": "[run_code: operator cannot be reached; the run ends]",
    "content_moderation": "decided: 1: keep, 2: remove\n",
    "content_pipeline": "[reply to pipeline: chief cannot be reached; the run ends]",
    "flaky_service": "attempts began at: 0.0 s, 0.2 s, 0.6 s\n",
    "four_eyes": "paid: 2400.00 to Staples\n",
    "incident_response": "done: nothing\n",
    "insurance_claim": "[settle_claim: adjuster cannot be reached; the run ends]",
    "mcp_desk": "cancelled: nothing\n",
    "maker_checker": "[reply to editor: editor cannot be reached; the run ends]",
    "three_analysts": "chief cannot be reached; the run ends]",
    "triage": "[handoff billing: supervisor cannot be reached; the run ends]",
    "writer_team": "bought: nothing\n",
}
"""What those that need a decision have done without one, and say."""
ASKS_FOR_LEDGERS = ("incident_response",)
"""Those whose model has to send more than text, see `DRIVEN`."""
ASKS_NOBODY = ("policy_backtest", "two_agents_with_tools")


def _assert_in_order(lines: list[str], text: str) -> None:
    at = 0
    for line in lines:
        found = text.find(line, at)
        assert found >= 0, f"{line!r} does not follow in {text!r}"
        at = found + len(line)


def test_every_example_has_its_expectation() -> None:
    """A new example comes with its line here."""
    assert sorted(EXPECTED) == NAMES


@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_example_runs_when_started_as_a_file(path: Path, python: Python) -> None:
    """`python examples/x.py` without key, terminal or answers: offline, labelled, to its end."""
    done = python(str(path))
    assert (done.returncode, done.stderr) == (0, "")
    _assert_in_order(EXPECTED[path.stem], done.stdout)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where no OAI_CONFIG_LIST of a developer is."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_example_runs_when_started_as_a_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`convagent demo x` is the same program, twice in one process."""
    for _ in range(2):
        assert main(["demo", name]) == 0
        _assert_in_order(EXPECTED[name], capsys.readouterr().out)


@pytest.mark.parametrize("name", NAMES)
def test_example_tells_what_it_takes_when_asked(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` reaches the example, and names what all of them share."""
    assert main(["demo", name, "--help"]) == 0
    out = capsys.readouterr().out
    assert "--config NAME" in out
    assert "--answers FILE" in out
    assert f"convagent demo {name}" in out


@pytest.mark.parametrize("name", NAMES)
def test_example_ends_well_when_the_answers_run_out(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The end of the answers is the end of the input: said, and no approval, hang or traceback."""
    needed = name in UNANSWERED
    assert main(["demo", name, "--answer", ""]) == (1 if needed else 0)
    out = capsys.readouterr()
    if needed:
        assert UNANSWERED[name] in out.out
        assert "end of input: nothing" in out.out
        assert re.fullmatch(rf"{name}\.py: .* needs .*, whom no channel of this run reaches; .*\n", out.err)
        return
    assert out.err == ""
    if name == "fraud_detector":
        assert "The input ended; what is not decided stays pending." in out.out
    elif name == "support_escalation":  # silence, and not the end: the time passes
        assert "[escalate: first_level did not answer in 1h;" in out.out
        assert "credited: nothing" in out.out
    elif name == "supervised_migration":
        assert "more than 10 broken" in out.out
    elif name not in ASKS_NOBODY:
        assert "End of input" in out.out


def test_answers_are_read_from_stdin_when_named_so(python: Python) -> None:
    """`--answers -` takes piped lines, and prints each with its label."""
    done = python("-m", "convagent.cli", "demo", "lesson_planner", "--answers", "-", input="add a game\nexit\n")
    assert done.returncode == 0, done.stderr
    _assert_in_order(["add a game [scripted answer]", "Changed: with a game.", "exit [scripted answer]"], done.stdout)


# ---------------------------------------------------------------- a model

PLAN = "# Rivers\n\n## Objectives\n\n- one\n\n## Script\n\n1. start"


# Most of these run in this process, because the client of openai takes a second to import: `Python` is for
# what only a program of its own shows.


@pytest.mark.parametrize("name", [name for name in NAMES if name not in (*ASKS_NOBODY, *ASKS_FOR_LEDGERS)])
@pytest.mark.parametrize("stream", [False, True])
def test_example_asks_the_model_when_one_is_configured(
    name: str, stream: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With a key in the environment, or a configuration list, the real client asks and nothing claims to be rules."""
    with OpenAIServer([PLAN], repeat_last=True) as server:
        if stream:
            entry = {"model": "test-model", "api_key": "sk-loopback", "base_url": server.base_url, "stream": True}
            (tmp_path / "models.json").write_text(json.dumps([entry]), encoding="utf-8")
            code = main(["demo", name, "--config", "models.json"])
        else:
            monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback")
            monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
            monkeypatch.setenv("OPENAI_MODEL", "test-model")
            code = main(["demo", name])
        bodies = server.bodies
    out, err = capfd.readouterr()
    assert (code, err) == (0, "")
    assert "offline rules" not in out
    assert "## Objectives" in out
    assert "void" not in out
    assert {body["model"] for body in bodies} == {"test-model"}


DRIVEN = {
    "approval_gate": (
        [[{"name": "refund", "arguments": {"customer": "Bob", "amount": 250}}], "Done."],
        ("yes please", "edit amount=70"),
        "paid: 70.00 to Bob",
    ),
    "code_writer": (
        ["Here:\n```python\nprint(6 * 7)\n```", "It is 42. TERMINATE"],
        ("fine", "approve"),
        "Code output: \n42",
    ),
    "content_moderation": (
        [
            [{"name": "decide", "arguments": {"post": 1, "verdict": "remove", "confidence": 0.5, "why": "?"}}],
            [{"name": "decide", "arguments": {"post": 2, "verdict": "keep", "confidence": 0.99, "why": "!"}}],
            "Done.",
        ],
        ("edit verdict=keep",),
        "decided: 1: keep, 2: keep",
    ),
    "flaky_service": (
        [[{"name": "exchange_rate", "arguments": {"source": "EUR", "target": "USD"}}], "275 USD."],
        ("respond 1.10",),
        "275 USD.",
    ),
    "four_eyes": (
        [[{"name": "pay_out", "arguments": {"payee": "Initech", "amount": 20000}}], "Done."],
        ("approve",),
        "paid: 20000.00 to Initech",
    ),
    "incident_response": (
        [
            task_ledger("operator rolls back"),
            progress_ledger("operator", "Roll back."),
            [{"name": "rollback", "arguments": {"service": "shop", "release": "41"}}],
            "I may not.",
            task_done(),
            "It was not rolled back.",
        ],
        ("approve", "reject not now", "approve"),
        "done: nothing",
    ),
    "insurance_claim": (
        [[{"name": "settle_claim", "arguments": {"claim": "4711", "asked_for": 1500}}], "Done."],
        ("approve cause=fire payout=3 receipts=true",),
        "claim 4711: 3.00 of 1500.00 for fire damage; by script",
    ),
    "mcp_desk": (
        [[{"name": "cancel_order", "arguments": {"order": "23", "reason": "late"}}], "It was delivered."],
        ("approve",),
        "Error: Error executing tool cancel_order: order 23 was delivered, it cannot be cancelled",
    ),
    "support_escalation": (
        [
            [{"name": "escalate", "arguments": {"reason": "angry", "context": "lawyer", "suggested_action": "pay"}}],
            [{"name": "credit", "arguments": {"amount": 40}}],
            "Done.",
        ],
        ("credit 40", "", "approve"),
        "credited: 40.00",
    ),
    "triage": (
        [
            [{"name": "transfer_to_billing", "arguments": {"reason": "money"}}],
            [{"name": "restart_account", "arguments": {"customer": "Ada"}}],
            "Try again.",
        ],
        ("edit to=technician",),
        "technician ANSWERED: Try again.\nrestarted: Ada",
    ),
    "writer_team": (
        ["Plan.", [{"name": "buy_picture", "arguments": {"subject": "a", "price": 90}}], "D1", "C1", "D2", "C2", "P"],
        ("reject too dear",),
        "bought: nothing",
    ),
}
"""What a model says, what people answer, and what comes of it."""


@pytest.mark.parametrize("name", DRIVEN)
def test_rules_hold_when_a_model_drives_the_example(
    name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With the real client and a model that calls the tools, people decide as they do offline."""
    replies, answers, outcome = DRIVEN[name]
    with OpenAIServer(replies) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        given = [word for answer in answers for word in ("--answer", answer)]
        code = main(["demo", name, *given])
    out, err = capfd.readouterr()
    assert (code, err) == (0, "")
    assert outcome in out
    assert "offline rules" not in out


@pytest.mark.parametrize("place", ["file", "variable"])
def test_example_asks_the_listed_model_when_there_is_a_list(place: str, python: Python, tmp_path: Path) -> None:
    """OAI_CONFIG_LIST counts without any option, and before a key in the environment."""
    with OpenAIServer([PLAN], repeat_last=True) as server:
        text = json.dumps([{"model": "listed", "api_key": "sk-loopback", "base_url": server.base_url}])
        env = {"OPENAI_API_KEY": "sk-other", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
        if place == "file":
            (tmp_path / "OAI_CONFIG_LIST").write_text(text, encoding="utf-8")
        else:
            env["OAI_CONFIG_LIST"] = text
        done = python("-m", "convagent.cli", "demo", "lesson_planner", **env)
        bodies = server.bodies
    assert (done.returncode, done.stderr) == (0, "")
    assert {body["model"] for body in bodies} == {"listed"}


def test_tools_run_when_a_model_calls_them(python: Python) -> None:
    """The example with tools, driven by a model: one tool runs inside the turn, the other by the other agent."""
    replies = [
        [{"name": "price", "arguments": {"article": "globe"}}],
        [{"name": "order", "arguments": {"article": "notebook", "pieces": 24}}],
        "Ordered. TERMINATE",
    ]
    with OpenAIServer(replies) as server:
        env = {"OPENAI_API_KEY": "sk-loopback", "OPENAI_BASE_URL": server.base_url}
        done = python("-m", "convagent.cli", "demo", "two_agents_with_tools", **env)
        bodies = server.bodies
    assert (done.returncode, done.stderr) == (0, "")
    assert "orders: ['24 x notebook']" in done.stdout
    assert sorted(tool["function"]["name"] for tool in bodies[0]["tools"]) == ["order", "price"]


def test_rules_answer_when_offline_is_asked_for(python: Python) -> None:
    """`--offline` asks no model, even where one is configured."""
    env = {"OPENAI_API_KEY": "sk-loopback", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    done = python("-m", "convagent.cli", "demo", "lesson_planner", "--offline", **env)
    assert done.returncode == 0, done.stderr
    assert "offline rules, no language model" in done.stdout


def test_sentence_is_said_when_the_model_cannot_be_reached(python: Python) -> None:
    """A refused key ends an example with the model and the endpoint, without a traceback and without the key."""
    from convagent.testing.faults import status

    with OpenAIServer([status(401)], repeat_last=True) as server:
        env = {"OPENAI_API_KEY": "sk-loopback-secret", "OPENAI_BASE_URL": server.base_url}
        done = python("-m", "convagent.cli", "demo", "lesson_planner", **env)
    assert done.returncode == 1
    assert "key" in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_nothing_is_complained_about_when_the_reader_leaves(path: Path, tmp_path: Path) -> None:
    """`python examples/x.py | head -1` ends quietly; what was decided by then is in the report."""
    args = ["--answer", "approve", "--report", str(tmp_path / "r.json")] if path.stem == "fraud_detector" else []
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, path, *args],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(path.parent.parent)},
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=50,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
    if args:
        assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["totals"]["total"]["count"] == 8


# ---------------------------------------------------------------- a wheel


@pytest.mark.slow("builds and installs a wheel")
def test_examples_run_when_installed(installed: Path, tmp_path: Path) -> None:
    """From a wheel, in an empty folder, one after the other in one program: the sample data came along."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    program = "import sys; from convagent.cli import main; sys.exit(max(main(['demo', name]) for name in sys.argv[1:]))"
    done = subprocess.run(
        [installed / "bin" / "python", "-c", program, *NAMES],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    _assert_in_order([line for name in NAMES for line in EXPECTED[name]], done.stdout)
