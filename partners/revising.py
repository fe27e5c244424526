"""Edits of what somebody else may have edited meanwhile: each says of which version it is one."""

from typing import Protocol

from django.utils.translation import gettext as _


class Revised(Protocol):
    """A row that counts its edits."""

    revision: int


class StaleRevision(Exception):
    """The version that was edited is not the latest: somebody else was quicker."""

    code = "precondition_failed"

    def __init__(self) -> None:
        super().__init__(_("Somebody changed this meanwhile. Nothing was changed now."))


def refuse_if_stale(row: Revised, revision: int | None) -> None:
    """
    Let pass an edit of the latest version, or one that does not say of which it is.

    The caller has locked what keeps others from editing the row.

    :raises StaleRevision: If it is an edit of another version.
    """
    if revision is not None and revision != row.revision:
        raise StaleRevision
