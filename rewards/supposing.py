"""What an activity that did not happen would earn, by all that is known now. Nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from partners.families import find_family
from partners.kinds import Kind
from partners.models import Activity, Member, Partner
from partners.rates import Rate, Wanted, convert, find_rates
from partners.reports import ActivityReport
from rewards.converting import convert_attributes, convert_lines
from rewards.earning.due import Judged
from rewards.earning.facts import AS_IT_IS, ActivityFacts, LineFacts, Reported
from rewards.hearing import hear
from rewards.models import Programme
from rewards.programmes.calendar import local_date
from rewards.programmes.live import NoVersionInForce
from rewards.raising import suppose_raises
from rewards.settlement import Raise


class NoRateThen(LookupError):
    """The activity is in another currency, and there is no rate into the programme's for its day."""

    code = "no_rate"

    def __init__(self, wanted: Wanted) -> None:
        said = _("There is no rate of %(currency)s into %(into)s for %(day)s.")
        figures = {"currency": wanted.currency, "into": wanted.into}
        super().__init__(said % (figures | {"day": date_format(wanted.day, "j E Y")}))
        self.wanted = wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """
    An activity that did not happen. ``amount_e4`` is the sum of the lines unless it is given.

    Amounts are in ``currency``, without one in the programme's. ``names_id`` is the stored activity
    it refers to, such as the invoice that a payment pays. ``source`` and ``external_id`` are its
    number, if it has one by now: of facts of one moment the lower one comes first.
    """

    occurred_at: datetime
    kind: str = "order"
    source: str = ""
    external_id: str = ""
    currency: str = ""
    lines: Sequence[LineFacts] = ()
    amount_e4: int | None = None
    quantity_e4: int = 0
    member_id: int | None = None
    country: str = ""
    due_on: date | None = None
    paid_on: date | None = None
    names_id: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def net_amount_e4(self) -> int:
        if self.amount_e4 is not None:
            return self.amount_e4
        return sum(line.amount_e4 for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """
    What one rule would give now. ``withheld`` is what its campaign has no budget left for,
    ``personal`` what of the amount would go to the wallet of the member.
    """

    rule_code: str
    campaign_code: str
    amount: int
    withheld: int
    personal: int
    explanation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Supposition:
    """
    How an activity would be judged, and what that would give now.

    ``is_snapshot`` says that a campaign with a budget has a part in it: budgets are shared, so
    what is left now may be gone when it happens.
    """

    judged: Judged
    promised: Sequence[Promised]
    is_snapshot: bool

    @property
    def amount(self) -> int:
        return sum(one.amount for one in self.promised)


def suppose_report(report: ActivityReport, *, names_id: int | None = None) -> Supposed:
    """Return what a report says, as something that did not happen."""
    return Supposed(
        kind=report.kind,
        source=report.source,
        external_id=report.external_id,
        occurred_at=report.occurred_at,
        currency=report.currency,
        lines=[
            LineFacts(None, line.sku, line.category, line.quantity_e4, line.amount_e4)
            for line in report.lines
        ],
        amount_e4=report.net_amount_e4,
        quantity_e4=report.quantity_e4 or 0,
        member_id=report.member_id,
        country=report.country,
        due_on=report.due_on,
        paid_on=report.paid_on,
        names_id=names_id,
        attributes=report.attributes,
    )


def find_named(external_id: str, *, partner: Partner, kind: Kind, source: str = "") -> int | None:
    """Return the activity of this number, of the whole company where it became one with others."""
    found = Activity.objects.filter(
        partner__in=find_family(partner.pk), external_id=external_id, kind__in=kind.may_refer_to
    )
    if source:
        found = found.filter(source=source)
    return found.order_by("pk").values_list("pk", flat=True).first()


def say_shared() -> str:
    """Say what a snapshot is: no promise for later."""
    return _("The budget of a campaign is shared by all partners: this is what is left of it now.")


def suppose(
    *, partner: Partner, programme: Programme, supposed: Supposed, as_of: datetime
) -> Supposition | None:
    """
    Return what an activity would earn at its time, and why, by all that is known now.

    Campaigns give no more than is left of their budgets at this moment; nothing is locked. None
    for what is never judged, such as a return, or a payment without an invoice.

    :raises NoVersionInForce: If the programme has no version for this moment.
    :raises NoRateThen: If it is in another currency and there is no rate for its day.
    """
    root_id = partner.merged_into_id or partner.pk
    rate = _find_rate(supposed, programme)

    def make(facts: Sequence[ActivityFacts]) -> ActivityFacts:
        return _make_fact(supposed, programme, facts, rate)

    hearing = hear([root_id], programme=programme, as_of=as_of, suppose=make)
    if hearing.versions.at(supposed.occurred_at) is None:
        raise NoVersionInForce(f"{programme.code} has no version in force at that time.")
    judgement = hearing.judgements[root_id]
    if not judgement.judged:
        return None
    raises = suppose_raises(hearing, programme=programme)
    return Supposition(
        judgement.judged[0],
        [_promise(one) for one in raises],
        is_snapshot=any(one.budget is not None for one in raises),
    )


def _promise(one: Raise) -> Promised:
    award = one.due.award
    return Promised(
        rule_code=award.rule_code,
        campaign_code=award.campaign_code,
        amount=one.amount,
        withheld=one.withheld,
        personal=one.personal,
        explanation=one.explain(personal=one.personal),
    )


def _find_rate(supposed: Supposed, programme: Programme) -> Rate | None:
    """Return the rate of its local day, or None where nothing has to be converted."""
    if supposed.currency in ("", programme.currency) or not supposed.net_amount_e4:
        return None
    day = local_date(supposed.occurred_at, programme.time_zone)
    wanted = Wanted(supposed.currency, programme.currency, day)
    rate = find_rates([wanted]).get(wanted)
    if rate is None:
        raise NoRateThen(wanted)
    return rate


def _make_fact(
    supposed: Supposed, programme: Programme, facts: Sequence[ActivityFacts], rate: Rate | None
) -> ActivityFacts:
    amount_e4, lines, reported = supposed.net_amount_e4, list(supposed.lines), AS_IT_IS
    attributes = supposed.attributes
    if rate is not None:
        rate_e8 = rate.rate_e8
        reported = Reported(supposed.currency, amount_e4, rate_e8, rate.day)
        amount_e4 = convert(amount_e4, rate_e8)
        lines = convert_lines(lines, rate_e8=rate_e8, total_e4=amount_e4)
        attributes = convert_attributes(attributes, kind=supposed.kind, rate_e8=rate_e8)
    named = next((fact for fact in facts if fact.id == supposed.names_id), None)
    return ActivityFacts(
        id=None,
        kind=supposed.kind,
        source=supposed.source,
        external_id=supposed.external_id,
        occurred_at=supposed.occurred_at,
        local_date=local_date(supposed.occurred_at, programme.time_zone),
        amount_e4=amount_e4,
        currency=programme.currency,
        lines=lines,
        is_converted=rate is not None,
        reported=reported,
        invoice=named if named is not None and named.kind == "invoice" else None,
        order=named if named is not None and named.kind == "order" else None,
        member_id=supposed.member_id,
        person_id=_person_of(supposed.member_id),
        quantity_e4=supposed.quantity_e4,
        country=supposed.country,
        due_on=supposed.due_on,
        paid_on=supposed.paid_on,
        attributes=attributes,
    )


def _person_of(member_id: int | None) -> int | None:
    if member_id is None:
        return None
    return Member.objects.values_list("person", flat=True).get(pk=member_id)
