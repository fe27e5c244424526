import importlib
from io import StringIO

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import IntegrityError, connection, migrations, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

from ledger import append_only
from ledger.models import LotUse, Transfer
from tests.ledger.entries import open_till, post_all

pytestmark = pytest.mark.django_db

MIGRATION = "ledger.migrations.0002_transfers_and_lot_uses_are_append_only"
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite can replace rows")


@pytest.fixture
def journal() -> list[Transfer]:
    """An award and a redemption of a part of it: two transfers, one use of a lot."""
    till = open_till()
    return [one.transfer for one in post_all(till.earn(100), till.redeem(30))]


def replace_column(table: str, column: str, value: str) -> None:
    """INSERT OR REPLACE every row of a table by itself, with one column changed."""
    with connection.cursor() as cursor:
        names = [
            info.name for info in connection.introspection.get_table_description(cursor, table)
        ]
    picked = ", ".join(value if name == column else name for name in names)
    run(f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) SELECT {picked} FROM {table}")


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def refused(change) -> bool:
    try:
        with transaction.atomic():
            change()
    except IntegrityError as refusal:
        return "append-only" in str(refusal)
    return False


def drop_guard(name: str) -> None:
    table = next(table for table in append_only.TABLES if name.startswith(table))
    run(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))


class TestChanging:
    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda: Transfer.objects.update(amount=1), id="update of all"),
            pytest.param(lambda: LotUse.objects.update(amount=1), id="update of all uses"),
            pytest.param(lambda: Transfer.objects.first().save(), id="save"),
            pytest.param(
                lambda: Transfer.objects.bulk_update(Transfer.objects.all(), ["amount"]),
                id="bulk update",
            ),
            pytest.param(lambda: LotUse.objects.all().delete(), id="delete of all uses"),
            pytest.param(lambda: LotUse.objects.get().delete(), id="delete of one use"),
            pytest.param(
                lambda: Transfer.objects.order_by()._raw_delete("default"), id="raw delete"
            ),
            pytest.param(
                lambda: Transfer.objects.bulk_create(
                    Transfer.objects.all(),
                    update_conflicts=True,
                    unique_fields=["id"],
                    update_fields=["amount"],
                ),
                id="upsert",
            ),
            pytest.param(lambda: run("UPDATE ledger_transfer SET amount = 1"), id="SQL update"),
            pytest.param(lambda: run("DELETE FROM ledger_transfer"), id="SQL delete"),
            pytest.param(lambda: run("UPDATE ledger_lotuse SET amount = 1"), id="SQL, uses"),
            pytest.param(lambda: run("DELETE FROM ledger_lotuse"), id="SQL delete, uses"),
        ],
    )
    def test_is_refused(self, journal, change):
        assert refused(change)
        assert list(Transfer.objects.order_by("pk").values_list("amount", flat=True)) == [100, 30]
        assert LotUse.objects.get().amount == 30

    def test_deleting_transfers_is_refused_before_the_database_is_asked(self, journal):
        with pytest.raises(models.ProtectedError):
            Transfer.objects.all().delete()

    @pytest.mark.pg
    @pytest.mark.parametrize("table", ["ledger_transfer", "ledger_lotuse"])
    def test_truncating_is_refused(self, journal, table):
        # Constraints that wait for the end of the transaction would refuse it first.
        run("SET CONSTRAINTS ALL IMMEDIATE")

        assert refused(lambda: run(f"TRUNCATE {table} CASCADE"))

    @pytest.mark.pg
    def test_is_refused_to_a_session_that_poses_as_a_replica(self, journal):
        run("SET LOCAL session_replication_role = replica")

        assert refused(lambda: run("DELETE FROM ledger_transfer"))

    @on_sqlite
    @pytest.mark.parametrize(
        ("table", "column", "value"),
        [
            pytest.param("ledger_transfer", "amount", "1", id="transfer"),
            pytest.param("ledger_transfer", "id", "id + 1000", id="transfer by its key"),
            pytest.param("ledger_lotuse", "amount", "1", id="use"),
            pytest.param("ledger_lotuse", "id", "id + 1000", id="use by transfer and lot"),
        ],
    )
    def test_replacing_is_refused(self, journal, table, column, value):
        assert refused(lambda: replace_column(table, column, value))

    @pytest.mark.control
    def test_works_once_the_guards_are_gone(self, journal):
        """Else the tests above would only show that something else refuses."""
        for name in append_only.describe(connection.vendor):
            drop_guard(name)

        run("UPDATE ledger_transfer SET amount = 1")
        run("DELETE FROM ledger_lotuse")

        assert Transfer.objects.filter(amount=1).count() == 2
        assert not LotUse.objects.exists()


class TestGuards:
    def test_are_all_there_after_migrating(self):
        assert append_only.find_missing(connection) == []
        assert run_checks(databases=["default"], tags=["database"]) == []

    def test_are_named_by_a_check_when_missing(self):
        drop_guard("ledger_lotuse_no_delete")

        problems = run_checks(databases=["default"], tags=["database"])

        assert [problem.id for problem in problems] == ["ledger.E001"]
        assert "ledger_lotuse_no_delete" in problems[0].msg

    @pytest.mark.pg
    def test_are_missing_when_they_are_switched_off(self):
        run("ALTER TABLE ledger_transfer DISABLE TRIGGER ledger_transfer_no_update")

        assert append_only.find_missing(connection) == ["ledger_transfer_no_update"]
        assert append_only.restore(connection) == ["ledger_transfer_no_update"]
        assert append_only.find_missing(connection) == []

    @pytest.mark.transaction
    def test_are_put_back_by_migrating(self):
        for name in append_only.describe(connection.vendor):
            drop_guard(name)

        call_command("migrate", skip_checks=True, verbosity=0, stdout=StringIO())

        assert append_only.find_missing(connection) == []

    @pytest.mark.transaction
    def test_survive_a_rebuild_of_the_table_by_a_later_migration(self):
        state = MigrationExecutor(connection).loader.project_state()
        lengthen = migrations.AlterField(
            "transfer", "reference", models.CharField(max_length=120, blank=True)
        )
        changed = state.clone()
        lengthen.state_forwards("ledger", changed)
        with connection.schema_editor() as editor:
            lengthen.database_forwards("ledger", editor, state, changed)
        assert len(append_only.find_missing(connection)) == (
            3 if connection.vendor == "sqlite" else 0
        )

        call_command("migrate", skip_checks=True, verbosity=0, stdout=StringIO())

        assert append_only.find_missing(connection) == []

    @pytest.mark.transaction
    def test_are_the_same_by_migration_and_by_restoring(self):
        migration = importlib.import_module(MIGRATION)

        def describe() -> list[tuple[str, ...]]:
            sql = (
                "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
                " AND tgrelid::regclass::text LIKE 'ledger_%'"
                if connection.vendor == "postgresql"
                else "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            )
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return sorted((name, " ".join(text.split())) for name, text in cursor.fetchall())

        by_migration = describe()
        with connection.schema_editor() as editor:
            migration.allow_changes(ProjectState().apps, editor)
        assert describe() == []

        append_only.restore(connection)

        assert describe() == by_migration
