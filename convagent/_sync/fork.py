"""What becomes of a forked child that goes on with a conversation of its parent.

A child has the one thread that forked. The loop that ran the conversation, or the thread that
waited for it, is not there, so whoever comes back into it would wait for ever.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

EXIT_CODE = 70
"""EX_SOFTWARE of sysexits.h."""


def end_child() -> NoReturn:
    """Say what happened and end this process, with nothing of the parent's program run twice."""
    sys.stderr.write(
        f"convagent: process {os.getpid()} was forked while a conversation ran, and went on with it; but it goes on "
        "in the parent only, so the child ends here. End it where it was forked, by os._exit(), "
        "or use subprocess or multiprocessing instead of os.fork().\n"
    )
    sys.stderr.flush()
    os._exit(EXIT_CODE)
