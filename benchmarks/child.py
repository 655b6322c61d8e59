"""Runs one side of one measurement in an interpreter of its own, and reports it as JSON.

Nothing here or at the top of a measurement imports convagent, openai or the classic: the same
file serves interpreters that have only one of them.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace


@contextmanager
def clock() -> Generator[SimpleNamespace]:
    """Measure a block: `wall` and `cpu` (user and system, all threads of this process), in seconds."""
    gc.collect()
    taken = SimpleNamespace(wall=0.0, cpu=0.0)
    cpu, wall = time.process_time(), time.perf_counter()
    yield taken
    taken.wall, taken.cpu = time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    module, side, arguments = sys.argv[1:4]
    # What chats print belongs to the work that is measured, but not into the report.
    report = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    found = getattr(import_module(f"benchmarks.{module}"), side)(**json.loads(arguments))
    report.write(json.dumps(found))
    report.flush()
    os._exit(0)  # the classic's threads may outlive its chats


if __name__ == "__main__":
    main()
