"""Refuse what is too large while it arrives, before any of it is kept."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest


class Quota(FileUploadHandler):
    """Passes files on up to a limit in all; of what is larger the rest is read and dropped."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.left_bytes: int = settings.UPLOAD_MAX_BYTES
        self.is_exceeded = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.left_bytes -= len(raw_data)
        if self.left_bytes < 0:
            self.is_exceeded = True
            # The file so far is closed and gone; the rest of the body is read, so that the
            # browser gets an answer and not a broken connection.
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None
