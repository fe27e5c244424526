"""Rules that say whose documents are: made out of one of them, they match the others too."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from partners.models import MatchingRule, Partner, Person
from partners.team import PartnerClosed
from rewards.inbox.matching import Matching, refuse_own_company
from rewards.inbox.retrying import apply_rules


class RuleKnown(Exception):
    """There is a rule for the same already, for this partner or another."""

    code = "rule_known"


def make_rule(
    *,
    source: str,
    field: str,
    condition: str,
    value: str,
    partner: Partner,
    by: Person | None,
    at: datetime,
) -> tuple[MatchingRule, Matching]:
    """
    Say whose documents are from now on, and match those that wait already.

    :param source: Empty for every source.
    :raises OwnCompany: If ``by`` is on the team of the partner.
    :raises PartnerClosed: If the partner is closed.
    :raises RuleKnown: If a rule says something about the same already.
    """
    if by is not None:
        refuse_own_company(partner.pk, by)
    if partner.status == Partner.Status.CLOSED:
        raise PartnerClosed
    with transaction.atomic():
        try:
            with transaction.atomic():
                rule = MatchingRule.objects.create(
                    source=source,
                    field=field,
                    condition=condition,
                    value=value,
                    partner=partner,
                    made_at=at,
                    made_by=by,
                )
        except IntegrityError as error:
            raise RuleKnown(_("There is a rule for the same already.")) from error
        return rule, apply_rules(at=at, source=source)


def rehearse_rule(
    *,
    source: str,
    field: str,
    condition: str,
    value: str,
    partner: Partner,
    by: Person | None,
    at: datetime,
) -> Matching:
    """Return what a rule would match of what waits, and do nothing. Raises as ``make_rule``."""
    with transaction.atomic():
        _rule, would = make_rule(
            source=source,
            field=field,
            condition=condition,
            value=value,
            partner=partner,
            by=by,
            at=at,
        )
        transaction.set_rollback(True)
    return would
