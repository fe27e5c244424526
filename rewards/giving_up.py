"""Stop waiting for a fact that another one names, and judge that one as if it named none."""

from datetime import datetime

from partners.models import Partner, Person, WaitingReference
from partners.references import stop_waiting
from rewards.crediting import settle_again


def give_up(waiting: WaitingReference, *, by: Person | None, at: datetime) -> None:
    """
    Give up on a reference: a return is judged as one that names no order from now on.

    The caller owns the transaction.

    :raises NotWaiting: If the other fact came meanwhile, or somebody gave up already.
    """
    activity = waiting.activity
    roots = Partner.objects.lock_roots({activity.partner_id})
    stop_waiting(waiting, by=by, at=at)
    settle_again(sorted(set(roots.values())), as_of=at)
