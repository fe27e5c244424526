"""Whom a command means."""

from django.core.management.base import CommandError

from partners.models import Person


def find_person(email: str) -> Person:
    person = Person.objects.filter(email=email.strip().lower()).first()
    if person is None:
        raise CommandError(f"Nobody signs in as {email}.", returncode=2)
    return person
