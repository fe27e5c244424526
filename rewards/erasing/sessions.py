"""Sessions of a person. A session says whose it is only when it is opened."""

from collections.abc import Iterator

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from partners.models import Person


def find_sessions(person: Person) -> Iterator[Session]:
    """Yield the sessions the person is signed in with, also those that have expired."""
    for session in Session.objects.order_by("pk").iterator(chunk_size=2_000):
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            yield session


def end_sessions(person: Person) -> int:
    """Sign the person out everywhere; return how many sessions there were."""
    keys = [session.pk for session in find_sessions(person)]
    Session.objects.filter(pk__in=keys).delete()
    return len(keys)
