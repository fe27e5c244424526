"""Something that reports of this kind say beside the basics: one of a list, or a number."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.said import as_number, as_word
from rewards.earning.situation import Situation
from rewards.programmes.values import InvalidDefinition, read_words, refuse_unknown


@dataclass(frozen=True, slots=True)
class AttributeCondition(Question):
    """Either ``words`` has the value as it is written, or the value is a number large enough."""

    KIND: ClassVar[str] = "attribute"
    NEEDS: ClassVar[frozenset[str]] = frozenset({"attributes"})

    name: str
    words: frozenset[str]
    at_least: Decimal | None

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "name", "in", "at_least"}, path)
        name = row.get("name")
        if not isinstance(name, str) or not name:
            raise InvalidDefinition(f"{path}.name", _("a name is needed"))
        reading.refuse_unsaid(name, f"{path}.name")
        if ("in" in row) == ("at_least" in row):
            raise InvalidDefinition(path, _("takes either in or at_least"))
        if "in" in row:
            return cls(row, name, _read_values(row["in"], f"{path}.in"), None)
        at_least = as_number(row["at_least"])
        if at_least is None:
            raise InvalidDefinition(f"{path}.at_least", _("must be a number"))
        return cls(row, name, frozenset(), at_least)

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        value = activity.attributes.get(self.name)
        if self.at_least is None:
            return as_word(value) in self.words
        number = as_number(value)
        return number is not None and number >= self.at_least

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return as_word(activity.attributes.get(self.name))


def _read_values(values: Any, path: str) -> frozenset[str]:
    """Read a list of words, in which numbers, true and false may stand as they are."""
    if not isinstance(values, list | tuple):
        raise InvalidDefinition(path, _("must be a list with something in it"))
    words = [as_word(value) if isinstance(value, int) else value for value in values]
    return frozenset(read_words(words, path))


CONDITION = AttributeCondition
