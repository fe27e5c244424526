"""Who may see which partner's rows: the one vocabulary every tenant-scoped query uses."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from partners.models.team import Member, Person


@dataclass(frozen=True, slots=True)
class Actor:
    """
    Whoever acts: a member in the portal, an API key, or staff in the admin.

    ``partner_ids`` is ``None`` only for those who may see every partner; the default sees none.
    """

    partner_ids: frozenset[int] | None = field(default_factory=frozenset)
    member: "Member | None" = None
    person: "Person | None" = None
    scopes: frozenset[str] = field(default_factory=frozenset)

    @property
    def sees_every_partner(self) -> bool:
        return self.partner_ids is None


class PartnerScopedQuerySet(models.QuerySet[Any]):
    """A set of rows that belong to a partner; ``partner_path`` leads from the row to it."""

    partner_path = "partner"

    def for_actor(self, actor: Actor) -> Self:
        if actor.partner_ids is None:
            return self.all()
        return self.filter(**{f"{self.partner_path}__in": sorted(actor.partner_ids)})
