"""
Places in the feed of all partners' events.

An event gets its place only after it is committed, one dispatcher at a time: whoever has read up
to a place has missed nothing before it, however late some other transaction ends.
"""

from django.db import connection, transaction
from django.db.models import Max

from partners.models import Event

EVENTS_PER_CALL_MAX = 10_000
# Any number, as long as nothing else takes the same advisory lock.
FEED_LOCK = 7_374_001


def give_places(*, events_max: int = EVENTS_PER_CALL_MAX) -> int:
    """Give committed events their places, oldest first; return how many. Safe to call any time."""
    if not Event.objects.not_dispatched().exists():
        return 0
    with transaction.atomic():
        _wait_for_turn()
        latest = Event.objects.aggregate(latest=Max("feed_position"))["latest"] or 0
        table = Event._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET feed_position = %s + waiting.place FROM"  # noqa: S608 - the table's own name
                " (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS place"
                f" FROM {table} WHERE feed_position IS NULL ORDER BY id LIMIT %s) AS waiting"
                f" WHERE {table}.id = waiting.id",
                [latest, events_max],
            )
            return cursor.rowcount


def _wait_for_turn() -> None:
    """SQLite has one writer at a time anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FEED_LOCK])
