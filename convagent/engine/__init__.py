"""What wakes the runs of a journal: a worker claims those that can go on, and moves each as far as it goes.

A worker knows nothing of conversations: it is handed the function that moves a claimed run on. Everything that
has to be true after a crash stands in the journal; a worker that dies is made up for by any other.
"""

from .base import Engine, Segment
from .local import Worker

__all__ = ["Engine", "Segment", "Worker"]
