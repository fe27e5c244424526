"""The columns of the fixed SQL are those of the models."""

import pytest
from django.db import connection

from ledger import writing
from ledger.models import Account, Lot, LotUse, Transfer

TYPES = {"timestamp with time zone": "timestamptz", "varchar": "text"}


@pytest.mark.parametrize(
    ("table", "model"),
    [
        pytest.param(writing.TRANSFERS, Transfer, id="transfers"),
        pytest.param(writing.LOTS, Lot, id="lots"),
        pytest.param(writing.LOT_USES, LotUse, id="uses"),
    ],
)
class TestInsertedTables:
    def test_have_every_column_of_the_model_but_its_id(self, table, model):
        columns = {field.column for field in model._meta.concrete_fields}

        assert table.name == model._meta.db_table
        assert columns - {"id"} == set(table.columns)

    @pytest.mark.pg
    def test_have_the_types_of_the_model(self, table, model):
        given = {
            field.column: (field.db_type(connection) or "").split("(")[0]
            for field in model._meta.concrete_fields
            if not field.primary_key
        }

        assert table.columns == {name: TYPES.get(kind, kind) for name, kind in given.items()}


@pytest.mark.parametrize(
    ("table", "model"),
    [
        pytest.param(writing.LOTS_LEFT, Lot, id="lots"),
        pytest.param(writing.BALANCES, Account, id="balances"),
    ],
)
def test_updated_tables_begin_with_id_and_guard(table, model):
    assert table.name == model._meta.db_table
    assert list(table.columns)[:2] == ["id", "remaining" if model is Lot else "balance"]
    assert set(table.columns) <= {field.column for field in model._meta.concrete_fields}
