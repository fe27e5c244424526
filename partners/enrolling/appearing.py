"""What happens when a partner appears: facts that waited for it are looked through again."""

from collections.abc import Callable, Collection
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string


def tell_who_appeared(partner_ids: Collection[int], *, at: datetime) -> None:
    """
    Call ``settings.AFTER_PARTNER_APPEARS`` with partners that are new or have a new number.

    In the transaction that made them known. This floor does not know who waits for them.
    """
    path: str = settings.AFTER_PARTNER_APPEARS
    if path and partner_ids:
        hook: Callable[..., object] = import_string(path)
        hook(sorted(partner_ids), at=at)
