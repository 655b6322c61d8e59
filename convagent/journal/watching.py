"""Who wants to know when something has changed: of every run, or of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock


class Watchers:
    """Functions that are called when runs have changed. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: dict[int | None, list[Callable[[], None]]] = {}
        """By the number of a root; None: of every run."""

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, call: Callable[[], None], root: int | None) -> Callable[[], None]:
        """Have a function called from now on, of one root or of every one; return what ends that."""
        with self._lock:
            self._calls.setdefault(root, []).append(call)

        def end() -> None:
            with self._lock:
                calls = self._calls.get(root, [])
                if call in calls:
                    calls.remove(call)
                if not calls:
                    self._calls.pop(root, None)

        return end

    def tell(self, roots: Iterable[int] | None = None) -> None:
        """Call those who want to know of one of these roots; None: nobody knows which have changed, so call all."""
        with self._lock:
            which = [*self._calls] if roots is None else [None, *set(roots)]
            calls = [call for root in which for call in self._calls.get(root, ())]
        for call in calls:
            call()
