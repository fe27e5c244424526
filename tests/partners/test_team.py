"""Roles on a team: a company that takes part always keeps a head buyer."""

import pytest

from partners import team
from partners.models import Actor, Event, Member, Partner, Person
from tests.rewards.cast import NOON, Shop, join, make_partner, open_shop

# Locks are tried on both databases in tests/chaos/test_team_races.py.
pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def as_head(shop: Shop) -> Actor:
    return Actor(person=shop.alice.person, member=shop.alice)


class TestChanging:
    def test_says_in_codes_what_was_changed_and_counts_the_edit(self, shop):
        changed = team.change(
            member=shop.bob, role="viewer", job_title=" Glass ", by=as_head(shop), at=NOON
        )

        assert (changed.role, changed.job_title, changed.revision) == ("viewer", "Glass", 2)
        event = Event.objects.get(kind="member_changed")
        assert event.payload == {
            "member": str(shop.bob.public_id),
            "changed": ["job_title", "role"],
            "from_role": "buyer",
            "to_role": "viewer",
        }
        assert event.actor == shop.alice.person

    def test_to_the_same_is_no_change(self, shop):
        team.change(member=shop.bob, role="buyer", by=as_head(shop), at=NOON)

        assert not Event.objects.filter(kind="member_changed").exists()

    def test_of_a_stale_page_is_refused(self, shop):
        team.change(member=shop.bob, job_title="Glass", revision=1, by=as_head(shop), at=NOON)

        with pytest.raises(team.StaleRevision):
            team.change(member=shop.bob, role="viewer", revision=1, by=as_head(shop), at=NOON)

    def test_of_who_left_is_refused(self, shop):
        Member.objects.filter(pk=shop.bob.pk).update(status="left", left_at=NOON)

        with pytest.raises(team.MemberNotActive):
            team.change(member=shop.bob, role="viewer", by=as_head(shop), at=NOON)

    def test_is_for_head_buyers_of_this_team_staff_and_systems(self, shop):
        other = join(make_partner(shop.programme, "99"), "Kim", "head_buyer")
        for member in (shop.bob, other):
            with pytest.raises(team.OnlyHeadBuyerDecides):
                team.change(
                    member=shop.bob,
                    role="head_buyer",
                    by=Actor(person=member.person, member=member),
                    at=NOON,
                )

        assert team.change(member=shop.bob, role="viewer", by=Actor(), at=NOON).role == "viewer"


class TestTheLastHeadBuyer:
    def test_stays_one(self, shop):
        with pytest.raises(team.LastHeadBuyer):
            team.change(member=shop.alice, role="buyer", by=Actor(), at=NOON)

    def test_is_not_helped_by_one_who_left_or_may_not_sign_in(self, shop):
        join(shop.partner, "Gone", "head_buyer", status="left", left_at=NOON)
        blocked = join(shop.partner, "Blocked", "head_buyer")
        Person.objects.filter(pk=blocked.person_id).update(is_active=False)

        with pytest.raises(team.LastHeadBuyer):
            team.change(member=shop.alice, role="buyer", by=Actor(), at=NOON)

    def test_may_go_once_there_are_two(self, shop):
        team.change(member=shop.bob, role="head_buyer", by=as_head(shop), at=NOON)

        assert team.change(member=shop.alice, role="buyer", by=as_head(shop), at=NOON)

    def test_may_go_where_the_company_does_not_take_part_any_more(self, shop):
        Partner.objects.filter(pk=shop.partner.pk).update(status="closed")

        assert team.change(member=shop.alice, role="buyer", by=Actor(), at=NOON)


class TestHandingOver:
    def test_changes_both_or_neither(self, shop):
        giver, taker = team.hand_over(
            member=shop.alice, to=shop.bob, becomes="viewer", by=as_head(shop), at=NOON
        )

        assert (giver.role, taker.role) == ("viewer", "head_buyer")
        assert Event.objects.filter(kind="member_changed").count() == 2

    def test_asked_twice_has_happened(self, shop):
        for _time in range(2):
            team.hand_over(member=shop.alice, to=shop.bob, by=as_head(shop), at=NOON)

        assert Event.objects.filter(kind="member_changed").count() == 2

    def test_goes_to_somebody_who_can_act(self, shop):
        stranger = join(make_partner(shop.programme, "99"), "Kim")
        gone = join(shop.partner, "Gone", status="left", left_at=NOON)
        blocked = join(shop.partner, "Blocked")
        Person.objects.filter(pk=blocked.person_id).update(is_active=False)

        for to in (stranger, gone, blocked, shop.alice):
            with pytest.raises(team.MemberNotActive):
                team.hand_over(member=shop.alice, to=to, by=as_head(shop), at=NOON)

    def test_is_for_who_has_it_to_give(self, shop):
        with pytest.raises(team.OnlyHeadBuyerDecides):
            team.hand_over(member=shop.bob, to=shop.vera, by=Actor(), at=NOON)


class TestWhoIsNeeded:
    def test_a_person_is_named_the_companies_they_hold_alone(self, shop):
        second = make_partner(shop.programme, "99")
        Member.objects.create(
            partner=second, person=shop.alice.person, role="head_buyer", joined_at=NOON
        )
        join(second, "Kim", "head_buyer")

        assert team.find_companies_left_alone(shop.alice.person) == [shop.partner]
