"""How synchronous callers meet the async core, and how the core calls plain functions.

`portal` is the loop thread, `mailbox` what passes between it and the thread that waits, `job` a
plain function on its way there and back, `workers` the threads for blocking calls, `own_thread` one
call in a thread that is made for it, `ctrl_c` what SIGINT becomes while a thread waits, `fork` what a
forked child does with any of it.
"""

from .ctrl_c import ctrl_c
from .job import current_job, forget_in_child, in_worker
from .mailbox import (
    QUIET,
    Host,
    LoopHost,
    Mailbox,
    OnEvent,
    OnQuiet,
    Watch,
    call_sync,
    call_user,
    current_host,
    is_async,
    refuse_on_loop,
)
from .own_thread import in_thread, join_thread
from .portal import Boxed, Started, boxing, hold_on, unbox, unboxing
from .workers import run_in_worker

__all__ = [
    "QUIET",
    "Boxed",
    "Host",
    "LoopHost",
    "Mailbox",
    "OnEvent",
    "OnQuiet",
    "Started",
    "Watch",
    "boxing",
    "call_sync",
    "call_user",
    "ctrl_c",
    "current_host",
    "current_job",
    "forget_in_child",
    "hold_on",
    "in_thread",
    "in_worker",
    "is_async",
    "join_thread",
    "refuse_on_loop",
    "run_in_worker",
    "unbox",
    "unboxing",
]
