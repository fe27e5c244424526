"""
One customer of a programme, told in sentences: it orders, pays, returns, recycles, and time passes.

Days are local days of the programme; without an hour a thing happens at noon. What is told later
than it happened says so with ``told``. Figures are read as people read them, with the decimals of
the unit.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from config.nightly import run_night
from ledger import accounts
from ledger.models import Account, Transfer, Unit
from partners.intake import ActivityReport, LineReport
from partners.models import Member, Partner
from partners.models.amounts import to_ten_thousandths
from rewards import crediting
from rewards.models import Award, Programme, ProgrammeVersion, Redemption
from rewards.programmes.calendar import local_midnight
from rewards.programmes.presets import Choices, load_preset
from rewards.redeeming import redeem
from tests.factories import JANUARY
from tests.rewards.cast import join
from tests.worked_examples import books

Goods = Mapping[str, tuple[Any, ...]]
"""SKU to (quantity, value) or (quantity, value, category)."""


@dataclass(frozen=True)
class Customer:
    """A partner of one programme, and what its ledger says."""

    programme: Programme
    partner: Partner

    @property
    def unit(self) -> Unit:
        return self.programme.main_unit

    @property
    def pool(self) -> Account:
        return accounts.pool(self.unit, self.partner)

    def wallet(self, member: Member) -> Account:
        return accounts.wallet(self.unit, member)

    # ------------------------------------------------------------- what happens

    def orders(self, number: str, worth: str | Goods, *, on: str, **told: Any) -> crediting.TakenIn:
        """An order of one article worth so much, or of several goods."""
        return self.reports("order", number, on=on, lines=self._lines(worth), **told)

    def returns(self, number: str, worth: str | Goods, *, on: str, **told: Any) -> Any:
        return self.reports("return", number, on=on, lines=self._lines(worth), **told)

    def cancels(self, order: str, *, on: str, **told: Any) -> Any:
        return self.reports("cancellation", f"{order} cancelled", on=on, of=order, **told)

    def is_invoiced(self, number: str, amount: str, *, on: str, due: str, **told: Any) -> Any:
        due_on = date.fromisoformat(due)
        return self.reports("invoice", number, on=on, amount=amount, due_on=due_on, **told)

    def pays(self, number: str, amount: str, *, on: str, of: str, **told: Any) -> Any:
        paid_on = date.fromisoformat(on[:10])
        return self.reports("payment", number, on=on, amount=amount, of=of, paid_on=paid_on, **told)

    def disputes(self, invoice: str, *, on: str, state: str = "opened", **told: Any) -> Any:
        number = f"{invoice} {state}"
        return self.reports("dispute", number, on=on, of=invoice, state=state, **told)

    def reports(
        self,
        kind: str,
        number: str,
        *,
        on: str,
        told: str = "",
        of: str = "",
        lines: list[LineReport] | None = None,
        amount: str = "",
        quantity: str = "",
        by: Member | None = None,
        due_on: date | None = None,
        paid_on: date | None = None,
        currency: str = "",
        **attributes: Any,
    ) -> crediting.TakenIn:
        """Any fact, in the programme's currency unless another one is named."""
        has_money = bool(lines or amount)
        report = ActivityReport(
            kind=kind,
            partner_id=self.partner.pk,
            source="erp",
            external_id=number,
            occurred_at=self.moment(on),
            currency=(currency or self.programme.currency) if has_money else "",
            lines=lines or (),
            amount_e4=_e4(amount) if amount else None,
            quantity_e4=_e4(quantity) if quantity else None,
            member_id=by.pk if by else None,
            refers_to=("erp", of) if of else None,
            due_on=due_on,
            paid_on=paid_on,
            attributes=attributes,
        )
        with transaction.atomic():
            return crediting.take_in([report], as_of=self.moment(told or on))

    def redeems(
        self, slug: str, *, on: str, by: Member, account: Account | None = None
    ) -> Redemption:
        """A reward of the programme, paid from the pool unless an account is named."""
        return redeem(
            member=by,
            account=account or self.pool,
            reward=self.programme.rewards.get(slug=slug),
            request_id=uuid.uuid4(),
            details={},
            redeemed_at=self.moment(on),
        )

    def night_after(self, *days: str) -> None:
        """Close these local days, in all steps of the night."""
        for day in map(date.fromisoformat, days):
            closed_at = local_midnight(day + timedelta(days=1), self.programme.time_zone)
            runs = run_night(
                programme=self.programme,
                day=day,
                clock=lambda at=closed_at: at + timedelta(hours=1),  # type: ignore[misc]  # bound
            )
            assert {run.status for run in runs} == {"done"}

    def moment(self, text: str) -> datetime:
        """``2026-03-02`` is noon of that local day, ``2026-03-02 08:30`` the minute."""
        moment = datetime.fromisoformat(text)
        if len(text) == len("2026-03-02"):
            moment = moment.replace(hour=12)
        return moment.replace(tzinfo=ZoneInfo(self.programme.time_zone))

    # ----------------------------------------------------------- what is there

    def holds(self) -> dict[str, str]:
        """What the company and its people hold or owe, by account; nothing is left out."""
        rows = Account.objects.filter(unit=self.unit, partner=self.partner, balance__gt=0)
        return {
            books.name(row): self.amount(row.balance)
            for row in rows.select_related("member__person").order_by("kind", "pk")
        }

    def books(self) -> dict[str, str]:
        """Every account of the programme, summed from the journal and audited."""
        return {name: self.amount(minor) for name, minor in books.balances(self).items()}

    def journal(self) -> list[str]:
        """Every line ever written: ``issued > pool 12.50``."""
        rows = Transfer.objects.filter(debit_account__unit=self.unit).select_related(
            "debit_account__member__person", "credit_account__member__person"
        )
        return [
            f"{books.name(row.debit_account)} > {books.name(row.credit_account)} "
            f"{self.amount(row.amount)}"
            for row in rows.order_by("pk")
        ]

    def earned(self, number: str) -> dict[str, str]:
        """What each rule gave for a fact."""
        awards = Award.objects.filter(
            activity__external_id=number, activity__partner=self.partner, amount__gt=0
        )
        return {award.rule_code: self.amount(award.amount) for award in awards.order_by("pk")}

    def award(self, number: str, rule: str) -> Award:
        return Award.objects.get(activity__external_id=number, rule_code=rule)

    def lots(self) -> list[tuple[str, str]]:
        """Slices of the pool in spending order: what is left, and the last good day."""
        zone = ZoneInfo(self.programme.time_zone)
        return [
            (
                self.amount(lot.remaining),
                (lot.expires_at.astimezone(zone).date() - timedelta(days=1)).isoformat()
                if lot.expires_at
                else "for ever",
            )
            for lot in self.pool.lots.open().in_spending_order()
        ]

    def amount(self, minor: int) -> str:
        return str(Decimal(minor).scaleb(-self.unit.decimals))

    def hires(self, name: str, role: str = "buyer") -> Member:
        return join(self.partner, name, role)

    def _lines(self, worth: str | Goods) -> list[LineReport]:
        goods = {"goods": ("1", worth)} if isinstance(worth, str) else worth
        return [
            LineReport(sku, _e4(str(quantity)), _e4(value), category="".join(category))
            for sku, (quantity, value, *category) in goods.items()
        ]


def enrol(
    preset: str,
    *,
    number: str = "12346",
    code: str = "",
    settings: Mapping[str, Any] | None = None,
    **parts: Any,
) -> Customer:
    """
    A new customer of a preset. ``settings`` are changed in it; ``rules``, ``tiers`` or
    ``campaigns`` take the place of its own.
    """
    programme = load_preset(preset, as_of=JANUARY, choices=Choices(code=code))
    version = programme.versions.get()
    definition = version.definition
    definition |= parts
    if settings and "pending" in settings:
        definition["settings"].pop("pending_days", None)
    definition["settings"] |= settings or {}
    ProgrammeVersion.objects.filter(pk=version.pk).update(definition=definition)
    partner = Partner.objects.create(erp_number=number, legal_name=f"Shop {number}")
    return Customer(programme, partner)


def rule(trigger: str, effect: Mapping[str, Any], *, code: str = "rule", **more: Any) -> Any:
    """One rule as a manager writes it."""
    return {
        "code": code,
        "names": {"en": code.replace("-", " ").capitalize()},
        "trigger": trigger,
        "effect": effect,
        **more,
    }


def _e4(text: str) -> int:
    return to_ten_thousandths(Decimal(text))
