import contextlib
import importlib
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import IntegrityError, connection, migrations, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from django.urls import NoReverseMatch, reverse

from ledger import append_only
from ledger.auditing import audit
from ledger.extending import extend
from ledger.models import LotExtension, LotUse, Seal, SealedAccount, Transfer
from ledger.sealing import seal
from tests.factories import PersonFactory
from tests.ledger.entries import NOON, open_till, post_all

pytestmark = pytest.mark.django_db

SPRING = datetime(2026, 5, 1, tzinfo=UTC)
SUMMER = datetime(2026, 8, 1, tzinfo=UTC)

# The tables that never change, each with a column somebody might like to.
COLUMNS: dict[type[models.Model], str] = {
    Transfer: "amount",
    LotUse: "amount",
    LotExtension: "reference",
    Seal: "root",
    SealedAccount: "balance",
}
MIGRATIONS = [
    f"ledger.migrations.{append_only.FIRST_GUARDS}",
    f"ledger.migrations.{append_only.LATER_GUARDS}",
]
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite can replace rows")


@pytest.fixture
def journal() -> list[Transfer]:
    """A row in each of the five tables that never change."""
    till = open_till()
    posted = post_all(till.earn(100, expires_at=SPRING), till.redeem(30))
    with transaction.atomic():
        extend(unit=till.unit, partner_ids=[till.partner.pk], until=SUMMER, as_of=NOON)
    seal(as_of=NOON)
    return [one.transfer for one in posted]


def read_all() -> dict[str, list[dict[str, Any]]]:
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in COLUMNS}


def replace_columns(table: str, values: dict[str, str]) -> None:
    """INSERT OR REPLACE every row of a table by itself, with some columns changed."""
    with connection.cursor() as cursor:
        names = [
            info.name for info in connection.introspection.get_table_description(cursor, table)
        ]
    picked = ", ".join(values.get(name, name) for name in names)
    run(f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) SELECT {picked} FROM {table}")


def is_text(field: models.Field) -> bool:
    return isinstance(field, models.CharField | models.UUIDField)


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
    table = next(table for table in append_only.TABLES if name.startswith(f"{table}_no_"))
    run(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))


def change_by(model: type[models.Model], way: str) -> Callable[[], object]:
    """The ways to change or remove a row that the ORM and SQL have."""
    table, column = model._meta.db_table, COLUMNS[model]
    rows = list(model.objects.order_by("pk"))
    value = {column: getattr(rows[0], column)}
    return {
        "update": lambda: model.objects.update(**value),
        "update of one": lambda: model.objects.filter(pk=rows[0].pk).update(**value),
        "save": rows[0].save,
        "save of one column": lambda: rows[0].save(update_fields=[column]),
        "bulk update": lambda: model.objects.bulk_update(rows, [column]),
        "update or create": lambda: model.objects.update_or_create(pk=rows[0].pk, defaults=value),
        "upsert": lambda: model.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["id"], update_fields=[column]
        ),
        "raw delete": lambda: model.objects.order_by()._raw_delete("default"),
        "SQL update": lambda: run(f"UPDATE {table} SET {column} = {column}"),
        "SQL delete": lambda: run(f"DELETE FROM {table}"),
    }[way]


WAYS = (
    "update",
    "update of one",
    "save",
    "save of one column",
    "bulk update",
    "update or create",
    "upsert",
    "raw delete",
    "SQL update",
    "SQL delete",
)


class TestChanging:
    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("model", COLUMNS, ids=lambda model: model.__name__)
    def test_is_refused(self, journal, model, way):
        before = read_all()

        assert refused(change_by(model, way))
        assert read_all() == before

    @pytest.mark.parametrize("model", [LotUse, LotExtension, SealedAccount])
    def test_deleting_is_refused(self, journal, model):
        assert refused(model.objects.all().delete)
        assert refused(model.objects.first().delete)

    @pytest.mark.parametrize("model", [Transfer, Seal])
    def test_deleting_what_others_stand_on_is_refused_before_the_database_is_asked(
        self, journal, model
    ):
        with pytest.raises(models.ProtectedError):
            model.objects.all().delete()

    @pytest.mark.pg
    @pytest.mark.parametrize("table", append_only.TABLES)
    def test_truncating_is_refused(self, journal, table):
        # Constraints that wait for the end of the transaction would refuse it first.
        run("SET CONSTRAINTS ALL IMMEDIATE")

        assert refused(lambda: run(f"TRUNCATE {table} CASCADE"))

    @pytest.mark.pg
    def test_truncating_what_they_stand_on_is_refused(self, journal):
        run("SET CONSTRAINTS ALL IMMEDIATE")

        assert refused(lambda: run("TRUNCATE ledger_account CASCADE"))

    @pytest.mark.once("SQLite")
    @pytest.mark.parametrize("model", COLUMNS, ids=lambda model: model.__name__)
    def test_the_admin_has_no_way_to(self, journal, client, model):
        client.force_login(PersonFactory(is_staff=True, is_superuser=True))
        before = read_all()
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pk = model.objects.first().pk
        values = {COLUMNS[model]: "1", "_selected_action": [pk], "action": "delete_selected"}

        for page, arguments in (
            ("change", [pk]),
            ("delete", [pk]),
            ("add", []),
            ("changelist", []),
        ):
            with contextlib.suppress(NoReverseMatch):
                address = reverse(f"{name}_{page}", args=arguments)
                answer = client.post(address, values | {"post": "yes"})
                # A list without any action shows itself again.
                assert answer.status_code in ((302, 200) if page == "changelist" else (403, 405))

        assert read_all() == before

    @pytest.mark.pg
    def test_is_refused_to_a_session_that_poses_as_a_replica(self, journal):
        run("SET LOCAL session_replication_role = replica")

        assert refused(lambda: run("DELETE FROM ledger_transfer"))

    @on_sqlite
    @pytest.mark.parametrize("model", COLUMNS, ids=lambda model: model.__name__)
    def test_replacing_is_refused_by_whatever_is_unique(self, journal, model):
        table = model._meta.db_table
        alone = [one for one in model._meta.fields if one.unique and not one.primary_key]

        assert refused(lambda: replace_columns(table, {COLUMNS[model]: "'1'"}))
        if any(isinstance(one, models.UniqueConstraint) for one in model._meta.constraints):
            assert refused(lambda: replace_columns(table, {"id": "id + 1000"}))
        for kept in alone:
            others = {"id": "id + 1000"} | {
                one.column: f"{one.column} || 'x'" if is_text(one) else f"{one.column} + 1000"
                for one in alone
                if one is not kept
            }
            assert refused(lambda others=others: replace_columns(table, others))

    @pytest.mark.control
    def test_works_once_the_guards_are_gone(self, journal):
        """Else the tests above would only show that something else refuses."""
        for name in append_only.describe(connection.vendor):
            drop_guard(name)

        for model, column in COLUMNS.items():
            run(f"UPDATE {model._meta.db_table} SET {column} = '1'")
        run("DELETE FROM ledger_lotuse")

        assert Transfer.objects.filter(amount=1).count() == 2
        assert Seal.objects.filter(root="1").count() == 1
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
    def test_survive_a_rebuild_of_the_tables_by_a_later_migration(self):
        state = MigrationExecutor(connection).loader.project_state()
        for model, column in COLUMNS.items():
            # What SQLite can only do with a new table.
            looser = model._meta.get_field(column).clone()
            looser.null = True
            change = migrations.AlterField(model._meta.model_name, column, looser)
            changed = state.clone()
            change.state_forwards("ledger", changed)
            with connection.schema_editor() as editor:
                change.database_forwards("ledger", editor, state, changed)
            state = changed
        missing = append_only.find_missing(connection)
        problems = run_checks(databases=["default"], tags=["database"])
        rebuilt = connection.vendor == "sqlite"
        assert missing == (list(append_only.describe("sqlite")) if rebuilt else [])
        assert [one.id for one in problems] == ["ledger.E001"] * len(missing)

        call_command("migrate", skip_checks=True, verbosity=0, stdout=StringIO())

        assert append_only.find_missing(connection) == []

    @pytest.mark.transaction
    @pytest.mark.once("SQLite", unless_long=True)
    def test_are_in_force_after_going_back_and_forth_with_a_filled_ledger(self):
        """
        0003 rebuilds the table of transfers on SQLite; what it held is still there.

        All migrations back and forth take twice as long as making the database: PostgreSQL, which
        rebuilds no table, goes this way with --long.
        """
        till = open_till()
        post_all(till.earn(100), till.redeem(30))
        before = list(Transfer.objects.order_by("pk").values())

        for target in ("0002", None):
            arguments = ["ledger", target] if target else []
            call_command("migrate", *arguments, skip_checks=True, verbosity=0, stdout=StringIO())
            assert append_only.find_missing(connection) == []
            assert refused(lambda: run("UPDATE ledger_transfer SET amount = 1"))
            assert refused(lambda: run("DELETE FROM ledger_lotuse"))

        assert list(Transfer.objects.order_by("pk").values()) == before
        assert audit(as_of=NOON).divergences == ()
        assert seal(as_of=NOON).transfers == 2

    @pytest.mark.transaction
    def test_are_the_same_by_migration_and_by_restoring(self):
        later, first = reversed([importlib.import_module(name) for name in MIGRATIONS])

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
            later.allow_changes(ProjectState().apps, editor)
            first.allow_changes(ProjectState().apps, editor)
        assert describe() == []

        append_only.restore(connection)

        assert describe() == by_migration
