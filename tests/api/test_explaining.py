"""Why something earned what it did, what something would earn, and the rules themselves."""

from datetime import date
from typing import Any

import pytest
import time_machine

from ledger.models import Transfer
from partners.models import Activity
from partners.rates import RateRow, read_rate, store_rates
from rewards.models import CampaignBudget, Segment
from tests.api.conftest import signed_in
from tests.api.provocations import make_order
from tests.rewards.cast import NOON, Shop, open_shop

pytestmark = pytest.mark.once("PostgreSQL")

FIVE = {"kind": "fixed", "units": 5}
NAMED = {"sku": "MUG-1", "quantity": "2", "amount": "40.00"}


def rule(code: str, trigger: str = "order", **more: Any) -> dict[str, Any]:
    return {"code": code, "names": {"en": code.title()}, "trigger": trigger, "effect": FIVE, **more}


def campaign(code: str, **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "names": {"en": code.title()},
        "starts_on": "2026-03-01",
        "ends_on": "2026-04-01",
        "rules": [rule(f"{code}-extra")],
        **more,
    }


@pytest.fixture
def club(db: None) -> Shop:
    """Rules of every outcome for an order of 15.30 on a Monday of March."""
    Segment.objects.create(code="vip", name="Very important")
    shop = open_shop()
    version = shop.programme.versions.get()
    version.definition = {
        **version.definition,
        "rules": [
            rule("base", effect={"kind": "per_money", "units": 1, "per": "1.00"}),
            rule("large", when={"kind": "amount", "at_least": "100"}),
            rule("secret", when={"kind": "segment", "in": ["vip"]}),
            rule("learning", "training", caps=[{"per": "partner", "period": "month", "times": 1}]),
            rule(
                "early",
                "payment",
                effect={"kind": "per_money", "units": 1, "per": "1.00"},
                when={"kind": "payment", "early_days_at_least": 5},
            ),
        ],
        "campaigns": [
            campaign("spring", budget={"units": 8}),
            campaign("vips", audience={"kind": "segment", "in": ["vip"]}),
            campaign("later", starts_on="2026-05-01", ends_on="2026-06-01"),
        ],
    }
    version.save()
    return shop


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(NOON, tick=False):
        yield


def explained(asker: Any, activity_id: str, **headers: str) -> Any:
    answer = asker.get(f"activities/{activity_id}/explanation", **headers)
    assert answer.status_code == 200, answer.content
    [found] = answer.json()["programmes"]
    return found


class TestAnActivity:
    def test_says_what_each_rule_gave_and_why_the_others_did_not(self, erp, club):
        order = erp.post("activities", make_order()).json()

        found = explained(erp, order["id"])

        assert (found["amount"], found["version"], found["nothing"]) == (20, 1, None)
        assert [(each["rule"], each["campaign"], each["amount"]) for each in found["awards"]] == [
            ("base", "", 15),
            ("spring-extra", "spring", 5),
        ]
        assert found["awards"][0]["told"][0] == {"label": "Net value", "value": "£15.30"}
        passed = {each["rule"]: each for each in found["passed_over"]}
        assert {code: each["reason"] for code, each in passed.items()} == {
            "large": "condition",
            "secret": "condition",
            "vips-extra": "audience",
            "later-extra": "campaign_not_running",
        }
        assert passed["large"]["detail"]["found"] == "15.3"
        assert passed["large"]["rule_name"] == "Large"
        assert "£100 or more. The amount was £15.30." in passed["large"]["told"]

    def test_tells_a_partner_nothing_of_lists_and_campaigns_for_others(self, erp, club):
        order = erp.post("activities", make_order()).json()
        path = f"/api/v1/activities/{order['id']}/explanation"

        [found] = signed_in(club.alice).get(path).json()["programmes"]

        assert [each["rule"] for each in found["passed_over"]] == ["large"]

    def test_says_what_a_return_took_and_what_of_it_is_left(self, erp, club):
        order = erp.post("activities", make_order()).json()
        back = make_order(
            kind="return",
            external_id="C1",
            occurred_at="2026-03-02T10:00:00+00:00",
            refers_to={"external_id": "536365"},
        )
        returned = erp.post("activities", back).json()

        of_order, of_return = explained(erp, order["id"]), explained(erp, returned["id"])

        taken = {each["activity"]: each["due"] for each in of_order["taken_back"]}
        assert set(taken) == {returned["id"]}
        assert sum(each["due"] for each in of_return["taken_back"]) == 20
        assert of_return["nothing"] == "earns_never"
        assert of_return["taken_back"][0]["told"]

    def test_says_how_it_was_converted(self, erp, club):
        rows = [RateRow("EUR", "GBP", date(2026, 3, 1), read_rate("0.5"))]
        store_rates(rows, source="bank", by=None, at=NOON)
        order = erp.post("activities", make_order(currency="EUR")).json()

        found = explained(erp, order["id"])

        [first, second, *_rest] = found["awards"][0]["explanation"]["steps"]
        assert (first["code"], second["code"]) == ("converted", "net_amount")
        assert found["reported"] == {key: first[key] for key in first if key != "code"}
        assert (first["amount"], first["rate"], first["result"]) == ("15.3", "0.5", "7.65")

    def test_costs_the_same_queries_however_much_is_on_file(
        self, erp, club, django_assert_max_num_queries
    ):
        def sell_and_take_back(number: int) -> str:
            order = erp.post("activities", make_order(external_id=f"A{number}")).json()
            returned = make_order(
                kind="return",
                external_id=f"C{number}",
                occurred_at="2026-03-02T10:00:00+00:00",
                refers_to={"external_id": f"A{number}"},
            )
            erp.post("activities", returned)
            return str(order["id"])

        first = sell_and_take_back(0)
        with django_assert_max_num_queries(60) as captured:
            explained(erp, first)
        asked = len(captured)
        for number in range(1, 8):
            sell_and_take_back(number)

        with django_assert_max_num_queries(asked):
            explained(erp, first)

    def test_that_earned_nothing_says_why(self, erp, club):
        for number in ("1", "2"):
            training = erp.post("activities", training_of(number)).json()
        toner = {"quantity": "1", "attributes": {"material": "toner"}}
        recycled = training_of("3") | {"kind": "recycling"} | toner
        recycling = erp.post("activities", recycled).json()
        payment = erp.post(
            "activities",
            {
                "kind": "payment",
                "partner": "erp:12346",
                "source": "erp",
                "external_id": "P1",
                "occurred_at": "2026-03-02T09:30:00+00:00",
                "currency": "GBP",
                "amount": "10.00",
                "refers_to": {"external_id": "INV-1"},
            },
        ).json()

        of_training = explained(erp, training["id"])

        assert (of_training["amount"], of_training["nothing"]) == (0, "rules_said_no")
        assert of_training["passed_over"][0]["reason"] == "cap_reached"
        assert of_training["nothing_told"]
        assert explained(erp, recycling["id"])["nothing"] == "no_rule"
        assert explained(erp, payment["id"])["nothing"] == "not_judged"

    def test_is_told_in_the_language_asked_for(self, erp, club):
        order = erp.post("activities", make_order()).json()

        found = explained(erp, order["id"], **{"Accept-Language": "pl"})

        assert found["awards"][0]["told"][0]["value"] != "£15.30"


def training_of(number: str) -> dict[str, Any]:
    return {
        "kind": "training",
        "partner": "erp:12346",
        "source": "lms",
        "external_id": number,
        "occurred_at": "2026-03-02T09:30:00+00:00",
        "attributes": {"course": "Safe lifting"},
    }


class TestAwards:
    def test_show_campaign_budget_and_what_waits(self, erp, club):
        for number in ("1", "2"):
            erp.post("activities", make_order(external_id=number))

        rows = erp.get("awards", {"campaign": "spring"}).json()["items"]
        one = erp.get(f"awards/{rows[0]['id']}").json()

        assert [(row["external_id"], row["amount"], row["withheld"]) for row in rows] == [
            ("2", 3, 2),
            ("1", 5, 0),
        ]
        assert (one["personal"], one["released"], one["decide_on"]) == (0, 0, None)
        assert one["waiting"] == {"amount": 0, "until": None}
        assert one["told"][-1]["value"] == "3"
        assert len(erp.get("awards", {"rule": "base"}).json()["items"]) == 2
        assert erp.get("awards", {"programme": "no-such"}).json()["items"] == []


COURSE = {"course": "Safe lifting"}
LIKE_A_REPORT: list[dict[str, Any]] = [
    {"kind": "order"},
    {"kind": "order", "lines": [NAMED]},
    {"kind": "order", "lines": [NAMED], "currency": "XXQ"},
    {"kind": "order", "lines": [NAMED], "currency": "GBP", "attributes": {"delivery": "40.01"}},
    {"kind": "order", "lines": [NAMED], "currency": "GBP", "attributes": {"delivery": True}},
    {"kind": "order", "lines": [NAMED], "amount": "1", "currency": "GBP"},
    {"kind": "order", "lines": [NAMED], "colour": "blue"},
    {"kind": "order", "lines": [NAMED | {"quantity": "999999999"}, NAMED], "currency": "GBP"},
    {"kind": "training"},
    {"kind": "training", "attributes": COURSE, "amount": "5", "currency": "GBP"},
    {"kind": "training", "attributes": COURSE, "member": "3fa85f64-5717-4562-b3fc-2c963f66afa6"},
    {"kind": "recycling", "attributes": {"material": "toner"}},
    {"kind": "payment", "amount": "1", "currency": "GBP"},
    {"kind": "payment", "refers_to": {"external_id": "x"}},
    {"kind": "survey", "attributes": {"supplier_share": "1e999"}},
    {"kind": "no-such"},
]


class TestPreview:
    @pytest.fixture
    def ask(self, erp, club):
        def preview(**body: Any) -> Any:
            whole = {"partner": "erp:12346", **body}
            return erp.client.post("/api/v1/preview", whole, format="json")

        return preview

    def test_gives_what_is_left_of_a_budget_now_and_writes_nothing(
        self, ask, erp, django_assert_max_num_queries
    ):
        fresh = ask(lines=[NAMED], currency="GBP").json()
        erp.post("activities", make_order())
        before = Transfer.objects.count(), CampaignBudget.objects.get().given
        with django_assert_max_num_queries(60) as captured:
            answer = ask(lines=[NAMED], currency="GBP").json()
        found = {each["rule"]: each for each in answer["awards"]}

        assert (fresh["amount"], fresh["version"], answer["amount"]) == (45, 1, 43)
        spring = found["spring-extra"]
        assert (spring["campaign"], spring["amount"], spring["withheld"]) == ("spring", 3, 2)
        assert spring["explanation"]["steps"][-1]["code"] == "withheld"
        assert (spring["told"][-1]["value"], found["base"]["withheld"]) == ("3", 0)
        assert "shared by all partners" in answer["note"]
        assert [each["rule"] for each in answer["passed_over"]] == [
            "large",
            "secret",
            "vips-extra",
            "later-extra",
        ]
        assert (Transfer.objects.count(), CampaignBudget.objects.get().given) == before
        assert Activity.objects.count() == 1
        asked_again = [one["sql"] for one in captured if "FOR" in one["sql"].upper().split()]
        assert not [sql for sql in asked_again if "UPDATE" in sql.upper()]
        with django_assert_max_num_queries(len(captured)):
            ask(lines=[NAMED | {"sku": f"S-{place}"} for place in range(100)], currency="GBP")

    def test_takes_any_kind_that_earns(self, ask, erp):
        invoice = {
            "kind": "invoice",
            "partner": "erp:12346",
            "source": "erp",
            "external_id": "INV-1",
            "occurred_at": "2026-03-01T09:30:00+00:00",
            "currency": "GBP",
            "amount": "30.00",
            "due_on": "2026-03-20",
        }
        assert erp.post("activities", invoice).status_code == 201
        pay = {
            "kind": "payment",
            "amount": "20.00",
            "currency": "GBP",
            "refers_to": {"external_id": "INV-1"},
        }

        training = ask(kind="training", attributes=COURSE).json()
        payment = ask(**pay, paid_on="2026-03-02").json()
        late = ask(**pay, paid_on="2026-03-19").json()

        assert (training["amount"], payment["amount"], late["amount"]) == (5, 20, 0)
        assert (training["note"], training["reported"]) == ("", None)
        assert late["passed_over"][0]["detail"]["found"] == -1

    def test_converts_by_the_rate_of_the_day_or_says_that_there_is_none(self, ask):
        rows = [RateRow("USD", "GBP", date(2026, 3, 1), read_rate("0.8"))]
        store_rates(rows, source="bank", by=None, at=NOON)

        dollars = ask(lines=[NAMED], currency="USD").json()
        zloty = ask(lines=[NAMED], currency="PLN")

        # 40 dollars are 32 pounds.
        assert dollars["awards"][0]["amount"] == 32
        assert dollars["awards"][0]["told"][0] == {
            "label": "$40.00 at the rate 0.8 of 1 March 2026",
            "value": "£32.00",
        }
        assert dollars["reported"] == {
            "amount": "40",
            "currency": "USD",
            "rate": "0.8",
            "rate_day": "2026-03-01",
            "rate_of": "order",
            "into": "GBP",
            "result": "32",
        }
        [error] = zloty.json()["errors"]
        assert (zloty.status_code, error["pointer"], error["code"]) == (400, "/currency", "no_rate")
        assert error["detail"] == "There is no rate of PLN into GBP for 2 March 2026."

    @pytest.mark.parametrize(
        ("body", "pointer", "code"),
        [
            ({"kind": "return", "lines": [NAMED]}, "/kind", "not_an_earning_kind"),
            ({"kind": "payment", "amount": "1", "currency": "GBP", "refers_to": {"external_id": "x"}}, "/refers_to", "does_not_exist"),
            ({"lines": [NAMED], "currency": "GBP", "partner": "erp:0"}, "/partner", "does_not_exist"),
            ({"lines": [NAMED], "currency": "GBP", "programme": "x"}, "/programme", "does_not_exist"),
        ],
    )  # fmt: skip
    def test_refuses_what_cannot_be(self, ask, body, pointer, code):
        answer = ask(**body)

        assert answer.status_code == 400
        assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
            (pointer, code)
        ]

    def test_asks_for_what_a_report_is_asked_for(self, ask, erp):
        said = {"source": "erp", "external_id": "1", "occurred_at": "2026-03-02T09:30:00+00:00"}
        for body in LIKE_A_REPORT:
            report = {"partner": "erp:12346", **said, **body}
            reported = erp.post("activities", report).json()["errors"]
            assert [(each["pointer"], each["code"]) for each in reported]
            assert ask(**body).json()["errors"] == reported, body


class TestRules:
    def test_are_data_and_sentences(self, erp, club):
        found = erp.get(f"programmes/{club.programme.code}/rules").json()

        assert found["version"] == 1
        assert [each["code"] for each in found["rules"]] == [
            "base",
            "large",
            "secret",
            "learning",
            "early",
        ]
        assert "Only for an amount of £100 or more." in found["rules"][1]["sentence"]
        assert found["rules"][1]["rule"]["when"] == {"kind": "amount", "at_least": "100"}

    def test_made_for_lists_are_for_the_seller(self, club):
        alice = signed_in(club.alice)

        found = alice.get(f"/api/v1/programmes/{club.programme.code}/rules").json()
        campaigns = alice.get("/api/v1/campaigns").json()["items"]

        assert "secret" not in [each["code"] for each in found["rules"]]
        assert [each["code"] for each in campaigns] == ["spring", "later"]
        assert campaigns[0]["budget"] is None

    def test_versions_are_those_that_were_published(self, erp, club):
        club.programme.versions.create(definition=club.programme.versions.get().definition)

        [version] = erp.get(f"programmes/{club.programme.code}/versions").json()["items"]

        assert (version["number"], version["is_in_force"]) == (1, True)

    def test_the_programme_says_how_awards_are_counted(self, erp, club):
        found = erp.get(f"programmes/{club.programme.code}").json()["earning"]

        assert (found["rounding"], found["claw_back_policy"], found["claw_back_basis"]) == (
            "down",
            "allow_debt",
            "by_line",
        )
        assert (found["pending"]["until"], found["personal_earning"]) == ("days", False)


class TestCampaigns:
    def test_have_a_state_a_budget_and_what_is_gone_of_it(self, erp, club):
        erp.post("activities", make_order())

        rows = erp.get("campaigns").json()["items"]

        assert [(row["code"], row["state"]) for row in rows] == [
            ("spring", "running"),
            ("vips", "running"),
            ("later", "scheduled"),
        ]
        assert (rows[0]["budget"], rows[0]["given"]) == (8, CampaignBudget.objects.get().given)
        assert rows[0]["ends_on"] == date(2026, 4, 1).isoformat()
        assert rows[1]["audience"] == {"kind": "segment", "in": ["vip"]}

    def test_are_found_by_state_and_programme(self, erp, club):
        def codes(**query: str) -> list[str]:
            return [row["code"] for row in erp.get("campaigns", query).json()["items"]]

        assert codes(state="scheduled") == ["later"]
        assert codes(programme=club.programme.code, state="ended") == []
        assert codes(programme="no-such") == []
        assert erp.get("campaigns", {"state": "blue"}).json()["code"] == "invalid_parameter"
        assert erp.get("campaigns", {"colour": "blue"}).json()["code"] == "unknown_parameter"
