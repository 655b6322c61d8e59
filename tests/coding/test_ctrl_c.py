"""Ctrl-C while code runs: the program that waits goes on or ends, and the code is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.coding.lines import Line

PROGRAM = """
from convagent import ConversableAgent, ScriptedModel, UserProxyAgent
writer = ConversableAgent("writer", llm_config=ScriptedModel([{message!r}, "Done."]), human_input_mode="NEVER")
config = {{"work_dir": {folder!r}, "use_docker": False}}
machine = UserProxyAgent("machine", human_input_mode="NEVER", code_execution_config=config)
try:
    machine.initiate_chat(writer, message="go", silent=True)
except KeyboardInterrupt:
    print("CANCELLED", flush=True)
"""


def test_code_is_killed_at_ctrl_c_when_there_is_no_terminal(tmp_path: Path, line: Line) -> None:
    """Nobody can be asked how to go on, so the chat ends, and the program that it ran with it."""
    message = f"```python\n{line.held_by()}import signal\nsignal.pause()\n```"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(message=message, folder=str(tmp_path / "work"))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    begun = line.held()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (out.splitlines()[-1], err, process.returncode) == ("CANCELLED", "", 0)
    assert line.is_dead(begun)
