"""What the database itself keeps to, whoever asks."""

import pytest
from django.db import OperationalError, connection


def ask(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return row[0] if row else None


@pytest.mark.pg
@pytest.mark.django_db
class TestPostgresql:
    @pytest.mark.parametrize(
        ("limit", "value"),
        [
            ("statement_timeout", "5s"),
            ("lock_timeout", "2s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ],
    )
    def test_is_told_its_limits(self, limit: str, value: str) -> None:
        assert ask(f"SHOW {limit}") == value

    @pytest.mark.transaction
    def test_ends_a_statement_that_takes_too_long(self) -> None:
        ask("SELECT set_config('statement_timeout', '50ms', false)")

        with pytest.raises(OperationalError, match="statement timeout"):
            ask("SELECT pg_sleep(5)")


@pytest.mark.transaction
def test_sqlite_writes_ahead_and_keeps_foreign_keys() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite")

    assert ask("PRAGMA journal_mode") == "wal"
    assert ask("PRAGMA foreign_keys") == 1
    assert ask("PRAGMA busy_timeout") == 20_000
