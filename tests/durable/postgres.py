"""A PostgreSQL for the tests: its own files, a socket in a folder, no network, a user without rights."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/pgsql/bin")
_SETTINGS = {
    "listen_addresses": "", "fsync": "off", "full_page_writes": "off",
    "max_connections": "200", "shared_buffers": "32MB", "log_min_messages": "fatal",
}  # fmt: skip
REQUIRED = os.environ.get("CONVAGENT_REQUIRE", "")
"""What must not be missing, such as ``postgres``, by an environment variable that `.ci/run` sets. Tests are without."""


def binaries() -> Path | None:
    """Return where the programs of PostgreSQL are."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    places = [path for pattern in _PLACES for path in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)]
    return next((path for path in places if (path / "initdb").exists()), None)


def absent() -> str:
    """Say what is missing to start a PostgreSQL; empty: nothing is.

    Raises:
        AssertionError: it is missing, and it must not be.
    """
    missing = ""
    if binaries() is None:
        missing = "its programs (initdb, postgres) are not installed; on Debian the package is `postgresql`"
    else:
        try:
            import psycopg  # noqa: F401
        except ImportError:
            missing = "psycopg is not installed; pip install 'convagent[postgres]'"
    assert not missing or "postgres" not in REQUIRED, missing
    return missing


class Server:
    """A server that runs while the block lasts, and can be stopped and started in it."""

    def __init__(self, log: Path) -> None:
        found = binaries()
        assert found is not None
        self._bin, self._log = found, log / "log"
        # The path of a socket has to be short.
        self.home = Path(tempfile.mkdtemp(prefix="convagent-pg-"))
        self._numbers, self._free, self._settings = count(1), list[str](), dict(_SETTINGS)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.home.chmod(0o700)
        if os.getuid() == 0:  # PostgreSQL refuses to run for root
            someone = _somebody()
            os.chown(self.home, someone.pw_uid, someone.pw_gid)
        data = str(self.home / "data")
        subprocess.run(
            [self._bin / "initdb", "-D", data, "-A", "trust", "-U", "tests", "--no-sync", "-E", "UTF8", "--locale=C"],
            check=True, stdout=subprocess.DEVNULL, **self._user(),
        )  # fmt: skip
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.home)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self.home / "data", "-k", self.home, *settings],
                stdout=log, stderr=log, **self._user(),
            )  # fmt: skip
        self._wait()

    def stop(self) -> None:
        """Stop it at once; connections are lost."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
        self._process = None

    def listen(self, address: str) -> None:
        """Listen on a network, too, from now on: that of this thread."""
        self.stop()
        with (self.home / "data" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 0.0.0.0/0 trust\n")
        self._settings["listen_addresses"] = address
        self.start()

    def _wait(self) -> None:
        ready = [self._bin / "pg_isready", "-h", self.home, "-q"]
        for _ in range(1000):
            if subprocess.run(ready, check=False).returncode == 0:
                return
            assert self._process is not None
            assert self._process.poll() is None, self._log.read_text()
        raise AssertionError(self._log.read_text())

    def _user(self) -> dict[str, Any]:
        if os.getuid() != 0:
            return {"cwd": self.home}
        someone = _somebody()
        return {"cwd": self.home, "user": someone.pw_uid, "group": someone.pw_gid, "extra_groups": []}

    def database(self) -> str:
        """Return the address of a database that nobody uses: a new one, or one that was given back."""
        return self._free.pop() if self._free else self._new()

    def copied(self, url: str) -> str:
        """Return the address of a new database that holds what another does at this moment."""
        made = self._new()
        dumped = subprocess.run([self._bin / "pg_dump", "-d", url], check=True, stdout=subprocess.PIPE)
        restore = [self._bin / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", made]
        subprocess.run(restore, input=dumped.stdout, check=True, stdout=subprocess.DEVNULL)
        return made

    def _new(self) -> str:
        import psycopg

        name = f"journal{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        return self.url(name)

    def give_back(self, url: str) -> None:
        """Empty a database for the next one; to make one takes longer."""
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'convagent'").fetchall()
            connection.execute("; ".join(f"DELETE FROM convagent.{name}" for (name,) in found if name != "meta"))
        self._free.append(url)

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://tests@/{database}?host={quote(str(self.home), safe='')}"


def _somebody() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("run the tests as a user who is not root: there is no other user here")
