"""The site as a browser meets it: a server in threads of this process, on the test's own clone."""

import contextlib
from collections.abc import Iterator

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread

START_SECONDS = 10


class SiteDidNotStart(Exception):
    """The server gave up, or gave no sign."""


@contextlib.contextmanager
def serve_site() -> Iterator[str]:
    """Serve on loopback, static files included, and yield the address without a final slash."""
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    try:
        if not thread.is_ready.wait(START_SECONDS) or thread.error:
            raise SiteDidNotStart(str(thread.error))
        yield f"http://127.0.0.1:{thread.port}"
    finally:
        thread.terminate()
