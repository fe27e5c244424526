"""Facts in another currency: converted by the rate of their day, or not taken."""

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from partners.models import Activity, ActivityLine, ConvertedAmount
from partners.rates import (
    Rate,
    RateRefused,
    RateRow,
    Wanted,
    check_pair,
    convert,
    convert_parts,
    find_rates,
    read_rate,
    store_rates,
    write_rate,
)
from partners.reports import LineReport
from rewards import crediting
from rewards.catching_up import convert_earlier
from rewards.converting import NoRate
from rewards.models import Award, ClawBack, ReturnMatch, Standing
from rewards.tiers.recalculating import window_figures
from tests.rewards.cast import make_programme
from tests.rewards.club import POINT_A_POUND, open_club

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
MARCH = [datetime(2026, 3, day, 10, tzinfo=UTC) for day in range(1, 32)]


def state(*rates: tuple[str, str, date, str]):
    rows = [RateRow(one, into, day, read_rate(text)) for one, into, day, text in rates]
    return store_rates(rows, source="bank", by=None, at=NOW)


def take_in(club, number, pieces, *, day, currency="EUR", kind="order", **changes):
    """Lines are (sku, quantity, amount)."""
    plain = club.report(number, 0, at=MARCH[day - 1], kind=kind)
    lines = [
        LineReport(sku, count * 10_000, int(Decimal(amount) * 10_000))
        for sku, count, amount in pieces
    ]
    report = dataclasses.replace(plain, lines=lines, currency=currency, **changes)
    with transaction.atomic():
        return crediting.take_in([report], as_of=NOW).results[0]


@pytest.mark.django_db
class TestRates:
    def test_the_newest_of_the_week_before_holds(self):
        state(
            ("EUR", "GBP", date(2026, 3, 2), "0.85"),
            ("EUR", "GBP", date(2026, 3, 6), "0.86"),
            ("GBP", "PLN", date(2026, 3, 6), "5"),
        )
        wanted = {day: Wanted("EUR", "GBP", date(2026, 3, day)) for day in (1, 2, 5, 6, 13, 14)}
        wanted[0] = Wanted("PLN", "GBP", date(2026, 3, 6))

        found = find_rates(wanted.values())

        earlier, later = Rate(85_000_000, date(2026, 3, 2)), Rate(86_000_000, date(2026, 3, 6))
        assert {day: found.get(each) for day, each in wanted.items()} == {
            1: None,
            2: earlier,
            5: earlier,
            6: later,
            13: later,
            14: None,
            0: None,
        }

    def test_stated_again_replaces_and_says_so(self):
        first = state(("EUR", "GBP", date(2026, 3, 2), "0.85"))
        again = state(
            ("EUR", "GBP", date(2026, 3, 2), "0.85"), ("USD", "GBP", date(2026, 3, 2), "0.7")
        )
        other = state(("EUR", "GBP", date(2026, 3, 2), "0.86"))

        assert (first.new, first.currencies) == (1, {"EUR"})
        assert (again.new, again.known, again.currencies) == (1, 1, {"USD"})
        assert (other.changed, other.currencies) == (1, {"EUR"})
        [rate] = find_rates([Wanted("EUR", "GBP", date(2026, 3, 2))]).values()
        assert rate.rate_e8 == 86_000_000

    @pytest.mark.parametrize(
        "text", ["0", "0.000000001", "-1", "1,5", "1e3", "", "٥", "12345678901"]
    )
    def test_refuses_what_is_no_rate(self, text):
        with pytest.raises(RateRefused):
            read_rate(text)

    @pytest.mark.parametrize(("one", "other"), [("EUR", "EUR"), ("ABC", "GBP"), ("EUR", "gbp")])
    def test_refuses_a_pair_that_is_none(self, one, other):
        with pytest.raises(RateRefused):
            check_pair(one, other)

    def test_is_written_without_idle_zeros(self):
        assert [write_rate(read_rate(text)) for text in ("0.8550", "200", "0.00000001")] == [
            "0.855",
            "200",
            "0.00000001",
        ]


@given(
    parts=st.lists(st.integers(0, 10**12), min_size=1, max_size=20),
    rate_e8=st.integers(1, 10**12),
)
def test_parts_add_up_to_the_whole_and_none_is_off_by_more_than_one(parts, rate_e8):
    total = convert(sum(parts), rate_e8)

    converted = convert_parts(parts, rate_e8, total_e4=total)

    assert sum(converted) == total
    floors = [part * rate_e8 // 10**8 for part in parts]
    assert all(0 <= got - floor <= 1 for got, floor in zip(converted, floors, strict=True))


@pytest.mark.django_db
class TestAFactInAnotherCurrency:
    def test_is_not_taken_without_a_rate_and_is_with_one(self):
        club = open_club()

        without = take_in(club, "A1", [("mug", 1, "100")], day=3)
        state(("EUR", "GBP", date(2026, 3, 2), "0.85512"))
        with_one = take_in(club, "A1", [("mug", 1, "100")], day=3)

        assert isinstance(without, NoRate)
        assert without.wanted == Wanted("EUR", "GBP", date(2026, 3, 3))
        assert with_one.is_new
        kept = ConvertedAmount.objects.get()
        assert (kept.amount, kept.rate_day) == (Decimal("85.512"), date(2026, 3, 2))
        assert club.balances() == {"pool": 85}
        assert Standing.objects.get(partner=club.partner).spend == Decimal("85.512")

    def test_what_was_counted_stays_when_the_rate_is_corrected(self):
        club = open_club()
        state(("EUR", "GBP", date(2026, 3, 2), "0.85"))
        take_in(club, "A1", [("mug", 1, "100")], day=3)
        state(("EUR", "GBP", date(2026, 3, 2), "0.5"))

        again = take_in(club, "A1", [("mug", 1, "100")], day=3)
        take_in(club, "A2", [("mug", 1, "100")], day=3)

        assert not again.is_new
        assert club.balances() == {"pool": 85 + 50}

    def test_twice_under_one_number_the_first_counts_as_it_was_told(self):
        club = open_club()
        state(("EUR", "GBP", date(2026, 3, 2), "0.5"))
        pounds = [club.report(number, 100, at=MARCH[2]) for number in ("A1", "A2")]
        other = [
            dataclasses.replace(pounds[0], currency="EUR"),
            # There is no rate for this one, but it is not what is stored.
            dataclasses.replace(pounds[1], currency="USD"),
        ]

        with transaction.atomic():
            taken = crediting.take_in([*pounds, *other], as_of=NOW)

        assert [type(each).__name__ for each in taken.results] == [
            "Recorded",
            "Recorded",
            "ActivityConflict",
            "ActivityConflict",
        ]
        assert not ConvertedAmount.objects.exists()
        assert club.balances() == {"pool": 200}

    def test_a_return_takes_back_by_its_own_rate_and_currencies_mix(self):
        club = open_club()
        state(("EUR", "GBP", date(2026, 3, 2), "0.5"), ("EUR", "GBP", date(2026, 3, 6), "0.8"))
        take_in(club, "A1", [("mug", 3, "99.99"), ("jug", 1, "0.01")], day=3)
        take_in(club, "A2", [("mug", 1, "10")], day=4, currency="GBP")
        take_in(club, "C1", [("mug", 1, "10")], day=6, kind="return")

        # 100 euros were 50 pounds; the newest mugs, 10 pounds, lose the 8 that 10 euros are now.
        assert {row.activity.external_id: row.amount for row in Award.objects.all()} == {
            "A1": 50,
            "A2": 10,
        }
        assert [row.due for row in ClawBack.objects.all()] == [8]
        day = date(2026, 3, 31)
        figures = window_figures([club.partner.pk], programme=club.programme, day=day)
        assert figures[club.partner.pk].spend_e4 == (50 + 10 - 8) * 10_000
        assert figures[club.partner.pk].orders == 2

    def test_is_explained_by_what_was_reported_the_rate_and_its_day(self):
        club = open_club()
        versions = club.programme.versions
        definition = versions.get().definition | {"rules": [POINT_A_POUND | {"delivery": False}]}
        versions.update(definition=definition)
        state(("EUR", "GBP", date(2026, 3, 2), "0.5"), ("EUR", "GBP", date(2026, 3, 6), "0.8"))
        said = {"delivery": "20", "tax": "0.01", "channel": "web"}
        take_in(club, "A1", [("mug", 3, "99.99"), ("jug", 1, "0.01")], day=3, attributes=said)
        take_in(club, "C1", [("mug", 1, "10")], day=6, kind="return")

        award = Award.objects.get()
        by = {"code": "converted", "currency": "EUR", "into": "GBP"}
        assert award.explanation["steps"][:3] == [
            {
                **by,
                "amount": "100",
                "rate": "0.5",
                "rate_day": "2026-03-02",
                "rate_of": "order",
                "result": "50",
            },
            {"code": "net_amount", "amount": "50", "currency": "GBP"},
            # Parts of an order are in its currency, too.
            {"code": "delivery_left_out", "amount": "10", "currency": "GBP", "result": "40"},
        ]
        assert award.amount == 40
        [taken] = ClawBack.objects.all()
        assert taken.explanation["steps"][1] == {
            **by,
            "amount": "10",
            "rate": "0.8",
            "rate_day": "2026-03-06",
            "rate_of": "return",
            "result": "8",
        }

    def test_every_live_programme_counts_it_in_its_own(self):
        club = open_club()
        yen = make_programme("yen")
        yen.currency = "JPY"
        yen.save()
        state(("JPY", "GBP", date(2026, 3, 3), "0.005"), ("GBP", "JPY", date(2026, 3, 3), "200"))
        take_in(club, "A1", [("mug", 1, "100")], day=3, currency="GBP")
        take_in(club, "A2", [("mug", 1, "90000")], day=4, currency="JPY")
        take_in(club, "C1", [("mug", 1, "1000")], day=5, currency="JPY", kind="return")
        take_in(club, "C2", [("mug", 1, "40")], day=6, currency="GBP", kind="return")

        spend = Standing.objects.filter(partner=club.partner).values_list(
            "programme__code", "spend"
        )
        assert dict(spend) == {"club": 505, "yen": 101_000}
        # Each return is kept once, in its own currency.
        matches = ReturnMatch.objects.order_by("pk").values_list("return_line__activity", "amount")
        numbers = dict(Activity.objects.values_list("pk", "external_id"))
        assert {numbers[pk]: amount for pk, amount in matches} == {"C1": 1_000, "C2": 40}
        assert ActivityLine.objects.count() == 4

    def test_what_came_before_a_programme_is_converted_by_the_night(self):
        club = open_club()
        take_in(club, "A1", [("mug", 1, "100")], day=3, currency="GBP")
        take_in(club, "A2", [("mug", 1, "100")], day=20, currency="GBP")
        yen = make_programme("yen")
        yen.currency = "JPY"
        yen.save()

        def run_chunks():
            found, after = 0, 0
            while after is not None:
                done = convert_earlier(
                    programme=yen, as_of=NOW, after_activity_id=after, activities_max=1
                )
                found, after = found + done.converted, done.last_activity_id
            return found

        assert run_chunks() == 0
        state(("GBP", "JPY", date(2026, 3, 3), "200"))
        # The other has no rate of its week: it counts as soon as somebody states one.
        assert run_chunks() == 1
        assert Standing.objects.get(programme=yen).spend == 20_000
        state(("GBP", "JPY", date(2026, 3, 20), "210"))
        assert (run_chunks(), run_chunks()) == (1, 0)
        assert Standing.objects.get(programme=yen).spend == 41_000
        assert Standing.objects.get(programme=club.programme).spend == 200

    def test_a_batch_of_many_costs_the_same_queries_as_of_two(self, django_assert_max_num_queries):
        club = open_club()
        state(("EUR", "GBP", date(2026, 3, 2), "0.85"))

        def count(start, number):
            plain = [
                dataclasses.replace(club.report(f"{n}", 7, at=MARCH[2]), currency="EUR")
                for n in range(start, start + number)
            ]
            with django_assert_max_num_queries(100) as captured, transaction.atomic():
                crediting.take_in(plain, as_of=NOW)
            return len(captured)

        count(900, 1)
        assert count(100, 30) == count(0, 2)
