"""Facts through the API: each once, whatever is retried, and a result for each of a batch."""

import itertools
from datetime import timedelta

import pytest

from ledger.models import Account, Transfer
from partners.doors.idempotency import KEPT, forget_old_answers
from partners.models import Activity, RememberedAnswer
from rewards.models import Award
from tests.api.conftest import Poster, make_token, with_key
from tests.api.provocations import LINE, make_order
from tests.rewards.cast import NOON, balance

pytestmark = pytest.mark.once("PostgreSQL")


class TestOne:
    def test_is_recorded_and_earns(self, erp, earning_shop):
        answer = erp.post("activities", make_order())

        body = answer.json()
        assert answer.status_code == 201
        assert body["amount"] == "15.30"
        assert body["lines"] == [
            {"position": 1, "description": "", "category": "", **LINE, "quantity": "6.00"}
        ]
        assert [(award["amount"], award["unit"]) for award in body["awards"]] == [
            (15, "club-points")
        ]
        assert balance(earning_shop.pool) == 15

    def test_sent_again_under_another_key_is_answered_the_same_and_earns_once(
        self, erp, earning_shop
    ):
        first = erp.post("activities", make_order())
        again = erp.post("activities", make_order())

        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert balance(earning_shop.pool) == 15

    def test_with_other_content_is_a_conflict_with_both_hashes(self, erp, earning_shop):
        known = erp.post("activities", make_order()).json()

        answer = erp.post("activities", make_order(country="France"))

        assert answer.status_code == 409
        assert answer.json()["known_hash"] == known["content_hash"]
        assert answer.json()["given_hash"] != known["content_hash"]

    def test_a_conflict_tells_nothing_of_another_partners_fact(
        self, erp, partner_erp, shop, charlie
    ):
        erp.post("activities", make_order(partner="erp:12347", external_id="theirs"))
        erp.post("activities", make_order(external_id="own"))
        reports = [make_order(external_id=number, country="France") for number in ("theirs", "own")]

        alone = [partner_erp.post("activities", report).json() for report in reports]
        batch = partner_erp.post("activities/batch", {"activities": reports}).json()["items"]

        for theirs, own in (alone, batch):
            assert theirs["code"] == own["code"] == "activity_conflict"
            assert theirs["known_hash"] == ""
            assert own["known_hash"]

    def test_key_of_another_partner_gets_the_answer_for_what_is_not_there(
        self, partner_erp, shop, charlie
    ):
        others = partner_erp.post("activities", make_order(partner="erp:12347"))
        missing = partner_erp.post("activities", make_order(partner="erp:99999"))

        assert others.status_code == missing.status_code == 400
        assert others.json()["errors"] == missing.json()["errors"]

    @pytest.mark.parametrize(
        ("changes", "pointer", "code"),
        [
            pytest.param({"colour": "red"}, "/colour", "unknown_field", id="unknown field"),
            pytest.param({"kind": 5}, "/kind", "invalid", id="number for text"),
            pytest.param({"external_id": 5}, "/external_id", "invalid", id="number as id"),
            pytest.param({"lines": []}, "/lines", "required", id="no lines"),
            pytest.param({"amount": "15.31"}, "/amount", "not_the_sum", id="not the sum"),
            pytest.param({"amount": 15.3}, "/amount", "invalid", id="number for money"),
            pytest.param({"currency": "ABC"}, "/currency", "currency_not_known", id="currency"),
            pytest.param(
                {"occurred_at": "2026-03-02T09:30:00"}, "/occurred_at", "naive", id="naive time"
            ),
            pytest.param(
                {"occurred_at": "2026-03-02T23:59:60Z"}, "/occurred_at", "invalid", id="leap second"
            ),
            pytest.param(
                {"occurred_at": "2199-01-01T00:00:00Z"}, "/occurred_at", "in_future", id="future"
            ),
            pytest.param({"occurred_at": 1772443800}, "/occurred_at", "invalid", id="epoch"),
            pytest.param({"partner": "12346"}, "/partner", "invalid", id="bare number"),
            pytest.param({"due_on": "29.02.2027"}, "/due_on", "invalid", id="local date"),
            pytest.param({"member": "alice"}, "/member", "invalid", id="member by name"),
            pytest.param({"attributes": {"a": [1]}}, "/attributes", "invalid", id="nested"),
        ],
    )
    def test_refuses_with_a_pointer_to_the_field(self, erp, shop, changes, pointer, code):
        answer = erp.post("activities", make_order(**changes))

        assert answer.status_code == 400
        assert {"pointer": pointer, "code": code} in [
            {"pointer": error["pointer"], "code": error["code"]}
            for error in answer.json()["errors"]
        ]
        assert not Activity.objects.exists()

    @pytest.mark.parametrize(
        ("quantity", "code"),
        [
            pytest.param("-1", "invalid", id="negative"),
            pytest.param("0", "not_positive", id="zero"),
            pytest.param("1.00001", "invalid", id="five decimals"),
            pytest.param("٥", "invalid", id="digits of another script"),
            pytest.param("1e3", "invalid", id="exponent"),
            pytest.param(6, "invalid", id="number"),
            pytest.param(True, "invalid", id="true"),
            pytest.param(None, "null", id="null"),
        ],
    )
    def test_quantities_are_exact_texts_above_zero(self, erp, shop, quantity, code):
        answer = erp.post("activities", make_order(lines=[{**LINE, "quantity": quantity}]))

        assert answer.json()["errors"][0]["pointer"] == "/lines/0/quantity"
        assert answer.json()["errors"][0]["code"] == code


class TestBatch:
    def test_answers_for_each_in_order(self, erp, earning_shop):
        erp.post("activities", make_order(external_id="known"))
        items = [
            make_order(external_id="new"),
            make_order(external_id="known"),
            make_order(external_id="known", country="France"),
            make_order(partner="erp:0", external_id="x"),
            make_order(partner="0197f3a0-0000-7000-8000-000000000000", external_id="y"),
            "not an object",
            make_order(external_id="new"),
            None,
            [],
        ]

        answer = erp.post("activities/batch", {"activities": items})

        body = answer.json()
        assert answer.status_code == 200
        assert [item["status"] for item in body["items"]] == [
            "recorded",
            "known",
            "conflict",
            "parked",
            "refused",
            "refused",
            "known",
            "refused",
            "refused",
        ]
        assert (body["recorded"], body["known"], body["conflict"], body["refused"]) == (1, 2, 1, 4)
        assert (body["parked"], body["items"][3]["code"]) == (1, "unknown_partner")
        assert body["items"][4]["errors"][0]["pointer"] == "/partner"
        assert Activity.objects.count() == 2
        assert balance(earning_shop.pool) == 30

    @pytest.mark.parametrize(
        "bad", [make_order(partner="erp:0"), make_order(external_id="known", country="France")]
    )
    def test_all_or_nothing_takes_nothing(self, erp, earning_shop, bad):
        erp.post("activities", make_order(external_id="known"))
        items = [make_order(external_id="new"), bad]

        answer = erp.post("activities/batch", {"activities": items, "all_or_nothing": True})

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"].startswith("/activities/1")
        assert Activity.objects.count() == 1
        assert not RememberedAnswer.objects.filter(status_code=422).exists()

    def test_takes_up_to_a_thousand(self, erp, shop):
        answer = erp.post("activities/batch", {"activities": [make_order()] * 1_001})

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/activities"

    def test_costs_the_same_queries_for_two_and_for_twenty(
        self, erp, earning_shop, django_assert_max_num_queries
    ):
        def count_queries(start: int, size: int) -> int:
            items = [
                make_order(external_id=str(number), occurred_at="2026-03-02T09:30:00Z")
                for number in range(start, start + size)
            ]
            with django_assert_max_num_queries(200) as captured:
                answer = erp.post("activities/batch", {"activities": items})
            assert answer.json()["recorded"] == size
            return len(captured)

        warm = count_queries(0, 2)

        assert count_queries(100, 20) <= warm


class TestIdempotency:
    def test_replay_gives_the_same_bytes(self, erp, earning_shop):
        first = erp.post("activities", make_order(), key="same")
        again = erp.post("activities", make_order(), key="same")

        assert again.status_code == first.status_code == 201
        assert again.content == first.content
        assert again.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.headers

    def test_keys_of_two_callers_are_independent(self, erp, earning_shop):
        another = Poster(with_key(make_token(partner=earning_shop.partner)), itertools.count())
        erp.post("activities", make_order(), key="same")

        other = another.post("activities", make_order(external_id="other"), key="same")

        assert other.status_code == 201

    def test_a_refusal_is_not_remembered(self, erp, earning_shop):
        refused = erp.post("activities", make_order(currency="XXX"), key="same")
        good = erp.post("activities", make_order(), key="same")

        assert (refused.status_code, good.status_code) == (400, 201)

    def test_order_of_fields_does_not_matter(self, erp, earning_shop):
        erp.post("activities", make_order(), key="same")
        turned = dict(reversed(make_order().items()))

        assert erp.post("activities", turned, key="same").headers["Idempotent-Replayed"] == "true"


class TestReading:
    def test_awards_say_why(self, erp, earning_shop):
        erp.post("activities", make_order())

        award = erp.get("awards", {"external_id": "536365"}).json()["items"][0]

        assert award["amount"] == Award.objects.get().amount == 15
        assert award["explanation"]["steps"]
        assert award["taken_back"] == 0

    def test_preview_stores_nothing(self, erp, earning_shop):
        answer = erp.client.post(
            "/api/v1/preview",
            {"partner": "erp:12346", "currency": "GBP", "lines": [LINE]},
            format="json",
        )

        assert answer.status_code == 200
        assert answer.json()["amount"] == 15
        assert not Activity.objects.exists()
        assert not Transfer.objects.exists()

    def test_balance_and_statement_agree(self, erp, earning_shop):
        for number in range(3):
            erp.post("activities", make_order(external_id=str(number)))
        account = erp.get("accounts", {"kind": "pool"}).json()["items"][0]

        first = erp.get(
            f"accounts/{account['id']}/statement",
            {"from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z", "limit": 2},
        ).json()
        second = erp.get(
            f"accounts/{account['id']}/statement",
            {
                "from": "2026-01-01T00:00:00Z",
                "until": "2027-01-01T00:00:00Z",
                "limit": 2,
                "cursor": first["next_cursor"],
            },
        ).json()

        assert account["balance"] == account["available"] == 45
        assert (first["opening"], first["closing"]) == (0, 45)
        assert [movement["balance"] for movement in first["movements"]] == [15, 30]
        assert [movement["balance"] for movement in second["movements"]] == [45]
        assert second["next_cursor"] is None

    @pytest.mark.parametrize(
        "period",
        [
            {},
            {"from": "2026-01-01T00:00:00Z"},
            {"from": "2026-01-01T00:00:00Z", "until": "2025-01-01T00:00:00Z"},
            {"from": "2020-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
            {"from": "yesterday", "until": "2026-01-01T00:00:00Z"},
        ],
    )
    def test_statement_needs_a_period_of_at_most_a_year(self, erp, shop, period):
        name = f"pool:{shop.unit.code}:{shop.partner.public_id}"

        answer = erp.get(f"accounts/{name}/statement", period)

        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid_parameter"

    def test_feed_goes_on_from_where_the_reader_stopped(self, erp, earning_shop):
        erp.post("activities", make_order())
        first = erp.get("events").json()
        nothing = erp.get("events", {"cursor": first["next_cursor"]}).json()
        erp.post("activities", make_order(external_id="next"))
        second = erp.get("events", {"cursor": nothing["next_cursor"]}).json()

        assert [item["kind"] for item in first["items"]] == ["points_earned"]
        assert nothing["items"] == []
        assert [item["sequence"] for item in second["items"]] == [2]

    def test_lots_and_transfers_of_an_account(self, erp, earning_shop):
        erp.post("activities", make_order())
        name = f"pool:{earning_shop.unit.code}:{earning_shop.partner.public_id}"

        lots = erp.get("lots", {"account": name, "state": "open"}).json()["items"]
        transfers = erp.get("transfers", {"account": name}).json()["items"]

        assert [lot["remaining"] for lot in lots] == [15]
        assert [(one["kind"], one["credit"]) for one in transfers] == [("earn", name)]
        assert erp.get(f"transfers/{transfers[0]['id']}").json() == transfers[0]
        assert Account.objects.filter(kind="pool").count() == 1


class TestMemory:
    def test_answers_are_kept_for_thirty_days(self, erp, earning_shop):
        erp.post("activities", make_order(), key="same")
        known = RememberedAnswer.objects.get()

        assert forget_old_answers(as_of=known.answered_at + KEPT - timedelta(seconds=1)) == 0
        assert forget_old_answers(as_of=known.answered_at + KEPT) == 1

    def test_a_key_is_free_again_after_that(self, erp, earning_shop):
        erp.post("activities", make_order(), key="same")
        RememberedAnswer.objects.update(answered_at=NOON - KEPT)

        answer = erp.post("activities", make_order(external_id="next"), key="same")

        assert answer.status_code == 201
