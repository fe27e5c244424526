"""People and the teams they are on. Personal data lives here and nowhere else."""

from datetime import datetime
from typing import Any, ClassVar

import uuid_utils.compat
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partners.models.company import Partner
from partners.models.scope import PartnerScopedQuerySet


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        return self.create_user(email, password, **fields, is_staff=True, is_superuser=True)

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username or "")


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody who can sign in: with an e-mail address, whatever the companies they work for."""

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default="en"
    )
    is_staff = models.BooleanField(
        _("works for the seller"), default=False, help_text=_("May sign in to the admin.")
    )
    is_active = models.BooleanField(_("may sign in"), default=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="partners_person_email_in_lower_case", condition=Q(email=Lower("email"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]


class MemberQuerySet(PartnerScopedQuerySet):
    def active(self) -> "MemberQuerySet":
        return self.filter(status=Member.Status.ACTIVE)

    def head_buyers(self) -> "MemberQuerySet":
        return self.filter(role=Member.Role.HEAD_BUYER)

    def for_listing(self) -> "MemberQuerySet":
        return self.select_related("person").order_by("person__name", "pk")


class Member(models.Model):
    """A person on a partner's team, in one role. One person may be a member of several partners."""

    class Role(models.TextChoices):
        HEAD_BUYER = "head_buyer", _("Head buyer")
        BUYER = "buyer", _("Buyer")
        VIEWER = "viewer", _("Viewer")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        LEFT = "left", pgettext_lazy("member", "Left")

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="members", verbose_name=_("partner")
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.BUYER)
    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, default=Status.ACTIVE
    )
    job_title = models.CharField(_("job title"), max_length=100, blank=True)
    joined_at = models.DateTimeField(_("joined at"))
    left_at = models.DateTimeField(_("left at"), null=True, blank=True)
    revision = models.PositiveIntegerField(
        default=1, editable=False, help_text=_("Counts the edits, so that a stale one is noticed.")
    )

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "person"], name="partners_member_person_once_per_partner"
            ),
            models.CheckConstraint(
                name="partners_member_left_has_its_time",
                condition=Q(status="left", left_at__isnull=False)
                | (~Q(status="left") & Q(left_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person.name}, {self.get_role_display()}"

    @property
    def is_head_buyer(self) -> bool:
        return self.role == self.Role.HEAD_BUYER

    @property
    def may_spend(self) -> bool:
        """Viewers read; everybody else may take rewards from what they hold."""
        return self.role != self.Role.VIEWER


class InvitationQuerySet(PartnerScopedQuerySet):
    def open(self) -> "InvitationQuerySet":
        """Neither accepted nor withdrawn; it may have expired and can then be sent again."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)

    def open_at(self, moment: datetime) -> "InvitationQuerySet":
        return self.open().filter(expires_at__gt=moment)


class Invitation(models.Model):
    """
    A place on a team that was offered by e-mail. Who accepts becomes a member.

    Until then name and address are what the inviter typed: whether somebody with this address is
    known already is nobody's business. Only a hash of the link's token is kept.
    """

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="invitations", verbose_name=_("partner")
    )
    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default="en"
    )
    role = models.CharField(_("role"), max_length=16, choices=Member.Role.choices)
    job_title = models.CharField(_("job title"), max_length=100, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    invited_at = models.DateTimeField(_("invited at"))
    sent_at = models.DateTimeField(_("sent at"))
    sent_times = models.PositiveSmallIntegerField(_("times sent"), default=1)
    expires_at = models.DateTimeField(_("expires at"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "email"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="partners_invitation_one_open_per_address",
            ),
            models.CheckConstraint(
                name="partners_invitation_email_in_lower_case", condition=Q(email=Lower("email"))
            ),
            models.CheckConstraint(
                name="partners_invitation_accepted_makes_a_member",
                condition=Q(accepted_at__isnull=True, member__isnull=True)
                | Q(accepted_at__isnull=False, member__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.email


class InvitationMail(models.Model):
    """That the link of an invitation was sent, once more: mails are limited by company and address."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="mails")
    sent_at = models.DateTimeField(_("sent at"))

    class Meta:
        verbose_name = _("mail of an invitation")
        verbose_name_plural = _("mails of invitations")
        indexes: ClassVar = [
            models.Index(fields=["sent_at"], name="partners_invitationmail_time"),
        ]

    def __str__(self) -> str:
        return f"of invitation {self.invitation_id}"


class Erasure(models.Model):
    """That a person was erased: when and by whom, and how many rows it touched. Nothing of them."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="erasure")
    asked_by = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    erased_at = models.DateTimeField(_("erased at"))
    rows = models.JSONField(_("rows"), default=dict)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")

    def __str__(self) -> str:
        return str(self.person.public_id)
