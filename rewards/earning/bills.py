"""What invoices and their payments were awarded, and what of it goes when goods come back. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rewards.earning.due import ClawBackDue, VersionInForce
from rewards.earning.evaluating import Evaluation, RuleAward
from rewards.earning.exact import Exact
from rewards.earning.facts import ActivityFacts
from rewards.earning.paying import InvoiceKept
from rewards.earning.taking_back import take, taking_step
from rewards.programmes.definition import Definition


@dataclass(slots=True)
class JudgedOfInvoice:
    """
    An invoice or a payment of it, and what it was awarded.

    ``of_goods`` is what of each award, by its rule, goes with the goods: nothing of what is given
    for the fact as such, and of what multiplies others the part of those that go.
    """

    activity: ActivityFacts
    invoice: InvoiceKept
    version: VersionInForce
    awarded: Mapping[str, int]
    of_goods: Mapping[str, Exact]
    returned_e4: int = 0
    taken: dict[str, int] = field(default_factory=dict)
    keeps: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        fact: ActivityFacts,
        invoice: InvoiceKept,
        version: VersionInForce,
        evaluation: Evaluation,
    ) -> "JudgedOfInvoice":
        amounts, definition = evaluation.amounts, version.definition
        of_goods = {
            award.rule_code: _of_goods(award, amounts, definition) for award in evaluation.awards
        }
        return cls(fact, invoice, version, amounts, of_goods)

    @property
    def whole_e4(self) -> int:
        """What the goods were worth that it was awarded for: what was paid, or was to be paid."""
        is_payment = self.activity.kind == "payment"
        return self.invoice.counted_e4 if is_payment else self.invoice.billed_e4


def _of_goods(award: RuleAward, amounts: Mapping[str, int], definition: Definition) -> Exact:
    if not award.multiplied:
        return Exact(award.amount) if _goes(award.rule_code, definition) else Exact(0)
    going = sum(amounts[code] for code in award.multiplied if _goes(code, definition))
    return Exact(award.amount * going, sum(amounts[code] for code in award.multiplied))


def _goes(rule_code: str, definition: Definition) -> bool:
    """What is given for paying, or for the bill, as such stays when goods are sent back."""
    rule = definition.rule(rule_code)
    return rule is None or rule.effect.KIND != "fixed"


def take_from_invoice(judged: Sequence[JudgedOfInvoice], cause: ActivityFacts) -> list[ClawBackDue]:
    """
    Return what an invoice and its payments no longer earn, and was not taken yet.

    ``judged`` are all of one invoice. Less is owed than was paid, or than was billed. Where it does
    not stand any more, nothing was earned by it.
    """
    due: list[ClawBackDue] = []
    for kind in ("invoice", "payment"):
        alike = [each for each in judged if each.activity.kind == kind]
        due += _take_alike(alike, cause) if alike else []
    return due


def _take_alike(alike: Sequence[JudgedOfInvoice], cause: ActivityFacts) -> list[ClawBackDue]:
    first = alike[0]
    invoice, whole_e4 = first.invoice, first.whole_e4
    gone_e4 = max(whole_e4 - invoice.owed_e4, 0)
    if gone_e4 == 0 and invoice.stands:
        return []
    step = taking_step(cause, gone_e4 - first.returned_e4, first.activity.currency)
    goes = _goes_of_each_rule(alike, Exact(gone_e4, whole_e4)) if invoice.stands else None
    for each in reversed(alike):
        each.returned_e4 = gone_e4
        each.keeps = {} if goes is None else _keep(each, goes)
    return take(alike, cause, step)


RuleOfVersion = tuple[int, str]


def _goes_of_each_rule(alike: Sequence[JudgedOfInvoice], part: Exact) -> dict[RuleOfVersion, int]:
    """Return what goes of the awards of each rule, rounded together however often was paid."""
    exact: dict[RuleOfVersion, Exact] = defaultdict(Exact)
    rounded: dict[RuleOfVersion, int] = {}
    for each in alike:
        for code, of_goods in each.of_goods.items():
            key = (each.version.version_id, code)
            exact[key] += of_goods * part
            rounded[key] = each.version.definition.settings.round(exact[key])
    return rounded


def _keep(judged: JudgedOfInvoice, goes: dict[RuleOfVersion, int]) -> Mapping[str, int]:
    """Return what one keeps of its awards, and take the rest of what goes."""
    keeps: dict[str, int] = {}
    for code, awarded in judged.awarded.items():
        key = (judged.version.version_id, code)
        taken = min(goes[key], awarded)
        goes[key] -= taken
        keeps[code] = awarded - taken
    return keeps
