"""What every reward kind answers. One file a kind lies in ``kinds/``; ``registry`` finds them."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from rewards.catalogue import fields
from rewards.catalogue.fields import Field, Words
from rewards.models import Redemption, Reward


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what is given. A secret (a code) is shown only to whom it was given."""

    label: Words
    value: Words
    is_secret: bool = False


class CannotBeTakenBack(Exception):
    """What was delivered is used or on its way, so its points cannot come back."""

    code = "cannot_be_taken_back"


class RewardKind(ABC):
    """
    One kind of reward: what the manager sets, what the taker fills in, and how it is handed over.

    ``deliver`` and ``cancel`` run inside the transaction that moves the redemption. That is
    allowed only because the kinds here write nothing but our own database: a rollback undoes
    them. A kind that calls another system records a request instead and is delivered after commit.
    """

    code: ClassVar[str]
    name: ClassVar[Words]
    pictogram: ClassVar[str]
    is_delivered_at_once: ClassVar[bool] = True
    is_sent_as_parcel: ClassVar[bool] = False
    has_code_pool: ClassVar[bool] = False
    terms: ClassVar[tuple[Field, ...]] = ()
    details: ClassVar[tuple[Field, ...]] = ()

    def validate(self, terms: Mapping[str, Any]) -> dict[str, Any]:
        """
        Return the terms a manager typed in, cleaned.

        :raises FieldsNotValid: If they make no sense for this kind.
        """
        return fields.check(self.terms, terms)

    def check_details(self, details: Mapping[str, Any]) -> dict[str, Any]:
        """
        Return what the taker filled in, cleaned.

        :raises FieldsNotValid: If something is missing or not asked for.
        """
        return fields.check(self.details, details)

    def find_emptied(self, reward_ids: Collection[int]) -> frozenset[int]:
        """Return those of which nothing is left, beside the stock that each reward counts."""
        return frozenset()

    def reserve(self, redemption: Redemption) -> bool:
        """Set one aside at request. False if the last one is gone."""
        return True

    def release(self, redemption: Redemption) -> None:  # noqa: B027 - most kinds set nothing aside
        """Put back what ``reserve`` set aside and nobody has seen yet."""

    def ship(self, redemption: Redemption, *, tracking_number: str, at: datetime) -> dict[str, Any]:
        """Return what to record once a parcel is on its way; only for kinds that send one."""
        return redemption.delivery

    @abstractmethod
    def deliver(self, redemption: Redemption, *, at: datetime) -> dict[str, Any]:
        """Hand it over and return what to record as the delivery. Twice gives the same one."""

    @abstractmethod
    def cancel(self, redemption: Redemption, *, at: datetime) -> None:
        """
        Take a delivery back, so that it is worth nothing any more.

        :raises CannotBeTakenBack: If it is used or on its way.
        """

    @abstractmethod
    def describe(self, reward: Reward) -> list[Fact]:
        """Return what the taker gets, before taking it."""

    @abstractmethod
    def describe_delivery(self, redemption: Redemption) -> list[Fact]:
        """Return what was handed over."""

    @abstractmethod
    def foretell(self, reward: Reward) -> Words:
        """Return what happens once it is delivered, as the last step of "what happens next"."""
