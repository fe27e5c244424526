"""Who signs in to the demo. Every person is made up; the companies keep their real orders."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from partners.inviting import Offer, invite
from partners.models import Actor, Member, Partner, Person
from partners.roles import Role

PASSWORD = "two-halves-one-token"  # noqa: S105 - printed on every start, and only in development

HERO_RANK = 63
"""The hero's place by value: with fewer partners than this, the largest one plays the part."""


@dataclass(frozen=True, slots=True)
class Company:
    """A partner of the file, by its number there, and the name it is given."""

    number: str
    name: str
    city: str
    country: str


@dataclass(frozen=True, slots=True)
class Part:
    """A made-up person with a role in a company."""

    name: str
    email: str
    language: str
    role: str
    job_title: str = ""


def companies_for(partners_max: int | None) -> tuple[Company, ...]:
    """
    Return the hero, its neighbour, and who else is picked for the campaign.

    They are among the partners that will be loaded.
    """
    if partners_max is None or partners_max >= HERO_RANK:
        return SMALL_ONES + LARGE_ONES
    return LARGE_ONES[:partners_max]


SMALL_ONES = (
    Company("12540", "Encina Regalos", "Madrid", "Spain"),
    Company("12681", "Maison Tilleul", "Lyon", "France"),
)
LARGE_ONES = (
    Company("14646", "Van der Linde Cadeau", "Utrecht", "Netherlands"),
    Company("18102", "Marlow & Finch", "Leeds", "United Kingdom"),
)
ALICE = Part("Alice Marsh", "alice@example.com", "en", "head_buyer", "Head of purchasing")
BOB = Part("Bob Kowalczyk", "bob@example.com", "en", "buyer", "Tableware")
VERA = Part("Vera Lindqvist", "vera@example.com", "en", "viewer", "Accounts")
TEAM = (
    ALICE,
    BOB,
    Part("Zofia Wiśniewska-Krzyżanowska", "zofia@example.com", "pl", "buyer", "Online shop"),
    Part("Тарас Ковальчук", "taras@example.com", "uk", "buyer", "Seasonal goods"),
    Part("Inés Robledo", "ines@example.com", "en", "buyer", "City shop, half-time"),
    VERA,
)
# Vera keeps the books of both companies, so she says at the door for which one she comes.
NEIGHBOURS = (
    Part("Charlie Aubert", "charlie@example.com", "en", "head_buyer", "Owner"),
    VERA,
)
SOFIA = Offer(
    email="sofia@example.com",
    name="Софія Кравець",
    role=Member.Role.BUYER,
    job_title="Christmas market",
    language="uk",
)
MANAGER_NAME, MANAGER_EMAIL = "Dana Whitfield", "dana@example.com"


@dataclass(frozen=True, slots=True)
class Post:
    """Somebody of the seller's staff."""

    name: str
    email: str
    role: Role


DANA = Post(MANAGER_NAME, MANAGER_EMAIL, Role.LOYALTY_MANAGER)
# Corrections above a limit need a second manager; the books have readers of their own.
STAFF = (
    DANA,
    Post("Ewan Brodie", "ewan@example.com", Role.LOYALTY_MANAGER),
    Post("Farah Osei", "farah@example.com", Role.FINANCE),
    Post("Agnes Cole", "agnes@example.com", Role.AUDITOR),
)
SIGN_INS = (
    ("Head buyer", ALICE.name, ALICE.email),
    ("Buyer", BOB.name, BOB.email),
    ("Viewer", VERA.name, VERA.email),
    *((post.role.label, post.name, post.email) for post in STAFF),
)


def found(company: Company, *, joined_at: datetime) -> Partner:
    """Return the partner, created before its first order arrives."""
    partner, _created = Partner.objects.get_or_create(
        erp_number=company.number,
        defaults={
            "legal_name": company.name,
            "country": company.country,
            "partner_since": joined_at.date(),
        },
    )
    return partner


def assemble(partner: Partner, parts: tuple[Part, ...], *, joined_at: datetime) -> list[Member]:
    """Return the members who play these parts, in their order."""
    return [
        Member.objects.get_or_create(
            partner=partner,
            person=_person(part.name, part.email, part.language),
            defaults={"role": part.role, "job_title": part.job_title, "joined_at": joined_at},
        )[0]
        for part in parts
    ]


def ask_to_join(head_buyer: Member, *, at: datetime) -> None:
    """Leave an invitation open. No mail goes out; whoever sends it again sees the link."""
    by = Actor(person=head_buyer.person, member=head_buyer)
    invite(partner=head_buyer.partner, offer=SOFIA, by=by, at=at, mail=None)


def employ_staff() -> Person:
    """Employ everybody of the seller; return the loyalty manager of the story."""
    dana, *_others = [_employ(post) for post in STAFF]
    return dana


def _employ(post: Post) -> Person:
    person = _person(post.name, post.email, "en")
    person.is_staff = True
    person.save(update_fields=["is_staff"])
    person.groups.set(Group.objects.filter(name=post.role.value))
    return person


def _person(name: str, email: str, language: str) -> Person:
    person = Person.objects.filter(email=email).first()
    if person is None:
        person = Person.objects.create_user(email, name=name, language=language)
        person.password = _hashed_password()
        person.save(update_fields=["password"])
    return person


@cache
def _hashed_password() -> str:
    """Hash it once: that is meant to be slow, and everybody's is the same."""
    return make_password(PASSWORD)
