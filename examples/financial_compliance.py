"""Let a finance bot process three transactions, and ask you about the suspicious ones in a chat.

This is chat: with a model configured, the model reads what you type and may misread it. Where
money moves, let code read the decision and act on it: see fraud_detector.
"""

from __future__ import annotations

import random

from _common import arguments, run, start
from _finance_rules import answer_by_rules

from convagent import ConversableAgent

INSTRUCTIONS = """\
You are a financial compliance assistant and process the transactions that you are given.
A transaction is suspicious if its amount is over $10,000, its vendor is unusual or its memo is vague.
Approve those that are not. List the suspicious ones all together and ask the human to approve or deny them.
An approval without numbers covers all that are waiting. If you are not sure what the human means, ask again.
When every transaction is decided, give a summary and say "You can type exit to finish"."""

VENDORS = ("Staples", "Acme Corp", "CyberSins Ltd", "Initech", "Globex", "Unicorn LLC")
MEMOS = ("Quarterly supplies", "Confidential", "NDA services", "Routine payment", "Urgent request", "Reimbursement")
ANSWERS = ("hm, what do you think?", "approve", "exit")


def transaction(chance: random.Random) -> str:
    amount = chance.choice((500, 1500, 9999, 12000, 23000, 4000))
    return f"Transaction: ${amount} to {chance.choice(VENDORS)}. Memo: {chance.choice(MEMOS)}."


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--seed", type=int, help="the same three transactions again")
    setup = start(parser, answer_by_rules, ANSWERS)
    chance = random.Random(setup.options.seed)
    message = "Please process these transactions:\n\n" + "\n".join(f"{n}. {transaction(chance)}" for n in (1, 2, 3))

    # Agents made inside the block take its configuration.
    with setup.model:
        finance_bot = ConversableAgent(name="finance_bot", system_message=INSTRUCTIONS)
    human = ConversableAgent(name="human", human_input_mode="ALWAYS")

    response = human.run(recipient=finance_bot, message=message, observers=setup.people)
    # Shows what happens and asks at the terminal, until you type exit.
    response.process()
    return 0


if __name__ == "__main__":
    run(main)
