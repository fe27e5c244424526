"""Holds, corrections and balances through the API: systems move, members read their own."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from ledger.models import Correction, CorrectionLimit, Hold
from ledger.naming import name_account
from partners.keys import Scope
from tests.api.asking import credit, pool_of, reserve
from tests.api.conftest import Poster, make_token, with_key
from tests.ledger.corrections import adjust, make_staff
from tests.ledger.entries import lots
from tests.rewards.cast import Shop, balance, earn, offer, owe, take

# What the domain does is tested on both databases; the door is asked on the one of production.
pytestmark = pytest.mark.once("PostgreSQL")


@pytest.fixture(autouse=True)
def limit(shop: Shop) -> CorrectionLimit:
    return CorrectionLimit.objects.create(
        unit=shop.unit, role=CorrectionLimit.INTEGRATOR, per_correction=200, per_day=300
    )


class TestHolds:
    def test_reserve_and_are_captured_in_part(self, erp, shop):
        lapses_at = (timezone.now() + timedelta(days=3)).isoformat()

        placed = reserve(erp, shop, 100, lapses_at=lapses_at, reference="cart-7").json()
        account = erp.get(f"accounts/{pool_of(shop)}").json()
        captured = erp.post(f"holds/{placed['id']}/capture", {"amount": 60}).json()

        assert (placed["state"], placed["amount"], placed["reference"]) == ("open", 100, "cart-7")
        assert (account["balance"], account["held"], account["available"]) == (500, 100, 400)
        assert (captured["state"], captured["captured"]) == ("captured", 60)
        transfer = erp.get(f"transfers/{captured['transfer']}").json()
        assert (transfer["kind"], transfer["amount"]) == ("redeem", 60)
        assert balance(shop.pool) == 440

    def test_are_released_once_or_twice_but_not_captured_then(self, erp, shop):
        hold = reserve(erp, shop).json()

        first, second = (erp.post(f"holds/{hold['id']}/release", {}) for _ in range(2))
        late = erp.post(f"holds/{hold['id']}/capture", {})

        assert (first.status_code, second.status_code) == (200, 200)
        assert first.json() == second.json()
        assert (late.status_code, late.json()["code"]) == (409, "hold_ended")
        assert late.json()["state"] == "released"

    def test_name_the_partner_by_its_erp_number_too(self, erp, partner_erp, shop, charlie):
        names = ("pool:club-points:erp:12346", "pool:club-points:erp:12347")

        answers = [reserve(partner_erp, shop, 10, account=name) for name in names]

        assert [answer.status_code for answer in answers] == [201, 400]
        assert answers[0].json()["account"] == pool_of(shop)
        for strange in ("wallet:club-points:erp:12346", "issued:club-points:erp:1", "pool:x:erp:"):
            assert reserve(erp, shop, 10, account=strange).status_code == 400

    def test_count_once_under_their_key(self, erp, shop):
        body = {"account": pool_of(shop), "amount": 100}
        answers = [erp.post("holds", body, key="cart-7") for _ in range(3)]

        assert len({answer.content for answer in answers}) == 1
        assert Hold.objects.count() == 1

    def test_say_how_much_is_there(self, erp, shop):
        reserve(erp, shop, 450)

        answer = reserve(erp, shop, 51)

        body = answer.json()
        assert (answer.status_code, body["code"]) == (422, "insufficient_points")
        assert (body["available"], body["held"], body["needed"]) == (50, 450, 51)

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"amount": 0}, "/amount"),
            ({"amount": -5}, "/amount"),
            ({"amount": 10**12 + 1}, "/amount"),
            ({"amount": "5"}, "/amount"),
            ({"lapses_at": "2026-01-01T00:00:00Z"}, "/lapses_at"),
            ({"account": "issued:club-points"}, "/account"),
            ({"account": "pool:no-such-unit:0190b6c2-5d1f-7c3a-9d0e-0b6f6b0c1a2d"}, "/account"),
            ({"account": "nonsense"}, "/account"),
            ({"colour": "red"}, "/colour"),
            # The journal keeps it for good: no sentences, no addresses.
            ({"reference": "for Maria K"}, "/reference"),
            ({"reference": "maria@elm.example"}, "/reference"),
        ],
    )
    def test_refuse_what_does_not_fit(self, erp, shop, changes, pointer):
        answer = reserve(erp, shop, **changes)

        assert answer.status_code == 400
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    @pytest.mark.parametrize("kind", ["pending", "debt"])
    def test_are_of_pools_and_wallets_only(self, erp, shop, kind):
        name = pool_of(shop).replace("pool:", f"{kind}:")

        answer = reserve(erp, shop, account=name)

        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "not_holdable")

    def test_of_a_redemption_are_ended_by_its_decision(self, erp, shop):
        taken = take(shop.alice, shop.pool, offer(shop.programme, approval_required=True, price=50))
        hold = Hold.objects.get(account=shop.pool)

        answers = [
            erp.post(f"holds/{hold.public_id}/{step}", {}) for step in ("capture", "release")
        ]

        assert {answer.json()["code"] for answer in answers} == {"hold_belongs_elsewhere"}
        taken.refresh_from_db()
        assert taken.state == "requested"

    def test_of_another_partner_are_not_there(self, partner_erp, erp, shop, charlie):
        foreign = name_account(shop.pool).replace(
            str(shop.partner.public_id), str(charlie.partner.public_id)
        )
        earn(Shop(shop.programme, charlie.partner, charlie, charlie, charlie).pool, 100)
        theirs = erp.post("holds", {"account": foreign, "amount": 10}).json()
        missing = foreign.replace(str(charlie.partner.public_id), str(uuid.uuid4()))

        placed = [
            partner_erp.post("holds", {"account": a, "amount": 5}) for a in (foreign, missing)
        ]
        touched = [
            partner_erp.post(f"holds/{hold}/release", {}) for hold in (theirs["id"], uuid.uuid4())
        ]

        assert [answer.status_code for answer in placed] == [400, 400]
        assert placed[0].json()["errors"] == placed[1].json()["errors"]
        assert [answer.status_code for answer in touched] == [404, 404]
        assert partner_erp.get("holds").json()["items"] == []


class TestAdjustments:
    def test_within_the_limit_are_posted(self, erp, shop):
        answer = credit(erp, shop, 120, note="Called Alice", reference="CRM-12")

        body = answer.json()
        assert answer.status_code == 201
        assert (body["kind"], body["state"], body["amount"]) == ("credit", "posted", 120)
        assert (body["reason"], body["reference"]) == ("goodwill", "CRM-12")
        assert "note" not in body
        assert balance(shop.pool) == 620
        transfer = erp.get(f"transfers/{body['transfer']}").json()
        assert (transfer["kind"], transfer["reference"]) == ("adjust", body["id"])

    def test_above_the_limit_wait_and_can_be_withdrawn(self, erp, shop):
        waiting = credit(erp, shop, 201)

        body = waiting.json()
        assert waiting.status_code == 202
        assert (body["state"], body["transfer"], body["decided_at"]) == ("waiting", None, None)
        assert balance(shop.pool) == 500
        withdrawn = erp.post(f"adjustments/{body['id']}/withdraw", {})
        assert withdrawn.json()["state"] == "withdrawn"

    def test_count_together_over_the_day(self, erp, shop):
        codes = [credit(erp, shop, 100).status_code for _ in range(5)]

        assert codes == [201, 201, 201, 202, 202]
        assert balance(shop.pool) == 800

    def test_repeated_with_the_same_key_count_once(self, erp, shop):
        answers = [credit(erp, shop, 100, key="crm-1") for _ in range(3)]

        assert len({answer.content for answer in answers}) == 1
        assert balance(shop.pool) == 600

    def test_debit_and_forgive(self, erp, shop):
        debited = credit(erp, shop, -100, reason="misuse").json()

        assert (debited["kind"], debited["amount"]) == ("debit", 100)
        assert balance(shop.pool) == 400

        credit(erp, shop, -200, reason="misuse")
        empty = take(shop.alice, shop.pool, offer(shop.programme, price=200))
        assert empty.price == 200
        owe(shop, 40)
        name = pool_of(shop).replace("pool:", "debt:")
        # The day's limit is used up, so that even mercy needs a second person.
        waiting = credit(erp, shop, 30, account=name)
        assert (waiting.status_code, waiting.json()["kind"]) == (202, "credit")

    def test_to_a_wallet_name_the_member(self, erp, shop):
        body = credit(erp, shop, 10, account=f"wallet:club-points:{shop.bob.public_id}").json()

        assert body["account"] == f"wallet:club-points:{shop.bob.public_id}"
        assert balance(shop.wallet(shop.bob)) == 10

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"amount": 0}, 400, "validation_failed"),
            ({"amount": 1.5}, 400, "validation_failed"),
            ({"amount": -(10**12) - 1}, 400, "validation_failed"),
            ({"note": "n" * 501}, 400, "validation_failed"),
            ({"reason": "because"}, 422, "reason_not_allowed"),
            ({"reason": "expiry-waived"}, 422, "reason_not_allowed"),
            ({"expires_at": "2026-01-01T00:00:00Z"}, 422, "expiry_not_ahead"),
            ({"amount": -501, "expires_at": "2099-01-01T00:00:00Z"}, 422, "expiry_not_ahead"),
        ],
    )
    def test_refuse_what_does_not_fit(self, erp, shop, changes, status, code):
        answer = credit(erp, shop, **changes)

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert not Correction.objects.exists()

    def test_of_people_are_not_a_keys_to_withdraw(self, erp, shop):
        waiting = adjust(make_staff(), shop.pool, 900)

        answer = erp.post(f"adjustments/{waiting.public_id}/withdraw", {})

        assert (answer.status_code, answer.json()["code"]) == (403, "not_the_asker")

    def test_need_their_scope(self, shop):
        reading = Poster(with_key(make_token(scopes=[Scope.ADJUSTMENTS_READ])), iter("ab"))

        assert credit(reading, shop).json()["code"] == "scope_missing"
        assert reading.get("adjustments").status_code == 200

    def test_of_another_partner_are_not_there(self, partner_erp, erp, shop, charlie):
        foreign = f"pool:club-points:{charlie.partner.public_id}"
        theirs = credit(erp, shop, 10, account=foreign).json()

        refused = credit(partner_erp, shop, 10, account=foreign)
        hidden = partner_erp.get(f"adjustments/{theirs['id']}")

        assert (refused.status_code, hidden.status_code) == (400, 404)
        assert partner_erp.get("adjustments").json()["items"] == []


class TestReversing:
    def test_a_transfer_whole_or_in_part(self, erp, shop):
        award = earn(shop.pool, 100)
        path = f"transfers/{award.public_id}/reverse"

        part = erp.post(path, {"amount": 30, "reason": "wrong-amount"})
        rest = erp.post(path, {"reason": "wrong-amount"})
        more = erp.post(path, {"reason": "wrong-amount"})

        assert (part.status_code, rest.status_code) == (201, 201)
        assert [answer.json()["amount"] for answer in (part, rest)] == [30, 70]
        assert part.json()["corrects"] == str(award.public_id)
        assert (more.status_code, more.json()["code"]) == (409, "nothing_left_to_reverse")
        assert balance(shop.pool) == 500
        posted = erp.get(f"transfers/{rest.json()['transfer']}").json()
        assert (posted["kind"], posted["reverses"]) == ("reverse", str(award.public_id))

    def test_above_the_limit_waits(self, erp, shop):
        award = earn(shop.pool, 400)

        answer = erp.post(f"transfers/{award.public_id}/reverse", {"reason": "misuse"})

        assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
        assert balance(shop.pool) == 900

    def test_a_redemption_is_corrected_there(self, erp, shop):
        taken = take(shop.alice, shop.pool, offer(shop.programme, price=50))

        answer = erp.post(f"transfers/{taken.transfer.public_id}/reverse", {"reason": "misuse"})

        assert (answer.status_code, answer.json()["code"]) == (422, "not_reversible")
        assert answer.json()["kind"] == "redeem"

    def test_a_captured_hold_gives_the_same_points_back(self, erp, shop):
        before = lots(shop.pool)
        hold = reserve(erp, shop, 80).json()
        captured = erp.post(f"holds/{hold['id']}/capture", {"reference": "order-7"}).json()

        answer = erp.post(f"transfers/{captured['transfer']}/reverse", {"reason": "agreement"})

        assert answer.status_code == 201
        assert sum(amount for amount, _ in lots(shop.pool)) == 500
        assert {expiry for _, expiry in lots(shop.pool)} == {expiry for _, expiry in before}
