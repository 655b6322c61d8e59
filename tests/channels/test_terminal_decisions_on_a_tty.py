"""Decisions at a real pseudo-terminal: time running out, other channels, type-ahead, keys, interruptions."""

from __future__ import annotations

import re
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from tests.channels.pty_session import Session

SETUP = """
import asyncio, queue, signal, sys, threading
from convagent import ConversableAgent, NobodyReachable, ScriptedModel, ToolContext, tool
from convagent.channels import QueueChannel, Terminal
from convagent.human import Seat
from convagent.oversight.words import ask, deny
paid = []
nudged = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: nudged.set())
async def until_nudged():
    while not nudged.is_set():
        await asyncio.sleep(0.02)
def make(policy, *amounts, more=(), script=()):
    @tool(approval=policy, parallel=True)
    def pay(amount: float) -> str:
        "Pay."
        paid.append(amount)
        return "paid"
    calls = [{"name": "pay", "arguments": {"amount": a}} for a in amounts]
    calls += [{"name": t.name, "arguments": {}} for t in more]
    model = ScriptedModel([*script, calls, "done"])
    bot = ConversableAgent("bot", llm_config=model, tools=[pay, *more], human_input_mode="NEVER")
    return ConversableAgent("user", llm_config=False, human_input_mode="NEVER"), bot
def run(policy, *amounts, more=(), **given):
    user, bot = make(policy, *amounts, more=more)
    try:
        HOW(user, bot, message="pay", max_turns=1, **given)
    except NobodyReachable:
        print("NOBODY", flush=True)
    print("PAID", sorted(paid), flush=True)
"""
SYNC = "def HOW(user, bot, **given): user.initiate_chat(bot, **given)\n"
ASYNC = "def HOW(user, bot, **given): asyncio.run(user.a_initiate_chat(bot, **given))\n"
PROCESS = "def HOW(user, bot, **given): user.run(bot, **given).process()\n"
ASYNC_PROCESS = """
def HOW(user, bot, **given):
    async def main():
        await (await user.a_run(bot, **given)).process()
    asyncio.run(main())
"""
everywhere = pytest.mark.parametrize(
    "how", [SYNC, ASYNC, PROCESS, ASYNC_PROCESS], ids=["sync", "async", "process", "async-process"]
)
on_both_loops = pytest.mark.parametrize("how", [PROCESS, ASYNC], ids=["process", "async"])
"""For what takes seconds: the two ways that share nothing at the console."""
WEBHOOK = """
requests = queue.Queue()
webhook = QueueChannel(requests, seats=[Seat("ada", ("manager",))], name="webhook")
def elsewhere(*answers):
    request = requests.get()
    for answer in answers:
        nudged.wait()
        webhook.answer(request.id, answer, by="ada")
"""


def clean(tty: Session) -> None:
    """Check that nothing broke: no traceback, no warning."""
    assert tty.finish() == 0
    assert "Traceback" not in tty.text
    assert "Warning" not in tty.text
    assert "never retrieved" not in tty.text


@on_both_loops
def test_time_is_counted_down_when_a_decision_has_a_deadline(how: str) -> None:
    """The time that is left runs before the eyes of the person, and their answer in time counts."""
    with Session(SETUP + how + "run(ask('clerk', within='20s'), 500.0)") as tty:
        tty.wait_for("Time to answer: 20s; then it is denied.")
        tty.wait_for(" left) >")
        seen = re.search(r"\(0:(\d\d) left\) >", tty.text)
        assert seen is not None
        tty.wait_for(f"{int(seen[1]) - 1:02}")
        tty.wait_for(f"{int(seen[1]) - 2}"[-1])  # of the prompt only what changed is written
        tty.send("approve\r")
        tty.wait_for("PAID [500.0]")
        clean(tty)


@on_both_loops
def test_question_goes_on_to_the_next_when_its_time_is_up(how: str) -> None:
    """The prompt is taken away, what was typed is not used, who is next is asked, and earlier words do not count."""
    policy = "ask('clerk', within='3s') >> ask('manager', within='1h')"
    with Session(SETUP + how + f"run({policy}, 500.0)") as tty:
        tty.wait_for("For clerk.")
        tty.wait_for("left) >")
        tty.send("approve")
        tty.wait_for("[too late and not used: 'approve'; the Up key brings it back]")
        tty.wait_for("[pay: clerk did not answer in 3s; it goes to manager]")
        tty.wait_for("For manager.")
        tty.wait_for("left) >")
        tty.send("\r")
        tty.wait_for("[a blank line is not a decision; expected one of: approve, ")
        tty.wait_for("left) >")
        tty.send("\x1b[A\r")
        tty.wait_for("PAID [500.0]")
        clean(tty)


@on_both_loops
def test_question_is_taken_away_when_another_channel_answers(how: str) -> None:
    """The first valid answer counts, wherever it is given; the terminal says who decided and how long it took."""
    answer = "threading.Thread(target=elsewhere, args=('yes please', 'approve'), daemon=True).start()\n"
    chat = "run(ask('clerk', 'manager'), 500.0, channels=[Terminal(person='carl', roles=['clerk']), webhook])"
    with Session(SETUP + how + WEBHOOK + answer + chat) as tty:
        tty.wait_for(">")
        tty.send("rej")
        tty.wait_for("rej")
        tty.nudge()
        tty.wait_for("[refused answer of ada (webhook): 'yes please' is not a decision; ")
        tty.wait_for("[pay: approved by ada (webhook)")
        tty.wait_for("PAID [500.0]")
        clean(tty)


def test_person_learns_who_decided_when_a_silent_run_took_the_question_away() -> None:
    """Of a silent run nothing is shown, but what became of the question that stood here."""
    answer = "threading.Thread(target=elsewhere, args=('approve',), daemon=True).start()\n"
    chat = "run(ask(), 500.0, channels=[Terminal(person='carl'), webhook], silent=True)"
    with Session(SETUP + SYNC + WEBHOOK + answer + chat) as tty:
        tty.wait_for(">")
        tty.nudge()
        tty.wait_for("[pay: approved by ada (webhook)")
        tty.wait_for("PAID [500.0]")
        clean(tty)


@on_both_loops
def test_keys_are_dropped_when_they_came_before_the_question(how: str) -> None:
    """Nobody decides on what they had not read: what was typed ahead is gone when a decision is asked."""
    slow = """
@tool
async def wait() -> str:
    "Wait."
    print("WAITING", flush=True)
    await until_nudged()
    return "waited"
user, bot = make(ask("clerk"), 500.0, more=[wait], script=[[{"name": "wait", "arguments": {}}]])
HOW(user, bot, message="pay", max_turns=1)
print("PAID", paid, flush=True)
"""
    with Session(SETUP + how + slow) as tty:
        tty.wait_for("WAITING")
        tty.send("approve\rapprove\r")
        tty.nudge()
        tty.wait_for("May bot call pay?")
        tty.wait_for(">")
        tty.send("reject no\r")
        tty.wait_for("PAID []")
        clean(tty)


def test_decision_is_completed_when_tab_is_pressed() -> None:
    """Tab completes the words of the question, behind a number, too; `exit` is no decision."""
    with Session(SETUP + SYNC + "run(ask('clerk'), 500.0, 600.0)") as tty:
        tty.wait_for("2 questions wait:")
        tty.wait_for(">")
        tty.send("2 rej\t too much\r")
        tty.wait_for("Still to be decided")
        tty.wait_for(">")
        tty.send("exi\t\r")
        tty.wait_for("['exi' is not a decision;")
        tty.wait_for(">")
        tty.send("app\t\r")
        tty.wait_for("PAID [500.0]")
        clean(tty)


@everywhere
def test_decisions_stand_again_when_ctrl_c_then_enter(how: str) -> None:
    """Ctrl-C at a decision asks how to go on; then the same questions stand, by the same numbers."""
    with Session(SETUP + how + "run(ask('clerk'), 500.0, 600.0)") as tty:
        tty.wait_for("2 questions wait:")
        tty.wait_for(">")
        tty.send("all appr\x03")
        tty.wait_for("Interrupted. Press enter to resume")
        tty.send("\r")
        tty.wait_for("2 questions wait:\n  1. May bot call pay? amount=500.0\n  2. May bot call pay? amount=600.0")
        tty.wait_for(">")
        tty.send("2 approve\r")
        tty.wait_for("Still to be decided")
        tty.wait_for(">")
        tty.send("reject\r")
        tty.wait_for("PAID [600.0]")
        clean(tty)


@everywhere
def test_run_stops_when_stop_is_typed_after_ctrl_c_at_a_decision(how: str) -> None:
    """Stopped at a decision, nothing is done and nothing is asked any more."""
    with Session(SETUP + how + "run(ask('clerk'), 500.0)") as tty:
        tty.wait_for(">")
        tty.send("\x03")
        tty.wait_for("Interrupted. Press enter to resume")
        tty.send("stop\r")
        tty.wait_for("Stopped by a person")
        tty.wait_for("PAID []")
        clean(tty)


@everywhere
def test_nothing_is_approved_when_ctrl_d_is_pressed_at_a_decision(how: str) -> None:
    """Ctrl-D is a channel that ends: the question goes on to what follows, and at the end to nobody."""
    with Session(SETUP + how + "run(ask('clerk', within='1h') >> ask('manager'), 500.0)") as tty:
        tty.wait_for("For clerk.")
        tty.wait_for(">")
        tty.send("\x04")
        tty.wait_for("[end of input: nothing was decided here]")
        tty.wait_for("[pay: clerk cannot be reached; it goes to manager]")
        tty.wait_for("For manager.")
        tty.wait_for(">")
        tty.send("\x04")
        tty.wait_for("[pay: manager cannot be reached; the run ends]")
        tty.wait_for("NOBODY")
        tty.wait_for("PAID []")
        clean(tty)


BESIDE = """
@tool
async def copy(ctx: ToolContext) -> str:
    "Copy."
    while not nudged.is_set():
        ctx.progress(1, 2, "rows")
        await asyncio.sleep(0.2)
    for done in range(5):
        ctx.progress(done, 5, "rows")
        await asyncio.sleep(0.05)
    print("COPIED", flush=True)
    return "copied"
run(ask('clerk'), 500.0, more=[copy])
"""


@on_both_loops
def test_half_a_word_is_kept_when_other_things_happen_beside_a_decision(how: str) -> None:
    """What runs beside goes on while somebody types, and takes nothing of it away."""
    with Session(SETUP + how + BESIDE) as tty:
        tty.wait_for("May bot call pay?")
        tty.wait_for(">")
        tty.send("appro")
        tty.wait_for("appro")
        tty.nudge()
        tty.wait_for("COPIED")
        tty.send("ve\r")
        tty.wait_for("PAID [500.0]")
        clean(tty)


PROGRESS = """
@tool
async def copy(ctx: ToolContext) -> str:
    "Copy."
    for done in range(6):
        ctx.progress(done, 6, "rows")
        if done == 3:
            await until_nudged()
    return "copied"
run(ask("clerk"), more=[copy])
"""


def test_progress_is_a_line_that_vanishes_when_a_tool_tells_it() -> None:
    """How far a tool is stands on one line, which is gone when it has ended."""
    with Session(SETUP + SYNC + PROGRESS) as tty:
        tty.wait_for("copy: 3 of 6 rows")
        tty.nudge()
        tty.wait_for("copied")
        tty.wait_for("PAID []")
        clean(tty)
        assert "\r\x1b[K" in tty.raw
        assert "rows\n" not in tty.text


@pytest.mark.parametrize("how", [SYNC, PROCESS], ids=["sync", "process"])
def test_interruption_is_acknowledged_when_a_tool_has_to_end_first(how: str) -> None:
    """Ctrl-C during an async tool says at once that it was heard, and asks after the tool."""
    with Session(SETUP + how + PROGRESS) as tty:
        tty.wait_for("copy: 3 of 6 rows")
        tty.send("\x03")
        tty.wait_for("[interrupted; you are asked after copy has ended]")
        tty.nudge()
        tty.wait_for("copied")
        tty.wait_for("Interrupted. Press enter to resume")
        tty.send("stop\r")
        tty.wait_for("PAID []")
        clean(tty)


def test_other_chats_do_not_begin_when_a_queue_is_stopped() -> None:
    """After `stop` nothing says that the rest of a queue starts, because it does not."""
    queue = """
user, bot = make(ask("clerk"), 500.0)
other = ConversableAgent("other", llm_config=ScriptedModel(["hi"]), human_input_mode="NEVER")
chats = [{"recipient": r, "message": "go", "max_turns": 1} for r in (bot, other)]
print("REASONS", [r.reason for r in user.initiate_chats(chats)], flush=True)
"""
    with Session(SETUP + queue) as tty:
        tty.wait_for(">")
        tty.send("\x03")
        tty.wait_for("Interrupted. Press enter to resume")
        tty.send("stop\r")
        tty.wait_for("REASONS ['Stopped by a person', 'Stopped by a person']")
        clean(tty)
        assert tty.text.count("Starting a new chat....") == 1


def test_no_time_is_noted_when_a_model_call_was_interrupted() -> None:
    """How long a model call took is said of calls that came to their end."""
    chat = """
calls = []
async def reply(request):
    calls.append(1)
    await asyncio.sleep(60 if len(calls) == 1 else 0)
    return "done"
bot = ConversableAgent("bot", llm_config=ScriptedModel([reply], repeat_last=True), human_input_mode="NEVER")
user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
user.initiate_chat(bot, message="go", max_turns=1)
print("CALLS", len(calls), flush=True)
"""
    with Session(SETUP + chat) as tty:
        tty.wait_for("bot: asking scripted: 1 s")  # a call of that length is noted
        tty.send("\x03")
        tty.wait_for("Interrupted. Press enter to resume")
        tty.send("\r")
        tty.wait_for("CALLS 2")
        clean(tty)
        assert "[scripted: " not in tty.text


@on_both_loops
def test_time_is_counted_down_when_a_model_asks_for_a_text(how: str) -> None:
    """Whom it is for, and how long they still have, stand at the prompt; what is typed is the answer."""
    asked = """
from convagent import ask_human
model = ScriptedModel([[{"name": "ask_human", "arguments": {"question": "Which?"}}], "done"])
tools = [ask_human(to="clerk", within="20s")]
bot = ConversableAgent("bot", llm_config=model, tools=tools, human_input_mode="NEVER")
HOW(ConversableAgent("user", llm_config=False, human_input_mode="NEVER"), bot, message="go", max_turns=1)
"""
    with Session(SETUP + how + asked) as tty:
        tty.wait_for("bot asks.")
        tty.wait_for("question: Which?")
        tty.wait_for("For clerk.")
        tty.wait_for("Time to answer: 20s; then it is told that nobody answered.")
        tty.wait_for(" left) Your answer:")
        seen = re.search(r"\(0:(\d\d) left\)", tty.text)
        assert seen is not None
        tty.wait_for(f"{int(seen[1]) - 2}"[-1])  # of the prompt only what changed is written
        tty.send("the first\r")
        tty.wait_for("Response from calling")
        tty.wait_for("the first")
        tty.finish()
        clean(tty)
