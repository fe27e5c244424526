"""The columns of the fixed SQL are those of the models."""

import pytest
from django.db import connection

from ledger import writing
from ledger.models import Account, Hold, HoldSlice, Lot, LotUse, Transfer

TYPES = {"timestamp with time zone": "timestamptz", "varchar": "text"}


@pytest.mark.parametrize(
    ("table", "model"),
    [
        pytest.param(writing.TRANSFERS, Transfer, id="transfers"),
        pytest.param(writing.LOTS, Lot, id="lots"),
        pytest.param(writing.LOT_USES, LotUse, id="uses"),
        pytest.param(writing.HOLDS, Hold, id="holds"),
        pytest.param(writing.HOLD_SLICES, HoldSlice, id="slices of holds"),
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


def test_transfers_are_made_and_written_in_the_order_of_the_model():
    """The book makes them by position."""
    names = [field.attname for field in Transfer._meta.concrete_fields]

    assert names == ["id", *writing.TRANSFERS.columns]


@pytest.mark.parametrize(
    ("table", "model", "guard"),
    [
        pytest.param(writing.LOTS_LEFT, Lot, "remaining", id="lots"),
        pytest.param(writing.LOTS_HELD, Lot, "held", id="lots held"),
        pytest.param(writing.BALANCES, Account, "balance", id="balances"),
        pytest.param(writing.HELD, Account, "held", id="held"),
        pytest.param(writing.HOLDS_ENDED, Hold, "state", id="holds"),
    ],
)
def test_updated_tables_begin_with_id_and_guard(table, model, guard):
    assert table.name == model._meta.db_table
    assert list(table.columns)[:2] == ["id", guard]
    assert set(table.columns) <= {field.column for field in model._meta.concrete_fields}
