"""What the rows of one document say together, whatever their order in the file."""

import random
from datetime import UTC, date, datetime

import pytest

from partners.importing.documents import assemble, same_but_for_partner
from partners.importing.mapping import parse_mapping
from partners.importing.rows import FileRow
from partners.importing.staging import Outcome, Stage
from partners.importing.verdicts import Known, Verdict, decide
from partners.kinds import find_kind
from partners.models import ParkedDocument

MAPPING = parse_mapping({"defaults": {"currency": "GBP"}, "rules": {"return_prefix": "C"}})
NOON = datetime(2011, 1, 4, 12, tzinfo=UTC)
NOON_MICROSECONDS = int(NOON.timestamp()) * 1_000_000
MINUTE = 60_000_000


def row(number=2, *, quantity=6, pence=255, **changes) -> FileRow:
    quantity_e4, unit_price_e4 = quantity * 10_000, pence * 100
    plain = FileRow(
        number=number,
        document="536365",
        partner_ref="17850",
        occurred_at=NOON_MICROSECONDS,
        sku="85123A",
        description="Holder",
        category="",
        quantity_e4=quantity_e4,
        unit_price_e4=unit_price_e4,
        amount_e4=quantity * unit_price_e4,
        country="United Kingdom",
        currency="GBP",
        due_on="",
        paid_on="",
    )
    return plain._replace(**changes)


def make(*rows: FileRow, kind="order"):
    return assemble(rows, mapping=MAPPING, kind=find_kind(kind))


class TestAssemble:
    def test_sums_all_rows_the_identical_ones_too(self):
        document = make(row(2), row(3), row(4, quantity=1))

        assert (document.kind, document.partner_ref) == ("order", "17850")
        assert document.amount_e4 == (6 + 6 + 1) * 25_500
        assert len(document.report(kind=find_kind("order"), partner_id=1, source="shop").lines) == 3

    def test_happens_at_its_earliest_row(self):
        document = make(row(2, occurred_at=NOON_MICROSECONDS + MINUTE), row(3))

        assert document.occurred_at == NOON

    @pytest.mark.parametrize(
        ("bad", "code"),
        [
            (row(3, pence=0), "zero_price"),
            (row(3, pence=-100), "zero_price"),
            (row(3, quantity=0), "not_positive"),
            (row(3, quantity=-6), "not_positive"),
            (row(3, quantity=-6, pence=0), "zero_price"),
        ],
    )
    def test_drops_a_row_that_is_worth_nothing_and_keeps_the_others(self, bad, code):
        document = make(row(2), bad)

        assert document.kept == (row(2),)
        assert document.dropped == ((bad, code),)

    def test_counts_what_comes_back_as_positive(self):
        document = make(row(document="C536379", quantity=-6))
        report = document.report(kind=find_kind("order"), partner_id=1, source="shop")

        assert (report.kind, document.dropped) == ("return", ())
        assert (report.lines[0].quantity_e4, report.lines[0].amount_e4) == (60_000, 153_000)

    def test_drops_a_return_of_nothing(self):
        document = make(row(document="C536379", quantity=0))

        assert [code for _, code in document.dropped] == ["not_positive"]

    def test_looks_at_no_prices_where_no_partner_is_named(self):
        rows = (row(2, pence=0), row(3, partner_ref=""), row(4, quantity=-1))
        document = make(*rows)

        assert (document.partner_ref, document.kept, document.dropped) == ("", rows, ())

    @pytest.mark.parametrize(
        ("other", "flaw"),
        [
            (row(3, partner_ref="12346"), "two_partners"),
            (row(3, currency="EUR"), "two_currencies"),
            (row(3, due_on="2011-02-01"), "two_dates"),
            (row(3, amount_e4=10**16), "too_large"),
        ],
    )
    def test_finds_what_makes_the_whole_document_unusable(self, other, flaw):
        assert make(row(2), other).flaw == flaw
        assert make(other, row(2)).flaw == flaw

    def test_finds_two_partners_even_where_a_third_row_names_none(self):
        rows = row(2), row(3, partner_ref="12346"), row(4, partner_ref="")

        assert make(*rows).flaw == "two_partners"

    def test_carries_dates_of_an_invoice(self):
        document = make(row(due_on="2011-02-01", paid_on="2011-01-20", sku=""), kind="invoice")
        report = document.report(kind=find_kind("order"), partner_id=1, source="erp")

        assert (report.due_on, report.paid_on) == (date(2011, 2, 1), date(2011, 1, 20))
        assert (report.lines, report.amount_e4) == ((), 153_000)


class TestContentHash:
    @pytest.mark.parametrize("seed", range(5))
    def test_is_the_same_for_rows_in_any_order_and_place(self, seed):
        rows = [row(n, quantity=n % 3 + 1, sku=f"SKU {n % 4}") for n in range(2, 14)]
        shuffled = [each._replace(number=each.number + 99) for each in rows]
        random.Random(seed).shuffle(shuffled)

        first, second = make(*rows), make(*shuffled)

        assert first.content_hash == second.content_hash
        assert first.first.currency == second.first.currency

    @pytest.mark.parametrize(
        "rows",
        [
            pytest.param((row(),), id="a row is missing"),
            pytest.param((row(), row(), row()), id="a row is repeated"),
            pytest.param((row(), row(quantity=7)), id="another quantity"),
            pytest.param((row(), row(pence=0)), id="another price, although it is refused"),
            pytest.param((row(), row(description="Lamp")), id="another name"),
            pytest.param((row(), row(occurred_at=0)), id="another time"),
            pytest.param((row(), row(country="France")), id="another country"),
            pytest.param((row(), row(partner_ref="")), id="a partner is missing"),
        ],
    )
    def test_differs_when_anything_differs(self, rows):
        assert make(*rows).content_hash != make(row(), row()).content_hash

    def test_recognises_the_same_rows_under_another_partner(self):
        nameless = make(row(partner_ref=""), row(partner_ref=""))
        half_named = make(row(), row(partner_ref=""))
        named, other = make(row(), row()), make(row(), row(quantity=1))

        hashes = {each.content_hash for each in (nameless, half_named, named)}
        assert len(hashes) == 3
        assert same_but_for_partner(nameless.content_hash, named.content_hash)
        assert same_but_for_partner(half_named.content_hash, named.content_hash)
        assert not same_but_for_partner(other.content_hash, named.content_hash)


class TestDecide:
    named, changed = make(row()), make(row(quantity=7))
    nameless = make(row(partner_ref=""))
    waiting = ParkedDocument(external_id="536365", content_hash=nameless.content_hash)
    matched = ParkedDocument(
        external_id="536365", content_hash=nameless.content_hash, matched_at=NOON
    )
    by_hand = ParkedDocument(
        content_hash=nameless.content_hash, matched_at=NOON, matched_partner_id=1
    )
    by_hand_to_another = ParkedDocument(
        content_hash=nameless.content_hash, matched_at=NOON, matched_partner_id=2
    )

    @pytest.mark.parametrize(
        ("document", "taken", "parked", "found", "verdict"),
        [
            pytest.param(named, None, None, True, Verdict.TAKE, id="new"),
            pytest.param(named, None, None, False, Verdict.PARK, id="new, partner unknown"),
            pytest.param(nameless, None, None, False, Verdict.PARK, id="new, no partner"),
            pytest.param(named, named, None, True, Verdict.DUPLICATE, id="taken before"),
            pytest.param(changed, named, None, True, Verdict.CONFLICT, id="taken otherwise"),
            pytest.param(nameless, named, None, False, Verdict.CONFLICT, id="lost its partner"),
            pytest.param(nameless, None, waiting, False, Verdict.DUPLICATE, id="waits"),
            pytest.param(named, None, waiting, True, Verdict.MATCH, id="now has a partner"),
            pytest.param(named, None, waiting, False, Verdict.CONFLICT, id="names an unknown one"),
            pytest.param(changed, None, waiting, True, Verdict.CONFLICT, id="came back otherwise"),
            pytest.param(named, named, matched, True, Verdict.DUPLICATE, id="matched before"),
            pytest.param(nameless, named, matched, False, Verdict.DUPLICATE, id="the old file"),
            pytest.param(changed, named, matched, True, Verdict.CONFLICT, id="matched otherwise"),
            pytest.param(named, nameless, by_hand, True, Verdict.DUPLICATE, id="by hand before"),
            pytest.param(
                named, nameless, by_hand_to_another, True, Verdict.CONFLICT, id="to somebody else"
            ),
        ],
    )
    def test_compares_with_what_is_known(self, document, taken, parked, found, verdict):
        known = Known(
            {"536365": taken.content_hash} if taken else {}, {"536365": parked} if parked else {}
        )

        assert decide(document, known, partner_id=1 if found else None) is verdict


class TestStage:
    def test_gathers_the_rows_of_a_document_from_all_over_the_file(self):
        rows = [
            row(2),
            row(3, document="536366", partner_ref="12346"),
            row(4),
            row(5, document="536367", partner_ref=""),
            row(6, document="536366", partner_ref="12346"),
            row(7, document="536368", partner_ref="12346"),
        ]
        with Stage() as stage:
            stage.fill(iter(rows))

            grouped = [[each.number for each in rows] for rows in stage.documents_by_partner()]
            aside = [[each.number for each in rows] for rows in stage.documents_aside()]
            assert stage.count() == 6

        assert sorted(map(sorted, grouped)) == [[2, 4], [3, 6], [7]]
        # Both documents of partner 12346 stand together.
        assert [numbers[0] in {3, 6, 7} for numbers in grouped] in (
            [True, True, False],
            [False, True, True],
        )
        assert aside == [[5]]

    def test_gives_outcomes_in_the_order_of_the_file(self):
        with Stage() as stage:
            for number in (5, 2, 9):
                stage.note([Outcome(number, "", "conflict", "", "")])

            assert [outcome.number for outcome in stage.outcomes()] == [2, 5, 9]
