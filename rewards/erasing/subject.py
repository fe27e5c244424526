"""Whose traces are looked for: the person, and the words they are known by."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from allauth.account.models import EmailAddress

from partners.families import families_of, roots_of
from partners.models import Invitation, Member, Person

# A single word is also everybody else's, or no name at all; two words are a name.
WORDS_OF_A_NAME = 2


@dataclass(frozen=True)
class Subject:
    """A person as they were when they were read: later their rows say nothing of them."""

    person: Person

    @cached_property
    def members(self) -> list[Member]:
        return list(Member.objects.filter(person=self.person).order_by("pk"))

    @cached_property
    def member_ids(self) -> list[int]:
        return [member.pk for member in self.members]

    @cached_property
    def emails(self) -> list[str]:
        own = EmailAddress.objects.filter(user_id=self.person.pk).values_list("email", flat=True)
        invited = Invitation.objects.filter(member__in=self.member_ids)
        found = {self.person.email, *own, *invited.values_list("email", flat=True)}
        return sorted({email.lower() for email in found})

    @cached_property
    def names(self) -> list[str]:
        """What they are called, by themselves and by whoever invited them."""
        addressed = Invitation.objects.filter(email__in=self.emails)
        return sorted({self.person.name, *addressed.values_list("name", flat=True)} - {""})

    @cached_property
    def words(self) -> list[str]:
        """What is looked for in everybody's texts."""
        whole = [name for name in self.names if len(name.split()) >= WORDS_OF_A_NAME]
        return sorted([*self.emails, *whole], key=len, reverse=True)

    @cached_property
    def single_words(self) -> list[str]:
        """Names of one word: looked for with care, for others go by them too."""
        return [name for name in self.names if len(name.split()) < WORDS_OF_A_NAME]

    @cached_property
    def single_pattern(self) -> re.Pattern[str]:
        """As it is written, or in capitals: to will something is not to name Will."""
        spelled = {cased for word in self.single_words for cased in (word, word.upper())}
        any_of = "|".join(re.escape(word) for word in sorted(spelled, key=len, reverse=True))
        return re.compile(rf"(?<!\w)(?:{any_of})(?!\w)")

    @cached_property
    def companies(self) -> dict[int, bool]:
        """The companies of the person, and whether a single word means nobody else there."""
        roots = set(roots_of(member.partner_id for member in self.members).values())
        return {
            pk: not self._is_shared(family)
            for family in families_of(roots).values()
            for pk in family
        }

    def _is_shared(self, family: Sequence[int]) -> bool:
        others = Member.objects.filter(partner__in=family).exclude(person=self.person)
        words = {word.casefold() for word in self.single_words}
        names = others.values_list("person__name", flat=True)
        return any(words & set(name.casefold().split()) for name in names)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        any_of = "|".join(re.escape(word) for word in self.words)
        return re.compile(rf"(?<!\w)(?:{any_of})(?!\w)", re.IGNORECASE)
