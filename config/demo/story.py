"""What the made-up team did with its real points. Each act is keyed, so that it happens once."""

import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from ledger import accounts
from partners.models import Member, Person
from rewards import redeeming, sharing
from rewards.catalogue.codes import draw_code
from rewards.catalogue.registry import kind_of
from rewards.models import Programme, Redemption, Reward, RewardCode, Share

CATALOGUE = Path(__file__).parent / "catalogue.toml"
ADDRESS = {
    "recipient": "Encina Regalos",
    "street": "Calle del Prado 14",
    "postcode": "28014",
    "city": "Madrid",
    "country": "Spain",
}


def request_id(act: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"tessera:demo:{act}")


def stock_catalogue(programme: Programme, *, offered_from: datetime) -> None:
    """Put the rewards on offer; those that are there already stay as they are."""
    for row in tomllib.loads(CATALOGUE.read_text())["rewards"]:
        codes = row.pop("codes", 0)
        row["terms"] = kind_of(row["kind"]).validate(row["terms"])
        reward, created = Reward.objects.get_or_create(
            programme=programme,
            slug=row["slug"],
            defaults=row | {"offered_from": offered_from},
        )
        if created:
            RewardCode.objects.bulk_create(
                [RewardCode(reward=reward, code=draw_code(prefix="PQ")) for _ in range(codes)]
            )


class Story:
    """Acts of the team, dated in days before ``now``."""

    def __init__(
        self, *, programme: Programme, members: dict[str, Member], manager: Person, now: datetime
    ) -> None:
        self.programme = programme
        self.members = members
        self.manager = manager
        self.now = now

    def play(self) -> None:
        """Play every act that has not happened yet, oldest first, all of them or none."""
        acts: tuple[Callable[[], Any], ...] = (
            self._thank_the_team,
            self._credit_and_deferral,
            self._certificate_of_a_buyer,
            self._gifts,
            self._changes_of_mind,
            self._share_by_weights,
            self._queue_of_the_neighbour,
        )
        with transaction.atomic():
            for act in acts:
                act()

    def _ago(self, days: int, hours: int = 0) -> datetime:
        return self.now - timedelta(days=days, hours=hours)

    def _thank_the_team(self) -> None:
        self._share(
            "spring",
            days_ago=18,
            method=Share.Method.EQUAL,
            amount=2_400,
            weights={"Bob": 1_000, "Zofia": 1_000, "Тарас": 1_000, "Inés": 1_000},
            reason="Thank you for the early Christmas orders.",
        )

    def _share_by_weights(self) -> None:
        self._share(
            "weights",
            days_ago=2,
            method=Share.Method.WEIGHTS,
            amount=1_000,
            weights={"Bob": 1_000, "Zofia": 1_500, "Тарас": 1_000, "Inés": 500},
            reason="November: on-time orders, by hours worked.",
        )

    def _credit_and_deferral(self) -> None:
        self._redeem("credit", "Alice", "five-off-the-next-invoice", days_ago=16)
        self._redeem(
            "deferral",
            "Alice",
            "fourteen-days-longer-to-pay",
            days_ago=12,
            details={"invoice_number": "573910"},
        )

    def _certificate_of_a_buyer(self) -> None:
        self._redeem("book", "Bob", "garden-book-certificate", days_ago=11, from_wallet=True)

    def _gifts(self) -> None:
        hamper = self._redeem("hamper", "Alice", "tea-hamper", days_ago=9, details=ADDRESS)
        if hamper and hamper.state == Redemption.State.APPROVED:
            redeeming.ship(
                redemption=hamper,
                by=self.manager,
                tracking_number="JD0144 7723 910",
                at=self._ago(8),
            )
        self._redeem("stand", "Alice", "display-stand", days_ago=3, details=ADDRESS)

    def _changes_of_mind(self) -> None:
        refused = self._redeem(
            "refused", "Alice", "display-stand", days_ago=7, details=ADDRESS
        )
        if refused and refused.state == Redemption.State.REQUESTED:
            redeeming.reject(
                redemption=refused,
                by=self.manager,
                reason="Out of season, it is back in spring.",
                at=self._ago(6),
            )
        cancelled = self._redeem(
            "cancelled", "Alice", "display-stand", days_ago=5, details=ADDRESS
        )
        if cancelled and cancelled.state == Redemption.State.REQUESTED:
            redeeming.cancel(
                redemption=cancelled,
                by=self.members["Alice"].person,
                reason="Ordered by mistake.",
                at=self._ago(5, -1),
            )
        returned = self._redeem("returned", "Alice", "three-free-deliveries", days_ago=4)
        if returned and returned.state == Redemption.State.FULFILLED:
            redeeming.take_back(
                redemption=returned,
                by=self.manager,
                reason="Not used, given back.",
                restocks=True,
                at=self._ago(3, -2),
            )

    def _queue_of_the_neighbour(self) -> None:
        if "Charlie" in self.members:
            address = ADDRESS | {"recipient": "Maison Tilleul", "city": "Lyon", "country": "France"}
            self._redeem("neighbour", "Charlie", "display-stand", days_ago=1, details=address)

    def _redeem(
        self,
        act: str,
        who: str,
        slug: str,
        *,
        days_ago: int,
        details: dict[str, str] | None = None,
        from_wallet: bool = False,
    ) -> Redemption | None:
        """Take a reward as a member of the cast; None where they hold too little for it."""
        member = self.members[who]
        unit = self.programme.main_unit
        account = (
            accounts.wallet(unit, member) if from_wallet else accounts.pool(unit, member.partner)
        )
        reward = self.programme.rewards.get(slug=slug)
        if account.available < reward.price:
            return None
        return redeeming.redeem(
            member=member,
            account=account,
            reward=reward,
            request_id=request_id(act),
            details=details or {},
            redeemed_at=self._ago(days_ago),
        )

    def _share(
        self,
        act: str,
        *,
        days_ago: int,
        method: str,
        amount: int,
        weights: dict[str, int],
        reason: str,
    ) -> None:
        team = [(self.members[name], weight) for name, weight in weights.items()]
        parts = sharing.propose(
            amount=amount, method=method, weights=[weight for _member, weight in team]
        )
        sharing.share(
            head_buyer=self.members["Alice"],
            programme=self.programme,
            amount=amount,
            method=method,
            parts=[
                sharing.PartDraft(member_id=member.pk, amount=part, weight=weight, proposed=part)
                for (member, weight), part in zip(team, parts, strict=True)
            ],
            reason=reason,
            request_id=request_id(act),
            shared_at=self._ago(days_ago),
        )
