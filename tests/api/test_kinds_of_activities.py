"""Activities of every kind through the API: their fields, references, currencies."""

import pytest

from partners.kinds import KINDS
from partners.models import Activity, ExchangeRate, OwnKind, Partner
from rewards.models import ClawBack
from tests.api.conftest import Poster
from tests.api.provocations import LINE, make_order
from tests.rewards.cast import balance

pytestmark = pytest.mark.once("PostgreSQL")

BASICS = {"partner": "erp:12346", "source": "erp", "occurred_at": "2026-03-02T09:30:00Z"}


def problems(answer) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def state_rate(erp: Poster, **changes):
    rate = {"currency": "EUR", "into": "GBP", "day": "2026-03-01", "rate": "0.85512"}
    return erp.post("rates", {"rates": [rate | changes]})


class TestKinds:
    def test_the_example_of_every_kind_is_taken(self, erp, shop):
        items = [{"kind": kind.code, **BASICS, **kind.example} for kind in KINDS.values()]

        answer = erp.post("activities/batch", {"activities": items}).json()

        assert [item["status"] for item in answer["items"]] == ["recorded"] * len(KINDS), answer
        stored = {row.kind: row for row in Activity.objects.all()}
        assert stored["payment"].refers_to == stored["invoice"]
        assert stored["invoice"].refers_to == stored["return"].refers_to == stored["order"]
        assert stored["recycling"].quantity == 12
        assert stored["training"].attributes["score"] == 92

    def test_are_listed_with_their_fields(self, erp, shop):
        OwnKind.objects.create(code="fair_visit", names={"en": "Fair visit"}, is_active=False)

        listed = {kind["code"]: kind for kind in erp.get("kinds").json()["kinds"]}

        assert list(listed)[:2] == ["fair_visit", "order"]
        assert listed["fair_visit"]["active"] is False
        assert listed["dispute"]["fields"][0] == {
            "name": "state",
            "label": "state",
            "type": "choice",
            "required": True,
            "hint": "",
            "choices": ["opened", "closed"],
        }

    @pytest.mark.parametrize(
        ("report", "expected"),
        [
            pytest.param(
                {"kind": "training", "attributes": {"score": 101}},
                [("/attributes/course", "required"), ("/attributes/score", "out_of_range")],
                id="typed fields",
            ),
            pytest.param(
                {"kind": "payment", "amount": "0", "currency": "GBP"},
                [("/amount", "required"), ("/refers_to", "required")],
                id="a payment of nothing",
            ),
            pytest.param({"kind": "no_such"}, [("/kind", "unknown_kind")], id="no kind"),
            pytest.param({"kind": "old"}, [("/kind", "kind_not_in_use")], id="not in use"),
            pytest.param(
                {"kind": "survey", "attributes": {"survey": "a"}, "quantity": "1"},
                [("/quantity", "not_asked_for")],
                id="not asked for",
            ),
            pytest.param(
                {"kind": "dispute", "refers_to": {"number": "1"}},
                [("/refers_to/external_id", "required"), ("/refers_to/number", "unknown_field")],
                id="a reference that names nothing",
            ),
        ],
    )
    def test_refuse_with_a_pointer(self, erp, shop, report, expected):
        OwnKind.objects.create(code="old", names={"en": "Old"}, is_active=False)

        answer = erp.post("activities", {**BASICS, "external_id": "1", **report})

        assert answer.status_code == 400
        assert sorted(problems(answer)) == sorted(expected)


class TestReferences:
    def test_wait_and_are_found(self, erp, earning_shop):
        back = make_order(kind="return", external_id="C1", refers_to={"external_id": "536365"})
        early = erp.post("activities", back).json()
        waiting = erp.get("activities", {"waits": "true"}).json()["items"]
        erp.post("activities", make_order())

        assert early["refers_to"] == {
            "id": None,
            "source": "erp",
            "external_id": "536365",
            "is_waited_for": True,
        }
        assert [one["id"] for one in waiting] == [early["id"]]
        found = erp.get(f"activities/{early['id']}").json()["refers_to"]
        assert (found["external_id"], found["is_waited_for"]) == ("536365", False)
        assert found["id"] is not None
        assert balance(earning_shop.pool) == 0

    def test_given_up_count_like_none(self, erp, earning_shop):
        erp.post("activities", make_order())
        back = make_order(kind="return", external_id="C1", refers_to={"external_id": "x"})
        early = erp.post("activities", back).json()
        before = balance(earning_shop.pool)

        answer = erp.post(f"activities/{early['id']}/give-up", {})

        assert answer.status_code == 200
        assert answer.json()["refers_to"]["is_waited_for"] is False
        assert (before, balance(earning_shop.pool)) == (15, 0)
        again = erp.post(f"activities/{early['id']}/give-up", {})
        assert (again.status_code, again.json()["code"]) == (409, "not_waiting")

    def test_to_something_else_is_other_content(self, erp, shop):
        back = make_order(kind="return", external_id="C1", refers_to={"external_id": "1"})
        erp.post("activities", back)

        other = erp.post("activities", {**back, "refers_to": {"external_id": "2"}})

        assert other.status_code == 409

    def test_a_cancellation_takes_the_order_back(self, erp, earning_shop):
        erp.post("activities", make_order())
        cancelled = {"kind": "cancellation", **BASICS, "external_id": "X1"}

        erp.post("activities", {**cancelled, "refers_to": {"external_id": "536365"}})

        assert balance(earning_shop.pool) == 0
        [claw_back] = ClawBack.objects.all()
        assert claw_back.explanation["steps"][1]["code"] == "cancelled"


class TestCurrencies:
    def test_a_fact_tells_what_it_comes_to(self, erp, earning_shop):
        stated = state_rate(erp)

        answer = erp.post("activities", make_order(currency="EUR"))

        assert stated.json() == {"new": 1, "changed": 0, "known": 0}
        assert answer.status_code == 201
        assert answer.json()["converted"] == [
            {"currency": "GBP", "amount": "13.0833", "rate": "0.85512", "rate_day": "2026-03-01"}
        ]
        assert balance(earning_shop.pool) == 13

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"rate": "0"}, ("/rates/0/rate", "invalid")),
            ({"rate": "1,5"}, ("/rates/0/rate", "invalid")),
            ({"currency": "ABC"}, ("/rates/0/currency", "currency_not_known")),
            ({"into": "EUR"}, ("/rates/0/into", "same_currency")),
            ({"day": "01.03.2026"}, ("/rates/0/day", "invalid")),
        ],
    )
    def test_a_rate_that_makes_no_sense_is_refused(self, erp, shop, changes, expected):
        answer = state_rate(erp, **changes)

        assert answer.status_code == 400
        assert problems(answer) == [expected]

    def test_a_day_is_said_once(self, erp, shop):
        rate = {"currency": "EUR", "into": "GBP", "day": "2026-03-01", "rate": "0.8"}

        answer = erp.post("rates", {"rates": [rate, {**rate, "rate": "0.9"}]})

        assert problems(answer) == [("/rates", "said_twice")]

    def test_rates_are_listed_and_stated_only_for_everybody(self, erp, partner_erp, shop):
        state_rate(erp)
        state_rate(erp, day="2026-03-02", rate="200")

        listed = erp.get("rates", {"currency": "EUR", "day_from": "2026-03-02"}).json()["items"]
        refused = state_rate(partner_erp)

        assert [(rate["day"], rate["rate"]) for rate in listed] == [("2026-03-02", "200")]
        assert refused.status_code == 403
        assert ExchangeRate.objects.count() == 2

    def test_constant_queries_with_references_rates_and_own_kinds(
        self, erp, shop, django_assert_max_num_queries
    ):
        OwnKind.objects.create(code="visit", names={"en": "Visit"})
        state_rate(erp)

        def count(start: int, size: int) -> int:
            items = []
            for number in range(start, start + size):
                items += [
                    make_order(external_id=f"o{number}", currency="EUR"),
                    make_order(
                        kind="return",
                        external_id=f"c{number}",
                        refers_to={"external_id": f"o{number}"},
                        lines=[{**LINE, "quantity": "1", "amount": "2.55"}],
                    ),
                    {"kind": "visit", **BASICS, "external_id": f"v{number}"},
                ]
            with django_assert_max_num_queries(200) as captured:
                answer = erp.post("activities/batch", {"activities": items})
            assert answer.json()["recorded"] == 3 * size
            return len(captured)

        count(900, 1)
        assert count(100, 20) <= count(0, 2)
        assert Partner.objects.count() == 1
