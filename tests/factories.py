"""The smallest true rows a test can start from; a test names only what it is about."""

from datetime import UTC, datetime
from typing import Any

import factory
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from factory.django import DjangoModelFactory

from ledger.accounts import open_house_accounts
from ledger.models import Account, Unit
from partners.models import Member, Partner, Person
from rewards.models import Programme

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = Person

    email = factory.Sequence("person{}@example.com".format)
    name = factory.Sequence("Person {}".format)
    # Tests sign in with force_login: hashing a password costs more than the test.
    password = UNUSABLE_PASSWORD_PREFIX


class PartnerFactory(DjangoModelFactory):
    class Meta:
        model = Partner

    erp_number = factory.Sequence("P{:05}".format)
    legal_name = factory.Sequence("Company {}".format)


class MemberFactory(DjangoModelFactory):
    class Meta:
        model = Member

    partner = factory.SubFactory(PartnerFactory)
    person = factory.SubFactory(PersonFactory)
    role = Member.Role.BUYER
    joined_at = JANUARY

    class Params:
        head_buyer = factory.Trait(role=Member.Role.HEAD_BUYER)
        viewer = factory.Trait(role=Member.Role.VIEWER)


class UnitFactory(DjangoModelFactory):
    """A unit of points with its house accounts."""

    class Meta:
        model = Unit
        skip_postgeneration_save = True

    code = factory.Sequence("points-{}".format)
    kind = Unit.Kind.POINTS

    class Params:
        money = factory.Trait(kind=Unit.Kind.MONEY, currency="GBP", decimals=2)

    @factory.post_generation
    def house(unit: Unit, create: bool, _extracted: Any, **_: Any) -> None:  # noqa: N805 - factory_boy's calling style
        if create:
            open_house_accounts(unit)


class AccountFactory(DjangoModelFactory):
    """A partner's pool; name another ``kind``, or use ``wallet``."""

    class Meta:
        model = Account

    unit = factory.SubFactory(UnitFactory)
    partner = factory.SubFactory(PartnerFactory)
    kind = Account.Kind.POOL

    class Params:
        wallet = factory.Trait(
            kind=Account.Kind.WALLET,
            member=factory.SubFactory(MemberFactory, partner=factory.SelfAttribute("..partner")),
        )


class ProgrammeFactory(DjangoModelFactory):
    class Meta:
        model = Programme

    code = factory.Sequence("programme-{}".format)
    name = factory.Sequence("Programme {}".format)
    seller_name = "The Seller"
    currency = "GBP"
    time_zone = "Europe/London"
    status = Programme.Status.LIVE
    main_unit = factory.SubFactory(UnitFactory)
