"""
A request sent twice takes effect once.

The answer is stored in the transaction of its effect: either both are there or neither is. Only
answers that did something are kept; after a refusal the same key may be tried again.
"""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from django.db import connection
from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from partners import metering
from partners.doors.problems import FieldProblem, Refusal
from partners.models import ApiKey, RememberedAnswer
from partners.retrying import in_transaction

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"
PRINTABLE = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?", re.ASCII)
KEPT = timedelta(days=30)
RETRY_AFTER_SECONDS = 1

DoorT = TypeVar("DoorT")
Handler = Callable[..., Response]


class IdempotencyKeyMissing(Refusal):
    """A request that moves something came without an ``Idempotency-Key``."""


class IdempotencyKeyInvalid(Refusal):
    """The ``Idempotency-Key`` is too long or not plain printable text."""


class IdempotencyMismatch(Refusal):
    """The key already stands for a request with other content."""


class RequestInFlight(Refusal):
    """The same key is being worked on right now."""


def idempotent(handler: Handler) -> Callable[..., HttpResponse | Response]:
    """
    Run a view's handler once per caller and ``Idempotency-Key``.

    The handler runs inside a transaction that this decorator owns, and from its beginning again
    if the database breaks that off. Whatever it raises undoes everything and is not remembered.
    """

    @functools.wraps(handler)
    def run_once(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse | Response:
        key = read_key(request)
        content_hash = hash_request(request)

        def answer_once() -> HttpResponse:
            if not _is_free(view.caller, key):
                raise RequestInFlight(
                    "The same request is being worked on.", retry_after=RETRY_AFTER_SECONDS
                )
            known = find_answer(caller=view.caller, key=key, at=view.now)
            if known is not None:
                return _replay(known, content_hash)
            response = run_within_budget(lambda: handler(view, request, *args, **kwargs))
            body = JSONRenderer().render(response.data).decode()
            RememberedAnswer.objects.create(
                caller=view.caller,
                idempotency_key=key,
                request_hash=content_hash,
                status_code=response.status_code,
                body=body,
                answered_at=view.now,
            )
            return _answer(response.status_code, body)

        def run_within_budget(work: Callable[[], Response]) -> Response:
            with metering.metering() as meter:
                response = work()
            if isinstance(request.auth, ApiKey):
                metering.charge(key=request.auth, units=meter.units, at=view.now)
            return response

        try:
            return in_transaction(answer_once)
        except metering.DailyBudgetSpent:
            # After everything was undone: the pause stays.
            in_transaction(lambda: metering.pause(key=cast(ApiKey, request.auth), at=view.now))
            raise

    run_once.needs_idempotency_key = True  # type: ignore[attr-defined]  # read by the schema
    return run_once


def read_key(request: Request) -> str:
    """
    Return the request's key.

    :raises IdempotencyKeyMissing: If there is none.
    :raises IdempotencyKeyInvalid: If it is not 1 to 255 printable ASCII characters.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        raise IdempotencyKeyMissing(
            f"Send an {HEADER} header: a text of your own, the same for every retry.",
            errors=[_about_header("idempotency_key_missing", "Required here.")],
        )
    if not PRINTABLE.fullmatch(key):
        raise IdempotencyKeyInvalid(
            f"The {HEADER} header takes 1 to 255 printable ASCII characters.",
            errors=[_about_header("idempotency_key_invalid", "Not printable, or too long.")],
        )
    return key


def _about_header(code: str, detail: str) -> FieldProblem:
    return FieldProblem(header=HEADER, code=code, detail=detail)


def hash_request(request: Request) -> str:
    """Hash what the request says, whatever the order of fields and the white space."""
    content = json.dumps(request.data, sort_keys=True, separators=(",", ":"), default=str)
    said = "\n".join((request.method or "", request.path, content))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def find_answer(*, caller: str, key: str, at: datetime) -> RememberedAnswer | None:
    """Return the answer given to this key, unless it is older than it is kept."""
    known = RememberedAnswer.objects.filter(caller=caller, idempotency_key=key).first()
    if known is not None and known.answered_at <= at - KEPT:
        known.delete()
        return None
    return known


def forget_old_answers(*, as_of: datetime) -> int:
    """Delete answers that are no longer kept; return how many there were."""
    count, _ = RememberedAnswer.objects.filter(answered_at__lte=as_of - KEPT).delete()
    return count


def _is_free(caller: str, key: str) -> bool:
    """
    Take the key for this transaction. False if another transaction has it now.

    SQLite has one writer at a time: the second request waits for the first and finds its answer.
    """
    if connection.vendor != "postgresql":
        return True
    digest = hashlib.sha256(f"{caller}\n{key}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
    return bool(row and row[0])


def _replay(known: RememberedAnswer, content_hash: str) -> HttpResponse:
    if known.request_hash != content_hash:
        raise IdempotencyMismatch(
            "This key already stands for a request with other content.",
            errors=[_about_header("idempotency_mismatch", "Used before with other content.")],
        )
    response = _answer(known.status_code, known.body)
    response[REPLAYED_HEADER] = "true"
    return response


def _answer(status_code: int, body: str) -> HttpResponse:
    return HttpResponse(body, status=status_code, content_type="application/json")
