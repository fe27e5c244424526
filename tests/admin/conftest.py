import pytest
from django.contrib.auth.models import Group

from config.roles import load_roles
from ledger.models import CorrectionLimit
from partners.models import Person
from partners.roles import Role


@pytest.fixture
def root(client):
    """A superuser, signed in."""
    person = Person.objects.create(
        email="root@example.com", name="Root", is_staff=True, is_superuser=True
    )
    client.force_login(person)
    return person


@pytest.fixture
def employ(client):
    """``employ(Role.FINANCE)``: a colleague in that role, signed in."""
    load_roles()

    def sign_in(role: Role) -> Person:
        person = Person.objects.create(
            email=f"{role.name.lower()}@example.com", name=role.label, is_staff=True
        )
        person.groups.set(Group.objects.filter(name=role.value))
        client.force_login(person)
        return person

    return sign_in


@pytest.fixture
def dana(employ):
    return employ(Role.LOYALTY_MANAGER)


@pytest.fixture
def limit(shop):
    return CorrectionLimit.objects.create(
        role=Role.LOYALTY_MANAGER, unit=shop.unit, per_correction=100, per_day=150
    )


@pytest.fixture
def erik(dana):
    """A second loyalty manager, not signed in."""
    person = Person.objects.create(email="erik@example.com", name="Erik", is_staff=True)
    person.groups.set(Group.objects.filter(name=Role.LOYALTY_MANAGER.value))
    return person
