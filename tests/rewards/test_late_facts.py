"""Facts of days that have closed: they count in their period, and the night looks again."""

from datetime import UTC, date, datetime

import pytest
from django.db import transaction

from partners.models import LateMark, Partner
from rewards.late import work_out_again
from rewards.models import Standing, TierChange
from tests.rewards.cast import make_partner
from tests.rewards.club import open_club

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 4, 1, 23, tzinfo=UTC)


def march(day: int) -> datetime:
    return datetime(2026, 3, day, 10, tzinfo=UTC)


class TestLateFacts:
    def test_mark_their_partner_from_the_earliest_day_on(self):
        club = open_club()
        club.take_in("A1", 10, at=NOW, told_at=NOW)
        assert not LateMark.objects.exists()

        club.take_in("A2", 10, at=march(9), told_at=NOW)
        club.take_in("A3", 10, at=march(5), told_at=NOW)
        club.take_in("A4", 10, at=march(7), told_at=NOW)

        mark = LateMark.objects.get()
        assert (mark.partner, mark.earliest_on) == (club.partner, date(2026, 3, 5))

    def test_of_a_merged_partner_mark_the_kept_one(self):
        club = open_club()
        kept = make_partner(club.programme, "12399", tier="")
        Partner.objects.filter(pk=club.partner.pk).update(merged_into=kept)

        club.take_in("A1", 10, at=march(9), told_at=NOW)

        assert LateMark.objects.get().partner == kept

    def test_are_looked_at_by_the_night_which_clears_the_marks(self):
        club = open_club()
        others = [make_partner(club.programme, f"{n}", tier="") for n in range(3)]
        LateMark.objects.bulk_create(
            LateMark(partner=other, earliest_on=date(2026, 3, 5), marked_at=NOW) for other in others
        )
        club.take_in("A1", 3_000, at=march(9), told_at=NOW)
        club.take_in("C1", 2_900, at=march(8), told_at=NOW, kind="return")
        club.take_in("A0", 2_900, at=march(7), told_at=NOW)
        Standing.objects.filter(partner=club.partner).update(decided_on=None)

        seen, after = [], 0
        while after is not None:
            with transaction.atomic():
                counts = work_out_again(as_of=MIDNIGHT, after_partner_id=after, partners_max=3)
            seen.append(counts.partners)
            after = counts.last_partner_id

        assert seen == [3, 1, 0]
        assert not LateMark.objects.exists()
        standing = Standing.objects.get(partner=club.partner)
        assert (standing.tier_code, standing.spend) == ("silver", 3_000)
        assert standing.decided_on == date(2026, 4, 1)
        assert TierChange.objects.count() == 4
