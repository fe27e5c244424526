"""Whose traces are looked for: the person, and the words they are known by."""

import re
from dataclasses import dataclass
from functools import cached_property

from allauth.account.models import EmailAddress

from partners.models import Invitation, Member, Person

# A single short word is also everybody else's; two words are a name.
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
    def pattern(self) -> re.Pattern[str]:
        any_of = "|".join(re.escape(word) for word in self.words)
        return re.compile(rf"(?<!\w)(?:{any_of})(?!\w)", re.IGNORECASE)
