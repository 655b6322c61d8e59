"""Let a model write a program, and run it only if a person who has read it says so.

Offline the writer knows "days from 2026-01-01 to 2026-12-24" and "primes below 1000", and forgets something at first.
Enter decides nothing. Try: approve, reject no loops, respond 7, stop, or edit code="print(42)".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from _common import arguments, run, start

from convagent import ConversableAgent, UserProxyAgent, ask

TASK = "How many days is it from 2026-01-01 to 2026-12-24?"
ANSWERS = ("", "looks good to me", "approve", "approve")
DAYS = 'first, last = date.fromisoformat("{}"), date.fromisoformat("{}")\nprint((last - first).days)'
PRIMES = "print(sum(all(n % d for d in range(2, isqrt(n) + 1)) for n in range(2, {})))"


def writer_by_rules(messages: Sequence[Any]) -> Any:
    """Answer in the model's place: a program, a better one if that failed, and then what it found."""
    last = str(messages[-1]["content"])
    if "not allowed" in last:
        return f"Then I cannot tell: {last.splitlines()[0]} TERMINATE"
    if last.startswith("exitcode: 0"):
        return f"It is {last.rpartition('Code output:')[2].strip()}. TERMINATE"
    task = next(str(m["content"]) for m in messages if m["role"] == "user")
    failed = last.startswith("exitcode:")
    if failed and "NameError" not in last:
        return f"I cannot repair that: {last.splitlines()[-1]} TERMINATE"
    if days := re.search(r"from (\d{4}-\d\d-\d\d) to (\d{4}-\d\d-\d\d)", task):
        needs, program = "from datetime import date", DAYS.format(*days.groups())
    elif primes := re.search(r"primes below (\d+)", task):
        needs, program = "from math import isqrt", PRIMES.format(primes[1])
    else:
        return "I know days from one date to another, and primes below a number. TERMINATE"
    said = "I forgot an import." if failed else "This program finds out:"
    return f"{said}\n\n```python\n{f'{needs}{chr(10)}{program}' if failed else program}\n```"


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--task", default=TASK, help="what is to be found out")
    parser.add_argument("--folder", metavar="DIR", help="where programs are kept; default: a folder that is removed")
    setup = start(parser, writer_by_rules, ANSWERS)
    writer = ConversableAgent(
        "writer",
        system_message="Solve the task by one short Python program in a ```python block that prints the answer. If it "
        "fails, correct it. When you have read the answer in its output, say it, and end with TERMINATE.",
        llm_config=setup.model,
        human_input_mode="NEVER",
    )
    with TemporaryDirectory() as removed:
        machine = UserProxyAgent(
            "machine",
            human_input_mode="NEVER",
            max_consecutive_auto_reply=5,
            is_termination_msg=lambda message: "TERMINATE" in str(message["content"]),
            # Without a container: the programs may do here whatever you may. That is what the person is for.
            code_execution_config={
                "work_dir": Path(setup.options.folder or removed),
                "use_docker": False,
                "timeout": 20,
                "approval": ask("operator"),
            },
        )
        with setup.console() as people:  # you at the terminal, or the script
            machine.initiate_chat(writer, message=setup.options.task, channels=people)
    return 0


if __name__ == "__main__":
    run(main)
