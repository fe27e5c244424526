"""Whatever came before and after a merge, the company has what one company would have."""

import random

import pytest
from django.db import transaction

from ledger.models import Account, Transfer
from partners.models import Partner
from rewards.merging import UndoNotPossible, undo_merge
from tests.rewards.merging.world import (
    Pair,
    check_books,
    due_of,
    join_up,
    make_facts,
    net_of,
    open_programme,
    tell,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]


def seeds(few: int, many: int) -> list:
    long = [pytest.param(seed, marks=pytest.mark.long) for seed in range(few, many)]
    return [*range(few), *long]


def make_twin(number: str, *facts) -> Partner:
    """A company that had all these facts from the start."""
    twin = Partner.objects.create(erp_number=number, legal_name=f"Twin {number}")
    tell(twin, sorted((fact for each in facts for fact in each), key=str), source="erp-twin")
    return twin


def why_not_undone(made) -> str:
    try:
        with transaction.atomic():
            undo_merge(merge=made, by=None, at=made.merged_at)
    except UndoNotPossible as refused:
        return refused.reason
    return ""


@pytest.mark.parametrize("seed", seeds(5, 20))
def test_a_family_has_what_one_company_would_have(seed):
    chance = random.Random(seed)
    pair = Pair(open_programme(pending_days=chance.choice([0, 0, 14])))
    of_oak, of_elm = make_facts(chance, "O", 6), make_facts(chance, "E", 6)
    first = chance.randrange(7)
    tell(pair.oak, of_oak[:first])
    tell(pair.elm, of_elm[:first])
    join_up(pair.oak, pair.elm)
    # In any order, also in one batch: what is reported for either is judged for both.
    for fact in of_oak[first:]:
        tell(pair.oak, [fact])
    tell(pair.elm, of_elm[first:])

    twin = make_twin("2000", of_oak, of_elm)

    assert due_of(pair.oak) == due_of(twin)
    assert net_of(pair.oak) == net_of(twin)
    assert not Account.objects.filter(partner=pair.elm, balance__gt=0).exists()
    check_books()


@pytest.mark.parametrize("seed", seeds(5, 20))
def test_an_undone_merge_leaves_two_companies_as_if_nothing_had_been(seed):
    chance = random.Random(seed)
    pair = Pair(open_programme(pending_days=chance.choice([0, 0, 14])))
    of_oak, of_elm = make_facts(chance, "O", 5), make_facts(chance, "E", 5)
    first = chance.randrange(3, 6)
    tell(pair.oak, of_oak[:first])
    tell(pair.elm, of_elm[:first])
    made = join_up(pair.oak, pair.elm)
    tell(pair.elm, of_elm[first:])
    before = Transfer.objects.count()
    if refusal := why_not_undone(made):
        # Refused whole: nothing has moved, and one company is what it was.
        assert refusal in {"used_since", "judged_together", "debt_repaid"}
        assert Transfer.objects.count() == before
        return
    tell(pair.oak, of_oak[first:])
    tell(pair.elm, of_elm[:1])

    assert due_of(pair.oak) == due_of(make_twin("2001", of_oak))
    assert due_of(pair.elm) == due_of(make_twin("2002", of_elm))
    assert net_of(pair.oak) == net_of(Partner.objects.get(erp_number="2001"))
    assert net_of(pair.elm) == net_of(Partner.objects.get(erp_number="2002"))
    check_books()
