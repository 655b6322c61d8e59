"""A loopback endpoint in a process of its own, for measurements of requests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from .harness import ROOT, environment

KEY = "sk-loopback-0000-not-a-real-key-0000"


@contextmanager
def served(words: int = 12) -> Generator[str]:
    """Serve replies of so many words until the block ends; gives the URL."""
    command = [sys.executable, "-m", "benchmarks.server", str(words)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=environment(), **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def main() -> None:
    from convagent.testing.openai_server import OpenAIServer

    words, count = int(sys.argv[1]), 0

    def reply(body: Mapping[str, Any]) -> str:
        nonlocal count
        count += 1
        return f"reply {count} " + " ".join(f"word{i}" for i in range(words))

    with OpenAIServer(reply, record=False) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
