"""A merge while facts of both partners come in: wherever each of them falls, the company has it."""

import pytest
from django.db import transaction

from partners.models import Partner, PartnerMerge
from partners.retrying import again
from rewards.merging import UndoNotPossible, undo_merge
from tests.rewards.merging.test_merging import fact
from tests.rewards.merging.world import (
    NOW,
    Pair,
    check_books,
    join_up,
    net_of,
    open_programme,
    tell,
)
from tests.threads import run_at_once

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]

POUNDS = 10


def test_facts_that_come_in_meanwhile_are_the_companys(request):
    pair = Pair(open_programme())
    facts = 60 if request.config.getoption("long") else 10
    tell(pair.oak, [fact("O", POUNDS, day=1)])
    tell(pair.elm, [fact("E", POUNDS, day=1)])

    def work(number):
        if number == facts // 2:
            return again(lambda: join_up(pair.oak, pair.elm))
        partner = (pair.oak, pair.elm)[number % 2]
        return again(lambda: tell(partner, [fact(f"F{number}", POUNDS, day=2)]))

    outcomes = run_at_once(facts + 1, work)

    assert [each.error for each in outcomes if each.error] == []
    assert net_of(Partner.objects.get(pk=pair.elm.pk)) == 0
    assert net_of(pair.oak) == (facts + 2) * POUNDS
    check_books()


def test_two_who_merge_and_part_at_once_do_it_once(request):
    pair = Pair(open_programme())
    tell(pair.elm, [fact("E", POUNDS, day=1)])

    def work(number):
        if number % 2 == 0:
            return again(lambda: join_up(pair.oak, pair.elm))
        made = PartnerMerge.objects.first()
        if made is None:
            return None
        return again(lambda: undo_merge(merge=made, by=None, at=NOW))

    outcomes = run_at_once(8, work)

    assert {type(each.error) for each in outcomes if each.error} <= {UndoNotPossible}
    [made] = PartnerMerge.objects.all()
    expected = (0, POUNDS) if made.undone_at else (POUNDS, 0)
    assert (net_of(pair.oak), net_of(pair.elm)) == expected
    with transaction.atomic():
        check_books()
