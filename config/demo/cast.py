"""Who signs in to the demo. Every person is made up; the two companies keep their real orders."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Group

from partners.models import Member, Partner, Person
from partners.roles import Role

PASSWORD = "two-halves-one-token"  # noqa: S105 - printed on every start, and only in development

HERO_NUMBER = "12540"
HERO_NAME = "Encina Regalos"
NEIGHBOUR_NUMBER = "12681"
NEIGHBOUR_NAME = "Maison Tilleul"


@dataclass(frozen=True, slots=True)
class Part:
    """A made-up person with a role in a company, or none: then they work for the seller."""

    name: str
    email: str
    language: str
    role: str | None
    job_title: str = ""
    company: str = HERO_NUMBER


ALICE = Part("Alice Marsh", "alice@example.com", "en", "head_buyer", "Head of purchasing")
BOB = Part("Bob Kowalczyk", "bob@example.com", "en", "buyer", "Tableware")
VERA = Part("Vera Lindqvist", "vera@example.com", "en", "viewer", "Accounts")
DANA = Part("Dana Whitfield", "dana@example.com", "en", None)
TEAM = (
    ALICE,
    BOB,
    Part("Zofia Wiśniewska-Krzyżanowska", "zofia@example.com", "pl", "buyer", "Online shop"),
    Part("Тарас Ковальчук", "taras@example.com", "uk", "buyer", "Seasonal goods"),
    Part("Inés Robledo", "ines@example.com", "en", "buyer", "Madrid shop, half-time"),
    VERA,
)
CHARLIE = Part(
    "Charlie Aubert", "charlie@example.com", "en", "head_buyer", "Owner", NEIGHBOUR_NUMBER
)
SIGN_INS = (
    (ALICE, "Head buyer"),
    (BOB, "Buyer"),
    (VERA, "Viewer"),
    (DANA, "Loyalty manager"),
)


def assemble(*, joined_at: datetime) -> dict[str, Member]:
    """Create the people and their memberships, where they are not there yet; by first name."""
    for number, name in ((HERO_NUMBER, HERO_NAME), (NEIGHBOUR_NUMBER, NEIGHBOUR_NAME)):
        Partner.objects.filter(erp_number=number).update(legal_name=name)
    members = {}
    for part in (*TEAM, CHARLIE):
        partner = Partner.objects.filter(erp_number=part.company).first()
        if partner is None:
            continue
        member, _created = Member.objects.get_or_create(
            partner=partner,
            person=_person(part),
            defaults={"role": part.role, "job_title": part.job_title, "joined_at": joined_at},
        )
        members[part.name.split(" ")[0]] = member
    _employ(DANA)
    return members


def _person(part: Part) -> Person:
    person = Person.objects.filter(email=part.email).first()
    if person is None:
        person = Person.objects.create_user(
            part.email, PASSWORD, name=part.name, language=part.language
        )
    return person


def _employ(part: Part) -> None:
    person = _person(part)
    person.is_staff = True
    person.save(update_fields=["is_staff"])
    person.groups.set(Group.objects.filter(name=Role.LOYALTY_MANAGER.value))
