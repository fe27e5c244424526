"""
What is due to one partner in one programme: a pure walk over its facts in canonical order.

Points due depend on facts only. Whatever the order of arrival, the walk gives the same awards,
the same claw-backs and the same matches; crediting posts the difference to what was posted before.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

from rewards.earning.bills import JudgedOfInvoice, take_from_invoice
from rewards.earning.calling_off import CallingOff
from rewards.earning.due import (
    NOTHING_DATED,
    AwardDue,
    ClawBackDue,
    Dated,
    Judged,
    Judgement,
    Prolonging,
    Unmatched,
    VersionInForce,
    VersionOf,
)
from rewards.earning.ending import Ending
from rewards.earning.evaluating import Evaluation, evaluate
from rewards.earning.facts import ActivityFacts
from rewards.earning.matching import OrderKept, Purchases, lines_of
from rewards.earning.orders_counted import OrdersCounted
from rewards.earning.paying import InvoiceKept, find_disputed
from rewards.earning.releasing import MonthlyPurchases
from rewards.earning.situation import NOTHING_KNOWN, PaymentTiming, Situation
from rewards.earning.taking_back import JudgedOrder, take_from_order
from rewards.earning.usage import Usage
from rewards.earning.volumes import Volumes
from rewards.earning.whereabouts import Whereabouts
from rewards.programmes.definition import Definition, Tier
from rewards.tiers.qualifying import RollingSpend, qualify

__all__ = [
    "NOTHING_DATED",
    "AwardDue",
    "ClawBackDue",
    "Dated",
    "Judgement",
    "Prolonging",
    "Unmatched",
    "VersionInForce",
    "VersionOf",
    "judge",
    "net_spend",
]


ASKED_OF_SITUATIONS = frozenset({"consents", "countries", "orders", "segments", "surveys", "tier"})
NOTHING_USED = Usage().as_it_is()


def judge(
    facts: Sequence[ActivityFacts],
    *,
    version_of: VersionOf,
    dated: Dated = NOTHING_DATED,
    asked: Collection[ActivityFacts] = (),
) -> Judgement:
    """
    Return everything due by the facts of one partner, in any order they are given.

    An activity is judged by the version ``version_of`` names for it and by what held for its
    partner just before; a return recomputes its order by that same version and situation. How the
    ``asked`` ones were judged is told in full.
    """
    walk = _Walk(facts, version_of, dated, asked)
    for fact in walk.facts:
        walk.come_to(fact)
    Ending(
        judgement=walk.judgement,
        purchases=walk.purchases,
        invoices_of=walk.invoices_of,
        monthly=walk.monthly,
        taken=walk.taken,
        today=dated.today,
    ).end_waits()
    return walk.judgement


def net_spend(facts: Sequence[ActivityFacts]) -> RollingSpend:
    """Return orders less returns and what was cancelled, each on its own local day."""
    return judge(facts, version_of=lambda _fact: None).spend


class _Walk:
    """One partner's way through its facts: what it bought, spent, paid and used up so far."""

    def __init__(
        self,
        facts: Sequence[ActivityFacts],
        version_of: VersionOf,
        dated: Dated,
        asked: Collection[ActivityFacts],
    ) -> None:
        self.facts = sorted(facts, key=lambda each: each.canonical_place)
        self.version_of = version_of
        self.dated = dated
        self.asked = {id(fact) for fact in asked}
        self.judgement = Judgement()
        for day, amount_e4 in dated.spent:
            self.judgement.spend.add(day, amount_e4)
        self.purchases = Purchases()
        self.monthly = MonthlyPurchases()
        self.usage = self.judgement.usage
        self.orders: dict[int, JudgedOrder] = {}
        self.volumes = Volumes(self.usage)
        self.earned_by: dict[int, list[JudgedOfInvoice]] = defaultdict(list)
        self.invoices: dict[int, InvoiceKept] = {}
        self.invoices_of: dict[int, list[InvoiceKept]] = defaultdict(list)
        self.taken: dict[int, dict[str, int]] = {}
        self.disputes: dict[int, list[ActivityFacts]] = defaultdict(list)
        self.calling_off = CallingOff()
        for fact in self.facts:
            if fact.kind == "dispute" and fact.invoice is not None:
                self.disputes[id(fact.invoice)].append(fact)
            elif fact.kind in {"invoice", "cancellation"}:
                self.calling_off.foresee(fact)
        self.orders_counted = OrdersCounted()
        self.whereabouts = Whereabouts(self.facts, dated.countries_stated)
        self.supplier_share: int | None = None

    def come_to(self, fact: ActivityFacts) -> None:
        """Judge one fact, and let it count for those after it."""
        match fact.kind:
            case "order":
                self._order(fact)
            case "return":
                self._return(fact)
            case "cancellation":
                self._cancellation(fact)
            case "dispute":
                pass
            case "invoice":
                self._invoice(fact)
            case "payment":
                self._payment(fact)
            case _:
                self._evaluate(fact)
                if fact.kind == "survey":
                    share = fact.attributes.get("supplier_share")
                    self.supplier_share = self.supplier_share if share is None else int(share)

    # ------------------------------------------------------------- what earns

    def _order(self, fact: ActivityFacts) -> None:
        kept = self.purchases.add(fact)
        if version := self.version_of(fact):
            before = self.usage.as_it_is() if version.definition.counts_usage else NOTHING_USED
            situation = self._situation(fact, version.definition)
            evaluation = self._judge(fact, version, situation)
            judged = JudgedOrder.of(kept, version, situation, before, evaluation)
            self.orders[id(kept)] = judged
            self.volumes.add(judged)
            self.taken[id(fact)] = judged.taken
            self._prolong(fact, version.definition, situation.tier)
        self._spend(fact, fact.amount_e4)
        self.orders_counted.days.append(fact.local_date)

    def _invoice(self, fact: ActivityFacts) -> None:
        kept = self.purchases.kept_of(fact.order)
        disputed = find_disputed(self.disputes[id(fact)])
        invoice = self.invoices[id(fact)] = InvoiceKept(fact, disputed, kept)
        if kept is not None:
            self.invoices_of[id(kept)].append(invoice)
        if invoice.stands:
            self._judge_of_invoice(fact, invoice)

    def _payment(self, fact: ActivityFacts) -> None:
        invoice = self.invoices.get(id(fact.invoice))
        if invoice is not None:
            self._judge_of_invoice(fact, invoice, invoice.pay(fact))

    def _judge_of_invoice(
        self, fact: ActivityFacts, invoice: InvoiceKept, payment: PaymentTiming | None = None
    ) -> None:
        if version := self.version_of(fact):
            situation = self._situation(fact, version.definition, payment)
            evaluation = self._judge(fact, version, situation)
            if evaluation.awards:
                judged = JudgedOfInvoice.of(fact, invoice, version, evaluation)
                self.earned_by[id(invoice)].append(judged)
                self.taken[id(fact)] = judged.taken

    def _evaluate(self, fact: ActivityFacts) -> None:
        if version := self.version_of(fact):
            self._judge(fact, version, self._situation(fact, version.definition))

    def _judge(
        self, fact: ActivityFacts, version: VersionInForce, situation: Situation
    ) -> Evaluation:
        evaluation = evaluate(
            fact, situation=situation, definition=version.definition, usage=self.usage
        )
        tier_code = situation.tier.code if situation.tier else ""
        self.judgement.awards += [
            AwardDue(fact, version, award, tier_code) for award in evaluation.awards
        ]
        for key, amount in evaluation.used.items():
            self.usage.add(key, amount)
        if id(fact) in self.asked:
            self.judgement.judged.append(Judged(fact, version, situation, evaluation))
        return evaluation

    def _prolong(self, order: ActivityFacts, definition: Definition, tier: Tier | None) -> None:
        """Say how long an order keeps alive what is held. A later return changes nothing."""
        validity = definition.settings.expiry
        if not validity.rolls:
            return
        extra_months = tier.expiry_extra_months if tier else 0
        last_day = validity.last_day(order.local_date, extra_months=extra_months)
        if last_day is not None:
            self.judgement.prolonging.append(Prolonging(order, last_day))

    # -------------------------------------------------------- what held before

    def _situation(
        self, fact: ActivityFacts, definition: Definition, payment: PaymentTiming | None = None
    ) -> Situation:
        needs = definition.needs & ASKED_OF_SITUATIONS
        if not needs and payment is None:
            return NOTHING_KNOWN
        day = fact.local_date
        country = self.whereabouts.at(fact) if "countries" in needs else ""
        return Situation(
            tier=self._tier_before(fact, definition) if "tier" in needs else None,
            segments=self.dated.segments_on(day) if "segments" in needs else frozenset(),
            country=country or self._country_of_partner(fact),
            country_of_partner="countries" in needs and not country,
            orders_before=self.orders_counted.before(day) if "orders" in needs else {},
            supplier_share_percent=self.supplier_share,
            payment=payment,
            may_earn_personally=self.dated.agreed_at(
                fact.member_id,
                fact.occurred_at,
                terms_version=definition.settings.personal_earning.terms_version,
            ),
        )

    def _tier_before(self, fact: ActivityFacts, definition: Definition) -> Tier | None:
        """Return the tier reached by the facts before this one, as of its local day."""
        if definition.settings.tier_of == "today":
            used = self.dated.tiers_used.get(fact.id or 0, self.dated.tier_today)
            return definition.tier(used)
        spend_e4 = self.judgement.spend.within_year_to(fact.local_date)
        if definition.settings.current_order_counts_for_tier and fact.kind == "order":
            spend_e4 += fact.amount_e4
        return qualify(spend_e4=spend_e4, definition=definition)

    def _country_of_partner(self, fact: ActivityFacts) -> str:
        """Return the country that the fact found its partner in, where an edit has changed it."""
        return self.dated.countries_used.get(fact.id or 0, self.dated.country)

    def _spend(self, fact: ActivityFacts, amount_e4: int) -> None:
        self.judgement.spend.add(fact.local_date, amount_e4)
        self.monthly.add(fact, amount_e4)

    # --------------------------------------------------------- what takes back

    def _return(self, fact: ActivityFacts) -> None:
        self._spend(fact, -fact.amount_e4)
        if fact.waits:
            return
        self._credit(fact)
        touched: dict[int, OrderKept] = {}
        named = self.purchases.kept_of(fact.order)
        for line in lines_of(fact):
            matches, orders, left_e4 = self.purchases.take_back(line, named=named)
            # They are kept in the currency of the return: converted, others keep them.
            self.judgement.matches += [] if fact.is_converted else matches
            touched |= {id(order): order for order in orders}
            if left_e4:
                self.judgement.unmatched.append(Unmatched(fact, line.id, left_e4))
        for kept in touched.values():
            self._take_back(kept, fact)

    def _cancellation(self, fact: ActivityFacts) -> None:
        invoice = self.invoices.get(id(fact.invoice))
        if invoice is not None:
            invoice.is_called_off = True
        if named := self.purchases.kept_of(fact.order):
            self._call_off(named, fact)
        elif invoice is not None:
            self._take_from_invoice(invoice, fact)

    def _call_off(self, order: OrderKept, cancellation: ActivityFacts) -> None:
        stood = not order.is_called_off
        called_off_e4 = self.purchases.call_off(order, self.calling_off.part_of(cancellation))
        if stood and order.is_called_off:
            self.orders_counted.days_called_off.append(order.order.local_date)
        self._spend(cancellation, -called_off_e4)
        self._take_back(order, cancellation)

    def _take_back(self, kept: OrderKept, cause: ActivityFacts) -> None:
        """Claw back what an order, its invoices and their payments no longer earn."""
        if order := self.orders.get(id(kept)):
            later = self.volumes.leave(order)
            together = self.volumes.together_with(order)
            self.judgement.claw_backs += take_from_order(
                order, cause, later=later, together=together
            )
        for invoice in self.invoices_of[id(kept)]:
            self._take_from_invoice(invoice, cause)

    def _credit(self, credit_note: ActivityFacts) -> None:
        """Less is owed of an invoice that names no order; the others follow what is kept."""
        invoice = self.invoices.get(id(credit_note.invoice))
        if invoice is not None and invoice.order is None:
            invoice.credited_e4 += credit_note.amount_e4
            self._take_from_invoice(invoice, credit_note)

    def _take_from_invoice(self, invoice: InvoiceKept, cause: ActivityFacts) -> None:
        self.judgement.claw_backs += take_from_invoice(self.earned_by[id(invoice)], cause)
