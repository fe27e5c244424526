"""What the made-up team did with its real points. Each act is keyed, so that it happens once."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from config.demo.consents import let_people_earn
from config.demo.queues import file_claims, let_orders_wait
from ledger import accounts
from ledger.correcting import Asker, ask_adjustment, ask_reversal
from ledger.models import Correction, CorrectionLimit, CorrectionReason
from partners.models import Member, Person
from partners.roles import Role
from rewards import redeeming, sharing
from rewards.catalogue.codes import add_to_pool, draw_code
from rewards.catalogue.registry import kind_of
from rewards.models import Programme, Redemption, Reward, Share

CATALOGUE = Path(__file__).parent / "catalogue.toml"


def stock_catalogue(programme: Programme, *, offered_from: datetime) -> None:
    """Put the rewards on offer; those that are there already stay as they are."""
    for row in tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["rewards"]:
        codes = row.pop("codes", 0)
        row["terms"] = kind_of(row["kind"]).validate(row["terms"])
        reward, created = Reward.objects.get_or_create(
            programme=programme,
            slug=row["slug"],
            defaults=row | {"offered_from": offered_from},
        )
        if created and codes:
            add_to_pool(reward, [draw_code(prefix="PQ") for _ in range(codes)])


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts."""

    head_buyer: Member
    buyers: tuple[Member, ...]
    neighbour: Member
    manager: Person
    address: Mapping[str, str]
    neighbour_address: Mapping[str, str]


Act = Callable[[datetime], Any]


class Story:
    """
    Acts with the real dates they belong to, played in order of time.

    They stand on the first day of a month, before its orders, and after the last order.
    """

    def __init__(self, *, programme: Programme, cast: Cast) -> None:
        self.programme = programme
        self.cast = cast
        self._acts: list[tuple[date, Act]] = [
            (date(2011, 2, 1), self._credit),
            (date(2011, 4, 1), self._thank_the_team),
            (date(2011, 5, 1), self._certificate_of_a_buyer),
            (date(2011, 7, 1), self._deferral),
            (date(2011, 8, 1), self._hamper),
            (date(2011, 9, 1), self._refused),
            (date(2011, 10, 1), self._returned),
            (date(2011, 10, 20), self._let_people_earn),
            (date(2011, 11, 1), self._share_by_weights),
            (date(2011, 11, 2), self._set_limits),
            (date(2011, 12, 2), self._second_hamper),
            (date(2011, 12, 5), self._claims),
            (date(2011, 12, 6), self._cancelled),
            (date(2011, 12, 8), self._stand),
            (date(2011, 12, 10), self._book_for_the_wrong_partner),
            (date(2011, 12, 11), self._queue_of_the_neighbour),
            (date(2011, 12, 11), self._ask_for_more_than_the_limit),
            (date(2011, 12, 11), self._orders_of_nobody),
        ]

    def play_until(self, day: date) -> None:
        """Play what comes before the real ``day`` and was not played yet."""
        shift = timedelta(days=self.programme.shifted_days)
        while self._acts and self._acts[0][0] < day:
            real_day, act = self._acts.pop(0)
            act(datetime.combine(real_day, time(10, 30), tzinfo=UTC) + shift)

    def _credit(self, at: datetime) -> None:
        self._redeem("credit", "five-off-the-next-invoice", at)

    def _deferral(self, at: datetime) -> None:
        details = {"invoice_number": "561093"}
        self._redeem("deferral", "fourteen-days-longer-to-pay", at, details=details)

    def _certificate_of_a_buyer(self, at: datetime) -> None:
        self._redeem("book", "garden-book-certificate", at, member=self.cast.buyers[0])

    def _hamper(self, at: datetime) -> None:
        hamper = self._redeem("hamper", "tea-hamper", at, details=self.cast.address)
        if hamper and hamper.state == Redemption.State.APPROVED:
            self._ship(hamper, "JD0144 7723 910", at + timedelta(days=1))
            redeeming.fulfil(
                redemption=hamper,
                by=self.cast.manager,
                reason="",
                at=at + timedelta(days=3),
            )

    def _second_hamper(self, at: datetime) -> None:
        hamper = self._redeem("second hamper", "tea-hamper", at, details=self.cast.address)
        if hamper and hamper.state == Redemption.State.APPROVED:
            self._ship(hamper, "JD0144 8115 207", at + timedelta(days=1))

    def _ship(self, redemption: Redemption, tracking_number: str, at: datetime) -> None:
        redeeming.ship(
            redemption=redemption, by=self.cast.manager, tracking_number=tracking_number, at=at
        )

    def _stand(self, at: datetime) -> None:
        self._redeem("stand", "display-stand", at, details=self.cast.address)

    def _refused(self, at: datetime) -> None:
        refused = self._redeem("refused", "display-stand", at, details=self.cast.address)
        if refused and refused.state == Redemption.State.REQUESTED:
            redeeming.reject(
                redemption=refused,
                by=self.cast.manager,
                reason="Out of season, it is back in November.",
                at=at + timedelta(days=1),
            )

    def _cancelled(self, at: datetime) -> None:
        cancelled = self._redeem("cancelled", "display-stand", at, details=self.cast.address)
        if cancelled and cancelled.state == Redemption.State.REQUESTED:
            redeeming.withdraw(
                redemption=cancelled,
                by=self.cast.head_buyer.person,
                at=at + timedelta(hours=1),
            )

    def _returned(self, at: datetime) -> None:
        returned = self._redeem("returned", "three-free-deliveries", at)
        if returned and returned.state == Redemption.State.FULFILLED:
            redeeming.take_back(
                redemption=returned,
                by=self.cast.manager,
                reason="Not used, given back.",
                restocks=True,
                at=at + timedelta(days=2),
            )

    def _let_people_earn(self, at: datetime) -> None:
        members = [self.cast.buyers[0], self.cast.buyers[-1]]
        let_people_earn(
            head_buyer=self.cast.head_buyer, members=members, programme=self.programme, at=at
        )

    def _claims(self, at: datetime) -> None:
        sellers = [*self.cast.buyers[:2], self.cast.head_buyer]
        file_claims(sellers, by=self.cast.manager, at=at)

    def _orders_of_nobody(self, at: datetime) -> None:
        with transaction.atomic():
            let_orders_wait(at=at)

    def _queue_of_the_neighbour(self, at: datetime) -> None:
        self._redeem(
            "neighbour",
            "display-stand",
            at,
            member=self.cast.neighbour,
            details=self.cast.neighbour_address,
        )

    def _set_limits(self, _at: datetime) -> None:
        """What a loyalty manager may correct without a second one."""
        CorrectionLimit.objects.get_or_create(
            role=Role.LOYALTY_MANAGER,
            unit=self.programme.main_unit,
            defaults={"per_correction": 500, "per_day": 2_000},
        )

    def _book_for_the_wrong_partner(self, at: datetime) -> None:
        """Posted at once, seen a little later, and reversed: nothing of it is left."""
        mistake = self._adjust("mistake", self.cast.neighbour, 300, "missing-purchase", at)
        if mistake.transfer is not None:
            ask_reversal(
                transfer=mistake.transfer,
                reason=CorrectionReason.objects.get(code="wrong-partner"),
                note="The parcel was Alice's, not Charlie's.",
                asker=Asker(person=self.cast.manager),
                request_key="demo:mistake reversed",
                door=Correction.Door.ADMIN,
                asked_at=at + timedelta(hours=2),
            )

    def _ask_for_more_than_the_limit(self, at: datetime) -> None:
        """It waits for Dana's colleague."""
        self._adjust(
            "goodwill",
            self.cast.head_buyer,
            1_200,
            "complaint",
            at,
            note="Two pallets arrived wet. Agreed with Alice on the phone.",
        )

    def _adjust(
        self, act: str, member: Member, amount: int, reason: str, at: datetime, *, note: str = ""
    ) -> Correction:
        return ask_adjustment(
            account=accounts.pool(self.programme.main_unit, member.partner),
            amount=amount,
            reason=CorrectionReason.objects.get(code=reason),
            note=note,
            asker=Asker(person=self.cast.manager),
            request_key=f"demo:{act}",
            door=Correction.Door.ADMIN,
            asked_at=at,
        )

    def _redeem(
        self,
        act: str,
        slug: str,
        at: datetime,
        *,
        member: Member | None = None,
        details: Mapping[str, str] | None = None,
    ) -> Redemption | None:
        """Take a reward, a buyer from the own wallet; None where there are too few points."""
        member = member or self.cast.head_buyer
        unit = self.programme.main_unit
        account = (
            accounts.pool(unit, member.partner)
            if member.is_head_buyer
            else accounts.wallet(unit, member)
        )
        reward = self.programme.rewards.get(slug=slug)
        happened = Redemption.objects.filter(
            partner_id=member.partner_id, request_id=_request_id(act)
        ).exists()
        if not happened and account.available < reward.price:
            return None
        return redeeming.redeem(
            member=member,
            account=account,
            reward=reward,
            request_id=_request_id(act),
            details=details or {},
            redeemed_at=at,
        )

    def _thank_the_team(self, at: datetime) -> None:
        self._share(
            "spring",
            at,
            method=Share.Method.EQUAL,
            amount=1_200,
            weights=(1_000, 1_000, 1_000, 1_000),
            reason="Thank you for a quick start into spring.",
        )

    def _share_by_weights(self, at: datetime) -> None:
        self._share(
            "autumn",
            at,
            method=Share.Method.WEIGHTS,
            amount=1_000,
            weights=(1_000, 1_500, 1_000, 500),
            reason="October: on-time orders, by hours worked.",
        )

    def _share(
        self,
        act: str,
        at: datetime,
        *,
        method: str,
        amount: int,
        weights: tuple[int, ...],
        reason: str,
    ) -> None:
        parts = sharing.propose(amount=amount, method=method, weights=weights)
        drafts = [
            sharing.PartDraft(member_id=member.pk, amount=part, weight=weight, proposed=part)
            for member, weight, part in zip(self.cast.buyers, weights, parts, strict=True)
        ]
        sharing.share(
            head_buyer=self.cast.head_buyer,
            programme=self.programme,
            amount=amount,
            method=method,
            parts=drafts,
            reason=reason,
            request_id=_request_id(act),
            shared_at=at,
        )


def _request_id(act: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"tessera:demo:{act}")
