"""Facts that make little sense, and what an edited or read thing says of its version."""

import pytest

from ledger.models import Account
from partners.models import Activity, Partner
from tests.api.test_problems import make_order
from tests.rewards.cast import balance, join

pytestmark = pytest.mark.once("PostgreSQL")

LINE = {"sku": "85123A", "quantity": "6", "amount": "15.30"}


class TestFacts:
    @pytest.mark.parametrize(
        ("changes", "pointer", "code"),
        [
            pytest.param({"amount": "0"}, "/lines/0/amount", "not_positive", id="a price of zero"),
            pytest.param(
                {"amount": "-2.00"}, "/lines/0/amount", "invalid", id="discount over price"
            ),
            pytest.param(
                {"currency": "EUR"}, "/lines/0/currency", "unknown_field", id="mixed currency"
            ),
            pytest.param({"sku": "A\nB"}, "/lines/0/sku", "control", id="two lines for a name"),
            pytest.param({"quantity": "9" * 16}, "/lines/0/quantity", "invalid", id="too large"),
        ],
    )
    def test_lines_are_refused_by_their_field(self, erp, shop, changes, pointer, code):
        answer = erp.post("activities", make_order(lines=[{**LINE, **changes}]))

        assert answer.status_code == 400
        assert {(each["pointer"], each["code"]) for each in answer.json()["errors"]} == {
            (pointer, code)
        }

    @pytest.mark.parametrize(
        "moment",
        [
            pytest.param("2026-03-29T01:30:00", id="in the gap of summer time, without offset"),
            pytest.param("2026-10-25T01:30:00", id="twice in autumn, without offset"),
            pytest.param("2026-02-30T09:00:00Z", id="no such day"),
            pytest.param("٢٠٢٦-03-02T09:30:00Z", id="digits of another script"),
        ],
    )
    def test_moments_are_one_moment(self, erp, shop, moment):
        answer = erp.post("activities", make_order(occurred_at=moment))

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/occurred_at"

    def test_in_the_gap_with_an_offset_and_years_ago_are_moments(self, erp, shop):
        for number, moment in enumerate(("2026-03-29T01:30:00+00:00", "2011-03-02T09:30:00Z")):
            order = make_order(external_id=str(number), occurred_at=moment)
            assert erp.post("activities", order).status_code == 201

    def test_a_buyer_of_another_team_answers_like_none(self, erp, shop, charlie):
        moved = join(shop.partner, "Moved", status="left", left_at="2026-03-03T00:00:00Z")
        answers = [
            erp.post("activities", make_order(member=member))
            for member in (str(charlie.public_id), "0197f3a0-0000-7000-8000-000000000000")
        ]
        # Who left since may have done it before.
        of_before = erp.post("activities", make_order(member=str(moved.public_id)))

        assert {answer.status_code for answer in answers} == {400}
        assert answers[0].json()["errors"] == answers[1].json()["errors"]
        assert of_before.status_code == 201

    def test_a_return_takes_back_no_more_than_its_order_gave(self, erp, earning_shop):
        erp.post("activities", make_order())
        big = {**LINE, "quantity": "600", "amount": "1530.00"}
        back = make_order(
            kind="return",
            external_id="C1",
            occurred_at="2026-03-03T09:30:00Z",
            lines=[big],
            refers_to={"external_id": "536365"},
        )

        assert erp.post("activities", back).status_code == 201
        assert balance(earning_shop.pool) == 0
        assert not Account.objects.filter(kind="debt", balance__gt=0).exists()

    def test_cancelled_twice_takes_back_once(self, erp, earning_shop):
        erp.post("activities", make_order())
        erp.post("activities", make_order(external_id="other"))
        for number in ("X1", "X2"):
            cancelled = make_order(
                kind="cancellation",
                external_id=number,
                occurred_at="2026-03-03T09:30:00Z",
                refers_to={"external_id": "536365"},
            )
            del cancelled["lines"], cancelled["currency"]
            assert erp.post("activities", cancelled).status_code == 201, number

        assert balance(earning_shop.pool) == 15

    def test_of_a_closed_company_are_refused(self, erp, earning_shop):
        Partner.objects.update(status=Partner.Status.CLOSED)

        answer = erp.post("activities", make_order())

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/partner"
        assert not Activity.objects.exists()


class TestVersions:
    def test_one_thing_is_sent_again_only_if_it_changed(self, erp, shop):
        things = [
            f"partners/{shop.partner.public_id}",
            f"members/{shop.bob.public_id}",
            f"programmes/{shop.programme.code}",
        ]
        for thing in things:
            first = erp.get(thing)
            again = erp.get(thing, **{"If-None-Match": first["ETag"]})
            weak = erp.get(thing, **{"If-None-Match": f'"x", W/{first["ETag"]}'})
            other = erp.get(thing, **{"If-None-Match": '"x"'})

            assert [each.status_code for each in (first, again, weak, other)] == [
                200,
                304,
                304,
                200,
            ]
            assert again.content == b""
            assert again["ETag"] == first["ETag"]

    def test_a_name_is_part_of_what_a_member_says(self, erp, shop):
        """The person's own row changes without an edit of the member."""
        thing = f"members/{shop.bob.public_id}"
        before = erp.get(thing)["ETag"]
        shop.bob.person.name = "Robert"
        shop.bob.person.save()

        assert erp.get(thing, **{"If-None-Match": before}).status_code == 200

    def test_lists_have_none(self, erp, shop):
        assert "ETag" not in erp.get("partners")
