"""A second ledger, as small as it can be: lists of lots, no database, nothing shared with ours."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

NEVER = 10**9


class Refused(Exception):
    """There is not enough, or something is not allowed any more."""

    def __init__(self, available: int | None = None) -> None:
        super().__init__(available)
        self.available = available


@dataclass(eq=False)
class Slice:
    """A lot, or what was taken out of one: then ``source`` is that lot."""

    amount: int
    expires_on: int
    earned: int
    award: int
    matures_on: int = 0
    held: int = 0
    opened: int = 0
    act: int = 0
    source: "Slice | None" = None

    @property
    def free(self) -> int:
        return self.amount - self.held

    @property
    def place_in_line(self) -> tuple[int, int, int]:
        return (self.expires_on, self.earned, self.opened)

    def cut(self, amount: int) -> "Slice":
        return Slice(amount, self.expires_on, self.earned, self.award, self.matures_on, source=self)


@dataclass(eq=False)
class Hold:
    place: str
    parts: list[Slice]
    lapses_on: int

    @property
    def amount(self) -> int:
        return sum(part.amount for part in self.parts)


@dataclass(eq=False)
class Taken:
    """What one act took, in that order; amounts become smaller as it comes back."""

    place: str
    parts: list[Slice]

    @property
    def left(self) -> int:
        return sum(part.amount for part in self.parts)


def anything(_one: Slice) -> Any:
    return 0


@dataclass
class Reference:
    """
    One partner's pool, pending and wallet.

    Days are numbers. Every credit is an act with a number; an award is named by its first act.
    """

    places: dict[str, list[Slice]] = field(
        default_factory=lambda: {"pool": [], "pending": [], "wallet": []}
    )
    debt: int = 0
    opened: int = 0
    acts: int = 0
    gone_of_award: Counter[int] = field(default_factory=Counter)

    def balance(self, place: str) -> int:
        return sum(one.amount for one in self.places[place])

    def held(self, place: str) -> int:
        return sum(one.held for one in self.places[place])

    # ------------------------------------------------------------ coming in

    def award(self, place: str, amount: int, expires_on: int, today: int, matures_on=0) -> int:
        """Return the number of the award."""
        number = self.acts + 1
        return self.put(place, [Slice(amount, expires_on, today, number, matures_on)], today)

    def put(self, place: str, slices: list[Slice], today: int) -> int:
        self.acts += 1
        fresh = []
        for one in slices:
            self.opened += 1
            lot = Slice(one.amount, one.expires_on, one.earned, one.award)
            lot.opened, lot.act = self.opened, self.acts
            lot.matures_on = one.matures_on if place == "pending" else 0
            fresh.append(lot)
        self.places[place] += fresh
        if place == "pool":
            self.repay(fresh, sum(one.amount for one in slices), today)
        return self.acts

    def repay(self, fresh: list[Slice], up_to: int, today: int) -> None:
        free = sum(one.free for one in self.places["pool"])
        amount = min(self.debt, free, up_to)
        if amount:
            self.take("pool", amount, today, first=lambda one: one not in fresh, expired_too=True)
            self.debt -= amount

    def give_back(self, taken: Taken, place: str, amount: int, until: int, today: int) -> None:
        """The last taken comes first, with its lot's expiry; what is past it lives ``until``."""
        if amount > taken.left:
            raise Refused
        back = []
        for part in reversed(taken.parts):
            given = part.cut(min(part.amount, amount))
            part.amount -= given.amount
            amount -= given.amount
            given.expires_on = part.source.expires_on
            if until and given.expires_on <= today:
                given.expires_on = until
            back.append(given)
        self.put(place, [one for one in back if one.amount], today)

    def reinstate(self, expiry: Taken, amount: int, until: int, today: int) -> int:
        left = Counter(self.gone_of_award)
        back = []
        for part in reversed(expiry.parts):
            given = part.cut(min(part.amount, left[part.award]))
            given.source, given.expires_on = part, until
            left[part.award] -= given.amount
            back.append(given)
        if amount > sum(one.amount for one in back):
            raise Refused
        for one in back:
            one.amount = min(one.amount, amount)
            amount -= one.amount
            one.source.amount -= one.amount
            self.gone_of_award[one.award] -= one.amount
        return self.put(expiry.place, [one for one in back if one.amount], today)

    # ------------------------------------------------------------ going out

    def take(
        self,
        place: str,
        amount: int,
        today: int,
        *,
        first: Callable[[Slice], Any] = anything,
        only: Callable[[Slice], Any] = lambda _one: True,
        expired_too: bool = False,
    ) -> list[Slice]:
        usable = [
            one
            for one in self.places[place]
            if one.free and (expired_too or one.expires_on > today) and only(one)
        ]
        available = sum(one.free for one in usable)
        if available < amount:
            raise Refused(available)
        taken = []
        for one in sorted(usable, key=lambda one: (first(one), one.place_in_line)):
            part = one.cut(min(one.free, amount))
            one.amount -= part.amount
            amount -= part.amount
            taken.append(part)
        self._sweep(place)
        return [part for part in taken if part.amount]

    def retire(self, place: str, amount: int, today: int, *, first) -> list[Slice]:
        """Something leaves for *expired* by hand."""
        taken = self.take(place, amount, today, first=first, expired_too=True)
        for part in taken:
            self.gone_of_award[part.award] += part.amount
        return taken

    def claw_back(self, award: int, due: int, policy: str, today: int) -> tuple[int, int, int]:
        rest = due

        def collect(place: str) -> None:
            nonlocal rest
            part = min(rest, sum(one.free for one in self.places[place]))
            self.take(place, part, today, first=lambda one: one.award != award, expired_too=True)
            rest -= part

        collect("pending")
        counted = min(rest, self.gone_of_award[award])
        self.gone_of_award[award] -= counted
        rest -= counted
        if policy != "only_pending":
            collect("pool")
        booked = rest if policy == "allow_debt" else 0
        self.debt += booked
        return due - rest, booked, rest - booked

    def forgive(self, amount: int) -> None:
        if amount > self.debt:
            raise Refused
        self.debt -= amount

    # ---------------------------------------------------------------- holds

    def hold(self, place: str, amount: int, today: int, lapses_on: int) -> Hold:
        usable = [one for one in self.places[place] if one.free and one.expires_on > today]
        available = sum(one.free for one in usable)
        if available < amount:
            raise Refused(available)
        parts = []
        for one in sorted(usable, key=lambda one: one.place_in_line):
            part = one.cut(min(one.free, amount))
            amount -= part.amount
            one.held += part.amount
            parts.append(part)
        return Hold(place, [part for part in parts if part.amount], lapses_on)

    def end(self, hold: Hold, captured: int, today: int) -> list[Slice]:
        """Take so much of what is held, nothing for a release, and set the rest free."""
        rest = hold.amount - captured
        if rest < 0:
            raise Refused
        taken = []
        for part in sorted(hold.parts, key=lambda part: part.source.place_in_line):
            lot = part.source
            lot.held -= part.amount
            cut = lot.cut(min(part.amount, captured))
            lot.amount -= cut.amount
            captured -= cut.amount
            taken.append(cut)
        self._sweep(hold.place)
        if hold.place == "pool":
            self.repay([part.source for part in hold.parts], rest, today)
        return [part for part in taken if part.amount]

    # ---------------------------------------------------------- time passes

    def mature(self, today: int) -> int:
        due = [one for one in self.places["pending"] if one.matures_on <= today]
        amount = sum(one.amount for one in due)
        self.become_available(amount, today)
        return amount

    def become_available(self, amount: int, today: int, only=lambda _one: True) -> None:
        taken = self.take(
            "pending",
            amount,
            today,
            first=lambda one: one.matures_on,
            only=only,
            expired_too=True,
        )
        if taken:
            self.put("pool", taken, today)

    def expire(self, today: int) -> list[Taken]:
        """Return what each place lost."""
        retired = []
        for place in self.places:
            due = sum(one.free for one in self.places[place] if one.expires_on <= today)
            if due:
                parts = self.retire(place, due, today, first=lambda one: one.expires_on > today)
                retired.append(Taken(place, parts))
        return retired

    def extend(self, until: int, today: int) -> int:
        longer = [
            one for lots in self.places.values() for one in lots if today < one.expires_on < until
        ]
        for one in longer:
            one.expires_on = until
        return len(longer)

    def _sweep(self, place: str) -> None:
        self.places[place] = [one for one in self.places[place] if one.amount]
