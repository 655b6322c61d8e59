"""Runs the measurements and prints them as one table. See docs/performance.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from .harness import ROOT, Bench, header

MEASUREMENTS = (
    "imports", "turns", "context", "group", "branches", "crowd", "tools", "requests", "streaming", "policies",
    "oversight", "audit", "durable", "parked_postgres", "dispatch", "polling",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"which to run: {', '.join(MEASUREMENTS)}; default all")
    parser.add_argument("--quick", action="store_true", help="three rounds, nothing that takes minutes")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is run (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every row there")
    given = parser.parse_args()
    unknown = set(given.only) - set(MEASUREMENTS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: not one of {', '.join(MEASUREMENTS)}")

    bench = Bench(given.quick, classic_python(), 3 if given.quick else given.rounds)
    print(f"{machine(bench)}\n\n{header()}", flush=True)
    for name in given.only or MEASUREMENTS:
        import_module(f".{name}", __package__).measure(bench)
    if given.json:
        rows = [{**asdict(row), "ratio": row.ratio, "met": row.met} for row in bench.rows]
        given.json.write_text(json.dumps({"machine": machine(bench), "rows": rows}, indent=1) + "\n", encoding="utf-8")


def classic_python() -> str | None:
    """Return the interpreter that has the classic: `BENCH_CLASSIC_PYTHON`, else the one `make bench` made."""
    named = os.environ.get("BENCH_CLASSIC_PYTHON")
    made = ROOT / ".venv-classic" / "bin" / "python"
    return named or (str(made) if made.exists() else None)


def machine(bench: Bench) -> str:
    classic = "without the classic (set BENCH_CLASSIC_PYTHON, or run `make bench`)"
    if bench.classic:
        ask = "import importlib.metadata as m; print('ag2', m.version('ag2'))"
        classic = subprocess.run([bench.classic, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"openai {version('openai')}, {classic}; load {load}"
    )


if __name__ == "__main__":
    sys.exit(main())
