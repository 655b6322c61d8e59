"""Pay refunds that may wait for a clerk for a week: the program may be killed meanwhile, nothing is paid twice.

At a terminal: answer here, or press Ctrl-C (or kill it), and start it again: it goes on where it was. While it
waits, or is not there at all, a clerk can answer from elsewhere:

  convagent inbox list   --journal refunds.db
  convagent inbox serve  --journal refunds.db
  convagent inbox answer ID approve --by NAME --journal refunds.db

Without a terminal it shows that by itself: a second process asks and is killed, the answer is given meanwhile.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _common import arguments, run, start

from convagent import ConversableAgent, LLMConfig, RuleModel, ToolContext, arg, ask, resume, tool, when
from convagent.journal import Inbox, Journal, open_journal

REQUEST = "Please pay 40 to Ada for the cup, and 250 to Bob for the chair."
ANSWERS = ("edit amount=80",)
ledger = Path("refunds.txt")


# One refund after the other: a program that is killed in the middle of one leaves it in doubt, and that is asked, too.
@tool(approval=when(arg.amount > 100, ask("clerk")), parallel=False)
def refund(customer: str, amount: float, ctx: ToolContext) -> str:
    """Pay money back to a customer."""
    # A bank would take the key, too: then even a payment that is sent twice is made once.
    with ledger.open("a") as book:
        book.write(f"{amount:.2f} to {customer} [{ctx.idempotency_key}]\n")
    return f"{amount:.2f} paid back to {customer}"


def desk_by_rules(messages: Sequence[Any]) -> Any:
    """Answer in the model's place: a call for each amount in the customer's message, then what came of them."""
    results = [m["content"] for m in messages if m.get("role") == "tool"]
    if results:
        return "\n".join(f"- {result}" for result in results)
    wanted = re.findall(r"(\d+(?:\.\d+)?) to (\w+)", str(messages[-1]["content"]))
    return [{"name": "refund", "arguments": {"customer": who, "amount": float(amount)}} for amount, who in wanted]


def team(model: LLMConfig | None = None) -> list[ConversableAgent]:
    """Return the agents of a run; `convagent worker durable_refund:team` makes them so, too."""
    desk = ConversableAgent(
        "refund_desk",
        system_message="You pay refunds with the tool refund, one call a refund, and report what came of each.",
        llm_config=model or LLMConfig(RuleModel(desk_by_rules)),
        tools=[refund],
    )
    return [desk, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]


def hold(journal: Journal, request: str, model: LLMConfig) -> None:
    """Go on with the run that did not come to its end, or begin one; ask at this terminal, too."""
    desk, customer = agents = team(model)
    open_runs = journal.runs(status=("ready", "running", "waiting", "left", "blocked"))
    if open_runs:
        print(f"[run {open_runs[0].id} goes on]")
        resume(journal, open_runs[0].id, agents).process()
    else:
        customer.initiate_chat(desk, message=request, max_turns=1, journal=journal)


def show(path: str, journal: Journal, setup: Any) -> None:
    """Let another process ask, kill it, answer from here, and go on."""
    command = [sys.executable, __file__, *sys.argv[1:], "--journal", path, "--child"]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    inbox = Inbox(journal)
    while not inbox.pending():
        if child.poll() is not None:  # it did not have to ask
            (over,) = journal.runs()
            print(resume(journal, over.id, team(setup.model)).result.chat_history[-1].get("content"))
            return
        time.sleep(0.05)
    asked = inbox.pending()[0]
    print(f"[process {child.pid} asks, and waits] {asked.request.prompt} ({asked.request.because})")
    child.kill()
    child.wait()
    print(f"[process {child.pid} was killed; the question stands]")
    for words in setup.script:
        receipt = inbox.decide(asked.id, words, by="script", channel="scripted answer")
        print(f"> {words} [scripted answer] {receipt.status} {receipt.problem}".rstrip())
    if inbox.pending():
        print("[End of input: the question stands, for whoever comes]")
        return
    print("[this process goes on with the run]")
    hold(journal, setup.options.request, setup.model)


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--request", default=REQUEST, help="what the customer writes")
    parser.add_argument(
        "--journal", metavar="WHERE", help="where runs are kept: a file, or postgresql://... (default: refunds.db)"
    )
    parser.add_argument("--child", action="store_true", help="ask here although nobody sits at this terminal")
    setup = start(parser, desk_by_rules, ANSWERS)
    alone = setup.script is not None and not setup.options.child
    with tempfile.TemporaryDirectory() as folder:
        default = str(Path(folder, "refunds.db")) if alone else "refunds.db"
        path = setup.options.journal or default
        global ledger
        ledger = Path("refunds.txt" if "://" in path else path).with_suffix(".txt")
        journal = open_journal(path)
        try:
            if alone:
                show(path, journal, setup)
            else:
                hold(journal, setup.options.request, setup.model)
        finally:
            print(f"paid, all in all:\n{ledger.read_text() if ledger.exists() else 'nothing'}".rstrip())
            journal.close()
    return 0


if __name__ == "__main__":
    run(main)
