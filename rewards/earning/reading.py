"""What the parts of a rule are read against: what triggers it, the tiers, the precision."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from partners.kinds import Kind
from rewards.programmes.values import InvalidDefinition

OF_ORDERS: Final = ("invoice", "payment")
"""What is told of orders, and counts no goods itself."""


@dataclass(frozen=True, slots=True)
class Reading:
    """
    ``kind`` is what is known of the kind of activity that triggers the rule; None for an own kind,
    whose fields only the database knows. An audience is read without a trigger: it asks about the
    partner alone. ``tiers`` are codes from the bottom up. What ``is_published`` keeps its meaning,
    also where it could not be written any more.
    """

    trigger: str = ""
    kind: Kind | None = None
    tiers: tuple[str, ...] = ()
    unit_decimals: int = 0
    is_published: bool = False

    def refuse_unless(self, triggers: Iterable[str], path: str, reason: str) -> None:
        """Refuse what only activities of certain kinds can be asked."""
        if self.trigger not in triggers:
            raise InvalidDefinition(path, reason)

    def refuse_without_money(self, path: str) -> None:
        if self.kind is not None and not self.kind.has_amount:
            raise InvalidDefinition(
                path, _("needs an amount of money, which this kind of activity does not have")
            )

    def refuse_without_lines(self, path: str) -> None:
        if self.kind is not None and not self.kind.has_lines:
            raise InvalidDefinition(
                path, _("needs lines with articles, which this kind of activity does not have")
            )

    def refuse_without_quantity(self, path: str) -> None:
        if self.kind is not None and not (self.kind.has_lines or self.kind.has_quantity):
            raise InvalidDefinition(
                path, _("needs a quantity, which this kind of activity does not have")
            )

    def refuse_volume(self, path: str) -> None:
        """Refuse to count over a period what goods that come back would not leave."""
        if self.trigger in OF_ORDERS and not self.is_published:
            raise InvalidDefinition(
                path,
                _(
                    "what comes back would not leave this volume; "
                    "count it on orders that wait until they are paid"
                ),
            )

    def refuse_unsaid(self, name: str, path: str) -> None:
        """Refuse a question about something that no report of this kind can say."""
        kind = self.kind
        if kind is None or kind.is_open or kind.field_named(name) is not None:
            return
        raise InvalidDefinition(
            path, _("this kind of activity says nothing called %(name)s") % {"name": name}
        )
