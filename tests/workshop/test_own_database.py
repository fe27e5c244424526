"""The ground the suite stands on: committing tests have a database of their own."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from tests.databases.clones import Clone
from tests.threads import run_at_once


@pytest.mark.django_db
class TestRolledBack:
    """The usual test: whichever of the two runs first, the other sees nothing of it."""

    @pytest.mark.parametrize("turn", [1, 2])
    def test_sees_nothing_of_its_sister(self, turn: int) -> None:
        assert not Group.objects.exists()

        Group.objects.create(name="left behind")


@pytest.mark.transaction
class TestOwnDatabase:
    @pytest.mark.parametrize("turn", [1, 2])
    def test_keeps_what_it_commits_to_itself(self, turn: int) -> None:
        assert not Group.objects.exists()

        Group.objects.create(name="left behind")

        assert not connection.in_atomic_block

    def test_is_seen_by_every_thread(self) -> None:
        Group.objects.create(name="from the test")

        def add_one(number: int) -> int:
            Group.objects.create(name=f"from thread {number}")
            return Group.objects.filter(name="from the test").count()

        outcomes = run_at_once(8, add_one)

        assert [outcome.answer for outcome in outcomes] == [1] * 8
        assert Group.objects.count() == 9

    def test_returns_errors_as_outcomes(self) -> None:
        def fail_on_odd_numbers(number: int) -> int:
            if number % 2:
                raise LookupError(number)
            return number

        outcomes = run_at_once(4, fail_on_odd_numbers)

        assert [type(outcome.error) for outcome in outcomes[1::2]] == [LookupError] * 2
        assert [outcome.answer for outcome in outcomes[::2]] == [0, 2]

    def test_runs_what_waits_for_the_commit(self) -> None:
        done: list[str] = []

        with transaction.atomic():
            transaction.on_commit(lambda: done.append("after commit"))
            assert done == []

        assert done == ["after commit"]


@pytest.mark.django_db
def test_leaves_the_connection_of_other_tests_alone(request: pytest.FixtureRequest) -> None:
    assert connection.in_atomic_block
    assert "clone" not in str(connection.settings_dict["NAME"])


def test_names_a_database_that_another_process_can_open(own_database: Clone) -> None:
    assert own_database.name in own_database.url
    assert str(connection.settings_dict["NAME"]) == own_database.name
