"""Rolling expiry: who is active keeps the points, so that lots live longer than they were given."""

from collections.abc import Collection, Mapping
from datetime import datetime

from ledger import writing
from ledger.models import Account, Lot, Unit
from ledger.posting import ChangedMeanwhile, forbid_commit


def extend(
    *,
    unit: Unit,
    partner_ids: Collection[int],
    until: datetime,
    as_of: datetime,
    reference: str = "",
) -> int:
    """Let what these partners and their members hold live until then; see ``extend_each``."""
    return extend_each(
        unit=unit, until=dict.fromkeys(partner_ids, until), as_of=as_of, reference=reference
    )


def extend_each(
    *, unit: Unit, until: Mapping[int, datetime], as_of: datetime, reference: str = ""
) -> int:
    """
    Let what each partner holds live until its moment (by partner id), and return how many lots do.

    Pool, pending and wallets alike: open lots that have not expired at ``as_of`` and would expire
    earlier. None is shortened, none revived. The caller owns the transaction and has locked the
    partners. The number of queries does not grow with theirs; doing it again changes nothing.

    :raises ChangedMeanwhile: If the locks did not hold; the transaction can only be rolled back.
    """
    if not until:
        return 0
    owned = Account.objects.filter(
        unit=unit, partner__in=until, kind__in=Account.KINDS_WITH_LOTS
    ).order_by("pk")
    # As posting does: nothing is spent or retired between reading a lot and writing it.
    untils = {one.pk: until[one.partner_id] for one in owned.select_for_update(no_key=True)}
    lots = Lot.objects.open().filter(
        account__in=untils, expires_at__gt=as_of, expires_at__lt=max(until.values())
    )
    longer = [
        (pk, expires_at, untils[account_id])
        for pk, expires_at, account_id in lots.order_by("pk").values_list(
            "pk", "expires_at", "account"
        )
        if expires_at < untils[account_id]
    ]
    writing.insert(
        writing.LOT_EXTENSIONS,
        [(pk, before, now_until, as_of, reference) for pk, before, now_until in longer],
    )
    if writing.update(writing.LOTS_EXPIRY, longer) != len(longer):
        forbid_commit()
        raise ChangedMeanwhile
    return len(longer)
