"""A mail server that does not answer."""

from collections.abc import Sequence
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend


class Down(BaseEmailBackend):
    def send_messages(self, messages: Sequence[Any]) -> int:
        raise ConnectionRefusedError("nobody listens")
