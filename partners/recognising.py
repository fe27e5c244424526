"""
Whose a document is, by what its source writes. Set-based: a batch costs three queries.

The seller's ERP number goes first, then the number the partner has in the source, then rules that
somebody made. A number of a merged partner still names that partner: facts keep it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Q

from partners.models import MatchingRule, Partner, PartnerNumber


@dataclass(frozen=True, slots=True)
class Recognised:
    """Partner ids by what names the partner, and by the document's number where a rule says so."""

    by_reference: Mapping[str, int] = field(default_factory=dict)
    by_number: Mapping[str, int] = field(default_factory=dict)

    def find(self, reference: str, number: str = "") -> int | None:
        """Return whose document this is, or None where nobody can tell."""
        return self.by_reference.get(reference) or self.by_number.get(number)


def recognise(
    *, source: str, references: Collection[str], numbers: Collection[str] = ()
) -> Recognised:
    """
    Find the partners that a source means by these references.

    :param references: What names the partner, as the source writes it. Empty ones name nobody.
    :param numbers: The numbers of the documents, for rules that go by them.
    """
    wanted = {reference for reference in references if reference}
    rules = _read_rules(source, wanted, set(numbers)) if wanted or numbers else []
    found = _apply(rules, MatchingRule.Field.PARTNER_REF, wanted)
    if wanted:
        known = PartnerNumber.objects.filter(system=source, number__in=wanted)
        found |= dict(known.values_list("number", "partner"))
        enrolled = Partner.objects.filter(erp_number__in=wanted)
        found |= dict(enrolled.values_list("erp_number", "pk"))
    by_number = _apply(rules, MatchingRule.Field.EXTERNAL_ID, set(numbers))
    return Recognised(found, by_number)


def _read_rules(source: str, references: set[str], numbers: set[str]) -> list[MatchingRule]:
    """Return the active rules that may apply, the first to be asked first."""
    conditions = MatchingRule.Condition
    equal = Q(condition=conditions.EQUALS, value__in=references | numbers)
    rules = MatchingRule.objects.filter(
        equal | Q(condition=conditions.STARTS_WITH), is_active=True, source__in=("", source)
    )
    return sorted(
        rules,
        key=lambda rule: (
            rule.condition != conditions.EQUALS,
            -len(rule.value),
            rule.source != source,
            rule.pk,
        ),
    )


def _apply(rules: Iterable[MatchingRule], about: str, texts: Iterable[str]) -> dict[str, int]:
    asked = [rule for rule in rules if rule.field == about]
    equal: dict[str, int] = {}
    for rule in asked:
        if rule.condition == MatchingRule.Condition.EQUALS:
            equal.setdefault(rule.value, rule.partner_id)
    beginnings = [rule for rule in asked if rule.condition == MatchingRule.Condition.STARTS_WITH]
    found: dict[str, int] = {}
    for text in texts:
        if text in equal:
            found[text] = equal[text]
            continue
        for rule in beginnings:
            if text.startswith(rule.value):
                found[text] = rule.partner_id
                break
    return found
