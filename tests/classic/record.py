"""Record what the classic does: run it with an interpreter that has `ag2==0.14.0`.

    path/to/ag2/bin/python tests/classic/record.py [group ...]

Writes `golden/<group>.json`. The tests read these files and need no ag2. Without a group every
scenario is played again; the files only change where the classic, or a scenario, changed.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TextIO

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))


def main() -> None:
    import autogen
    from autogen import agentchat, coding
    from autogen.agentchat.group import patterns
    from autogen.agentchat.group.targets.group_manager_target import GroupManagerTarget
    from autogen.io import IOStream
    from autogen.tools import tool

    from tests.classic import scenarios
    from tests.classic.stage import SCENARIOS, play

    assert autogen.__version__ == "0.14.0", f"expected ag2 0.14.0, found {autogen.__version__}"
    for name in ("autogen", "openai", "httpx"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    scenarios.load()
    names = {name: getattr(autogen, name) for name in autogen.__all__}
    for module in (agentchat, agentchat.group, patterns):
        names.update({name: getattr(module, name) for name in module.__all__})
    names.update(IOStream=IOStream, GroupManagerTarget=GroupManagerTarget, tool=tool, coding=coding)
    ns = SimpleNamespace(**names)
    for group in sys.argv[1:] or sorted({s.group for s in SCENARIOS}):
        found = {
            f"{s.name}/{mode}": play(s, ns, mode, redirect) for s in SCENARIOS if s.group == group for mode in s.modes
        }
        text = json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True)
        (HERE / "golden" / f"{group}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{group}: {len(found)} outcomes")


def redirect(out: TextIO) -> None:
    """Let the classic, which keeps the standard output of its first use, write to this one."""
    from autogen.logger.logger_utils import get_event_logger

    for handler in get_event_logger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(out)


main()
