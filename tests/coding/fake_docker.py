"""A stand-in for the program of docker: it keeps to the calls and runs what is asked for on this machine.

It stands on PATH as `docker`, notes its arguments, and knows a container by a file in its folder. What a real daemon
does with them it cannot show.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent
PULLED = HOME / "images"


def main(command: str, *rest: str) -> int:
    with (HOME / "calls").open("a") as calls:
        calls.write(json.dumps([command, *rest]) + "\n")
    if (HOME / "down").exists():
        sys.stderr.write("warning\nCannot connect to the Docker daemon\n")
        return 1
    container, stopped = HOME / "container", HOME / "stopped"
    match command:
        case "image":
            return 0 if rest[-1] in PULLED.read_text().split() else 1
        case "pull":
            if rest[0].startswith("missing"):
                sys.stderr.write(f"no such image: {rest[0]}\n")
                return 1
            PULLED.write_text(f"{PULLED.read_text()} {rest[0]}")
        case "run":
            if container.exists():
                sys.stderr.write("the name is in use\n")
                return 125
            container.write_text(rest[rest.index("--volume") + 1].partition(":")[0])
        case "start":
            stopped.unlink()
        case "exec":
            if not container.exists() or stopped.exists():
                sys.stderr.write("no such container\n")
                return 1
            words = [sys.executable if word == "python" else word for word in rest[1:]]
            os.chdir(container.read_text())
            return subprocess.run(words, check=False).returncode
        case "stop" | "kill":
            stopped.touch()
        case "rm":
            container.unlink()
            stopped.unlink()
        case _:
            assert command == "version"
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
