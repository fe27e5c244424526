"""A second ledger, as small as it can be: lists of lots, no database, nothing shared with ours."""

from collections import Counter
from dataclasses import dataclass, field

NEVER = 10**9


class Refused(Exception):
    """There is not enough."""


@dataclass
class Slice:
    amount: int
    expires_on: int
    earned: int
    award: int
    matures_on: int = 0
    opened: int = 0


@dataclass
class Reference:
    """One partner's pool, pending and wallet. Days are numbers; awards are numbered as earned."""

    places: dict[str, list[Slice]] = field(
        default_factory=lambda: {"pool": [], "pending": [], "wallet": []}
    )
    debt: int = 0
    opened: int = 0
    expired_of_award: Counter[int] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)

    def balance(self, place: str) -> int:
        return sum(one.amount for one in self.places[place])

    def left(self, place: str) -> list[tuple[int, int]]:
        return sorted((one.expires_on, one.amount) for one in self.places[place])

    def put(self, place: str, slices: list[Slice], today: int) -> None:
        for one in slices:
            self.opened += 1
            one.opened, one.matures_on = self.opened, one.matures_on if place == "pending" else 0
            self.places[place].append(one)
        if place == "pool" and self.debt:
            repaid = min(self.debt, sum(s.amount for s in slices if s.expires_on > today))
            self.take("pool", repaid, today, first=slices)
            self.debt -= repaid

    def take(self, place, amount, today, *, first=(), expired_too=False, order=None) -> list[Slice]:
        usable = [one for one in self.places[place] if expired_too or one.expires_on > today]
        if sum(one.amount for one in usable) < amount:
            raise Refused
        usual = order or (lambda one: (one.expires_on, one.earned, one.opened))
        mine = {id(one) for one in first}
        usable.sort(key=lambda one: (id(one) not in mine, usual(one)))
        taken = []
        for one in usable:
            part = min(one.amount, amount)
            if part:
                taken.append(Slice(part, one.expires_on, one.earned, one.award))
                one.amount -= part
                amount -= part
        self.places[place] = [one for one in self.places[place] if one.amount]
        return taken

    def mature(self, today: int) -> int:
        due = [one for one in self.places["pending"] if one.matures_on <= today]
        amount = sum(one.amount for one in due)
        self.put("pool", self.take("pending", amount, today, first=due, expired_too=True), today)
        return amount

    def expire(self, today: int) -> int:
        total = 0
        for place, lots in self.places.items():
            for one in lots:
                if one.expires_on <= today:
                    self.expired_of_award[one.award] += one.amount
                    total += one.amount
            self.places[place] = [one for one in lots if one.expires_on > today]
        return total

    def claw_back(self, award: int, due: int, policy: str, today: int) -> tuple[int, int, int]:
        rest = due

        def collect(place: str) -> None:
            nonlocal rest
            own = [one for one in self.places[place] if one.award == award]
            part = min(rest, self.balance(place))
            self.take(place, part, today, first=own, expired_too=True)
            rest -= part

        collect("pending")
        counted = min(rest, self.expired_of_award[award])
        self.expired_of_award[award] -= counted
        rest -= counted
        if policy != "only_pending":
            collect("pool")
        booked = rest if policy == "allow_debt" else 0
        self.debt += booked
        return due - rest, booked, rest - booked
