"""A draft on the last orders of a partner."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.models import Activity, ActivityLine
from tests.admin.programmes.pages import BLANK, page, text_of
from tests.rewards.cast import NOON, make_partner
from tests.rewards.programmes.rules import BASE, DOCUMENT

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


class TestTryingOut:
    @pytest.fixture
    def partner(self, programme):
        partner = make_partner(programme, "12346")
        for number in range(12):
            order = Activity.objects.create(
                kind=Activity.Kind.ORDER,
                partner=partner,
                source="erp",
                external_id=f"order-{number}",
                occurred_at=NOON + timedelta(days=number),
                amount=100,
                currency="GBP",
                content_hash="",
                recorded_at=NOON,
            )
            ActivityLine.objects.create(
                activity=order, position=0, sku="A", quantity=1, amount=100, category="Toner"
            )
        return partner

    def test_shows_the_last_ten_by_both_versions_and_writes_nothing(
        self, client, draft, post, partner
    ):
        double = {**BASE, "effect": {"kind": "per_money", "units": 2, "per": "1.00"}}
        post(draft, "document", definition=json.dumps(DOCUMENT | {"rules": [double]}))

        answer = client.get(page(draft, "trial"), {"partner": partner.pk})

        rows = answer.context["rows"]
        assert [row["number"] for row in rows] == [f"order-{n}" for n in range(11, 1, -1)]
        # The campaign doubles what either version's rule gives.
        assert rows[-1]["live"] == "200\N{NO-BREAK SPACE}points"
        assert rows[-1]["draft"] == "400\N{NO-BREAK SPACE}points"
        assert rows[-1]["difference"] == "+200\N{NO-BREAK SPACE}points"
        assert [name for name, _units, _steps in rows[-1]["awards"]] == ["Base", "Double points"]
        assert answer.context["is_more"]
        assert not partner.awards.exists()
        wrong = client.get(page(draft, "trial"), {"partner": "9" * 20})
        assert "Choose a partner of the list" in text_of(wrong)

    def test_a_rule_is_tried_while_it_is_written(self, client, draft, post, partner):
        """On the partner that ordered last, until another one is chosen; nothing is saved."""
        shown = client.get(page(draft, "rule", "base"))
        assert f'<option value="{partner.pk}" selected>' in shown.content.decode()
        twice = {**BLANK, "effect-per_money__per": "1", "partner": partner.pk, "look": "1"}

        answer = post(draft, "rule", "base", **twice)

        # The campaign doubles what either gives.
        assert answer.context["difference"] == "+2,000\N{NO-BREAK SPACE}points"
        draft.refresh_from_db()
        assert draft.definition == DOCUMENT
        nobody = post(draft, "rule", "base", **{**twice, "partner": "x"})
        assert nobody.status_code == 200
        assert "total_live" not in nobody.context

    def test_costs_the_same_queries_for_ten_orders_and_for_none(self, client, draft, partner):
        other = make_partner(draft.programme, "99999")
        client.get(page(draft, "trial"), {"partner": other.pk})

        counts = []
        for each in (partner, other):
            with CaptureQueriesContext(connection) as queries:
                client.get(page(draft, "trial"), {"partner": each.pk})
            counts.append(len(queries))

        assert counts[0] == counts[1]
