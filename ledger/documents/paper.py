"""What every file of a statement says, whatever its format, in the reader's language."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.expiry_schedule import ExpirySchedule
from ledger.figures import Figures
from ledger.models import Account, Seal
from ledger.referring import Line, refer
from ledger.statements import stream_movements
from partners.models import Actor
from partners.templatetags.portal import format_day
from partners.wording import UnitWording

# What can be made while somebody waits, and paper that somebody might still turn.
ROWS_MAX = {"xlsx": 20_000, "pdf": 5_000}

KINDS_THAT_EXPIRE = (Account.Kind.POOL, Account.Kind.WALLET)
ACCOUNT_NAMES: dict[str, Any] = {
    Account.Kind.POOL: gettext_lazy("Pool, available"),
    Account.Kind.PENDING: gettext_lazy("Pool, pending"),
    Account.Kind.DEBT: gettext_lazy("Owed after returns"),
    Account.Kind.WALLET: gettext_lazy("Own wallet"),
}


class TooManyMovements(Exception):
    """The period has more movements than a file of this format may hold."""

    def __init__(self, *, movements: int, movements_max: int) -> None:
        super().__init__(f"{movements} movements; a file holds {movements_max}.")
        self.movements = movements
        self.movements_max = movements_max


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """
    A statement of one account: whose, of which days, its figures, and what is read beside them.

    ``first`` is None for a statement from the beginning. ``holder`` is the member whose wallet it
    is. ``schedule`` is what the account has by expiry as of ``issued_at``; some have none.
    """

    seller: str
    partner: str
    number: str
    holder: str
    unit: UnitWording
    language: str
    zone: ZoneInfo
    first: date | None
    last: date
    issued_at: datetime
    figures: Figures
    schedule: ExpirySchedule | None
    seal: Seal | None
    actor: Actor

    @property
    def account(self) -> Account:
        return self.figures.account

    @property
    def account_name(self) -> str:
        return str(ACCOUNT_NAMES.get(self.account.kind, self.account.get_kind_display()))

    @property
    def unit_word(self) -> str:
        return self.unit.name_alone(self.language)

    @property
    def period(self) -> str:
        last = write_day(self.last)
        if self.first is None:
            return _("from the beginning to %(last)s") % {"last": last}
        return _("%(first)s to %(last)s") % {"first": write_day(self.first), "last": last}

    @property
    def seal_note(self) -> str:
        """Say which seal covers the movements, or that none does yet."""
        if self.figures.last_id is None:
            return ""
        if self.seal is None:
            return _("Not all of these movements are sealed yet. They are sealed every night.")
        return _("Covered by seal %(number)s of %(day)s, digest %(digest)s.") % {
            "number": self.seal.number,
            "day": write_day(self.local(self.seal.sealed_at).date()),
            "digest": self.seal.digest,
        }

    def lines(self) -> Iterator[list[Line]]:
        """Yield all movements with what they are about, oldest first, in chunks."""
        for chunk in stream_movements(self.figures):
            yield refer(self.actor, chunk, self.zone)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    def number_of(self, minor_units: int, *, signed: bool = False) -> str:
        return self.unit.number(minor_units, self.language, signed=signed)

    def check_length(self, kind: str) -> None:
        """
        Refuse what a file of this kind cannot hold.

        :raises TooManyMovements: If the period has more movements.
        """
        movements_max = ROWS_MAX.get(kind)
        if movements_max is not None and self.figures.movements > movements_max:
            raise TooManyMovements(movements=self.figures.movements, movements_max=movements_max)


def write_day(day: date) -> str:
    """Write a day in words: ``30 November 2011``."""
    return format_day(day, "long")


def find_covering_seal(figures: Figures) -> Seal | None:
    """Return the first seal behind the last movement: its chain holds all of them."""
    if figures.last_id is None:
        return None
    behind = Seal.objects.filter(last_transfer_id__gte=figures.last_id)
    return behind.order_by("last_transfer_id").first()
