"""What waited is taken in as if it had come with its partner, and once, whoever asks."""

import csv
from datetime import UTC, datetime, timedelta

import pytest

from config.nightly import STEPS, Night
from ledger.auditing import audit
from ledger.models import Account
from partners.enrolling import enrol, name_partner
from partners.importing.mapping import parse_mapping
from partners.models import Activity, LateMark, Member, ParkedDocument, Partner
from partners.rates import RateRow, store_rates
from partners.team import PartnerClosed
from rewards import inbox
from rewards.late import work_out_again
from rewards.loading import load_file
from rewards.models import Standing
from rewards.programmes.presets import load_preset
from tests.factories import PartnerFactory, PersonFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2011, 12, 9, 20, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
HEADERS = ("order", "occurred_at", "partner", "sku", "quantity", "unit_price", "country")
SETTINGS = {
    "defaults": {"currency": "GBP", "timezone": "Europe/London"},
    "rules": {"return_prefix": "C"},
}
BEFORE = ("1", "2011-01-04 10:00", "A", "mug", "100", "24", "France")
WAITS = ("2", "2011-01-05 10:00", "", "mug", "50", "4.50", "France")
HALF = ("2", "2011-01-05 10:00", "", "pin", "3", "0", "France")
RETURNED = ("C3", "2011-01-06 10:00", "", "mug", "-60", "4.50", "France")
AFTER = ("4", "2011-01-07 10:00", "A", "mug", "1", "80.75", "France")


@pytest.fixture(autouse=True)
def programme():
    return load_preset("starter", as_of=datetime(2010, 1, 1, tzinfo=UTC))


@pytest.fixture
def shop():
    return enrol(erp_number="A", legal_name="Corner Shop", by=None, at=NOW)


@pytest.fixture
def load(tmp_path):
    numbers = iter(range(99))

    def load(*rows, **settings):
        path = tmp_path / f"orders-{next(numbers)}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([HEADERS, *rows])
        mapping = parse_mapping({**SETTINGS, **settings})
        answer = load_file(path=path, kind="order", source="shop", mapping=mapping, as_of=NOW)
        return answer.as_dict()

    return load


def named(row, partner="A"):
    return (*row[:2], partner, *row[3:])


def waiting():
    return list(ParkedDocument.objects.waiting().oldest_first())


def what_is_due(partner):
    """What is due to a partner and shown, told without ids and document numbers."""
    facts = Activity.objects.filter(partner=partner).order_by("occurred_at", "lines__position")
    return (
        list(
            facts.values_list(
                "kind", "occurred_at", "amount", "country", "lines__sku", "lines__amount"
            )
        ),
        list(facts.distinct().values_list("occurred_at", "awards__rule_code", "awards__amount")),
        list(Standing.objects.filter(partner=partner).values_list("tier_code", flat=True)),
        list(
            Account.objects.filter(partner=partner).order_by("kind").values_list("kind", "balance")
        ),
    )


class TestMatchingByHand:
    def test_is_as_if_it_had_come_with_its_partner(self, load, shop):
        rows = (BEFORE, WAITS, HALF, RETURNED, AFTER)
        on_time = enrol(erp_number="B", legal_name="On Time", by=None, at=NOW)
        load(*rows)
        load(*(named((f"{row[0]}B", *row[1:]), "B") for row in rows))
        documents = waiting()
        assert [each.external_id for each in documents] == ["2", "C3"]

        work_out_again(as_of=NOW)
        would = inbox.rehearse(documents=documents, partner=shop, by=None, at=LATER)
        nothing_done = (len(waiting()), Activity.objects.filter(partner=shop).count())
        did = inbox.match(documents=documents, partner=shop, by=None, at=LATER)
        again = inbox.match(documents=documents, partner=shop, by=None, at=LATER)
        late = LateMark.objects.get(partner=shop).earliest_on
        work_out_again(as_of=LATER)

        assert nothing_done == (2, 2)
        assert would.units_awarded == did.units_awarded
        assert [each.ending for each in did.outcomes] == ["taken", "taken"]
        assert [each.ending for each in again.outcomes] == ["not_waiting", "not_waiting"]
        assert late.isoformat() == "2011-01-05"
        assert what_is_due(shop) == what_is_due(on_time)
        assert audit(as_of=LATER).ok

    def test_the_same_reported_again_with_its_partner_is_known(self, load, shop):
        load(WAITS)
        inbox.match(documents=waiting(), partner=shop, by=None, at=LATER)
        other = enrol(erp_number="B", legal_name="Other", by=None, at=NOW)

        again, without, to_other = load(named(WAITS)), load(WAITS), load(named(WAITS, "B"))

        assert again["rows_duplicate"] == without["rows_duplicate"] == 1
        assert to_other["rows_refused"] == 1
        assert not Activity.objects.filter(partner=other).exists()

    def test_is_refused_to_who_is_on_the_team_and_for_who_is_closed(self, load, shop):
        load(WAITS)
        manager = PersonFactory()
        Member.objects.create(partner=shop, person=manager, role="viewer", joined_at=NOW)

        with pytest.raises(inbox.OwnCompany):
            inbox.match(documents=waiting(), partner=shop, by=manager, at=LATER)
        Partner.objects.filter(pk=shop.pk).update(status=Partner.Status.CLOSED)
        shop.refresh_from_db()
        with pytest.raises(PartnerClosed):
            inbox.match(documents=waiting(), partner=shop, by=PersonFactory(), at=LATER)
        assert inbox.apply_rules(at=LATER).outcomes == []
        assert len(waiting()) == 1

    def test_what_counts_for_nothing_goes_on_waiting_and_says_why(self, load, shop):
        load(HALF)

        [outcome] = inbox.match(documents=waiting(), partner=shop, by=None, at=LATER).outcomes

        assert (outcome.ending, bool(outcome.detail)) == ("refused", True)
        assert len(waiting()) == 1


class TestMatchingByItself:
    def test_when_its_partner_appears_or_has_a_new_number(self, load):
        load(named(WAITS, "Z9"), named(RETURNED, "Z9"), named(AFTER, "crm-7"))
        assert [each.reason for each in waiting()] == ["unknown_partner"] * 3

        shop = enrol(erp_number="Z9", legal_name="Corner Shop", by=None, at=LATER)
        left = [each.external_id for each in waiting()]
        name_partner(partner=shop, system="shop", number="crm-7", by=None, at=LATER)

        assert left == ["4"]
        assert waiting() == []
        assert Activity.objects.filter(partner=shop).count() == 3
        assert ParkedDocument.objects.filter(matched_partner=shop).count() == 3

    def test_by_rules_that_are_made_of_what_waits(self, load, shop):
        load(WAITS, named(AFTER, "north-12"))
        rule = {"source": "shop", "condition": "starts_with", "partner": shop, "by": None}

        _rule, by_ref = inbox.make_rule(field="partner_ref", value="north-", at=LATER, **rule)
        left = [each.external_id for each in waiting()]
        _rule, by_number = inbox.make_rule(field="external_id", value="2", at=LATER, **rule)
        with pytest.raises(inbox.RuleKnown):
            inbox.make_rule(field="external_id", value="2", at=LATER, **rule)

        assert (by_ref.count("taken"), left, by_number.count("taken")) == (1, ["2"], 1)
        assert load((*WAITS[:1], *WAITS[1:]))["rows_duplicate"] == 1

    def test_when_its_rate_appears(self, load, shop):
        load(named(WAITS), defaults={"currency": "EUR", "timezone": "Europe/London"})
        assert [each.reason for each in waiting()] == ["no_rate"]
        [lacking] = inbox.match(documents=waiting(), partner=shop, by=None, at=LATER).outcomes
        day = datetime(2011, 1, 5, tzinfo=UTC).date()
        store_rates([RateRow("EUR", "GBP", day, 80_000_000)], source="bank", by=None, at=LATER)

        matching = inbox.retry_no_rate(["EUR"], at=LATER)

        assert (lacking.ending, matching.count("taken")) == ("no_rate", 1)
        assert matching.units_awarded == {"starter-points": 180}

    def test_the_night_tries_what_slipped_through(self, load, shop, programme):
        load(WAITS, named(AFTER, "Z9"), named(BEFORE, "nobody"))
        # Enrolled past the door that would have told the inbox.
        PartnerFactory(erp_number="Z9")

        first, after = inbox.try_again(at=LATER, documents_max=2)
        rest, end = inbox.try_again(at=LATER, after_id=after)
        nothing, really_over = inbox.try_again(at=LATER, after_id=end)

        assert first.count("taken") + rest.count("taken") == 1
        assert (nothing.outcomes, really_over) == ([], None)
        [late_facts, *_others] = STEPS
        day = NOW.date() - timedelta(days=1)
        moved, chunks = 0, 0
        while moved is not None:
            moved = late_facts.chunk(Night(programme, day), moved).next_checkpoint
            chunks += 1
        assert chunks > 1
        assert not LateMark.objects.exists()


class TestDismissing:
    def test_has_a_reason_can_be_taken_back_and_ends_when_the_partner_is_named(self, load, shop):
        load(WAITS)
        [document] = waiting()
        manager = PersonFactory()

        inbox.dismiss(document=document, reason="A test of the till", by=manager, at=LATER)
        with pytest.raises(inbox.NotWaiting):
            inbox.dismiss(document=document, reason="Twice", by=manager, at=LATER)
        outcome = inbox.match(documents=[document], partner=shop, by=None, at=LATER).outcomes[0]
        again = load(WAITS)
        inbox.bring_back(document=document)
        with pytest.raises(inbox.NotDismissed):
            inbox.bring_back(document=document)
        waits_again = len(waiting())
        inbox.dismiss(document=document, reason="No", by=manager, at=LATER)
        named_now = load(named(WAITS))

        assert (outcome.ending, again["rows_duplicate"], waits_again) == ("not_waiting", 1, 1)
        assert (named_now["rows_accepted"], waiting()) == (1, [])
        document.refresh_from_db()
        assert (document.matched_at, document.dismissed_at) == (NOW, None)
