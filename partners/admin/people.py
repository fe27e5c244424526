"""People who can sign in, and the teams they are on. Nobody types a password for another."""

from typing import Any

from allauth.account.forms import ResetPasswordForm
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from partners.doors.admin import BaseAdmin, Step, action, actor_of, display
from partners.models import Member, Person
from partners.roles import Role


class PersonForm(forms.ModelForm):
    groups = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Roles"),
        queryset=Group.objects.order_by("name"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("What they may see and do in the admin."),
    )

    class Meta:
        model = Person
        fields = ("name", "email", "language", "is_active", "is_staff", "is_superuser", "groups")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


@admin.register(Person)
class PersonAdmin(BaseAdmin):
    form = PersonForm
    list_display = ("named", "works_for", "is_active", "last_login")
    list_display_links = ("named",)
    list_filter = (("is_staff", BooleanRadioFilter), ("is_active", BooleanRadioFilter))
    search_fields = ("name", "email")
    ordering = ("name",)
    readonly_fields = ("last_login", "public_id")
    actions_detail = ("send_link",)
    fieldsets = (
        (None, {"fields": (("name", "email"), ("language", "is_active"))}),
        (
            gettext_lazy("Works for the seller"),
            {"fields": ("is_staff", "is_superuser", "groups")},
        ),
        (gettext_lazy("Record"), {"fields": (("last_login", "public_id"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        people = super().get_queryset(request)
        actor = actor_of(request)
        if actor.partner_ids is None:
            return people
        own = Member.objects.for_actor(actor).values("person")
        return people.filter(pk__in=own)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fixed = [*super().get_readonly_fields(request, obj)]
        if obj is not None:
            # An address is proved by its owner, in their own settings.
            fixed.append("email")
        if not request.user.is_superuser:
            fixed.append("is_superuser")
        if not may_give_roles(request):
            fixed += ["is_staff", "groups"]
        return fixed

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Colleagues are changed by administrators, superusers by superusers."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        if obj is not None and obj.is_staff and not may_give_roles(request):
            return False
        return super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Person, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def has_invite_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request)

    @action(description=gettext_lazy("Send a link to set a password"), permissions=["invite"])
    def send_link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Send a link to set a password"),
                sentence=_("The link goes to the person's own address and works for one hour."),
                button=_("Send the link"),
                perform=send_link_to,
            ),
        )

    @display(description=gettext_lazy("person"), ordering="name", header=True)
    def named(self, person: Person) -> tuple[str, str]:
        return person.name, person.email

    @display(description=gettext_lazy("works for"), label={"seller": "info"}, ordering="is_staff")
    def works_for(self, person: Person) -> tuple[str, str]:
        return ("seller", _("Seller")) if person.is_staff else ("partner", _("Partner"))


def may_give_roles(request: HttpRequest) -> bool:
    """Tell whether the person may decide who works for the seller; asked once a request."""
    if not hasattr(request, "may_give_roles"):
        person = request.user
        administers = person.groups.filter(name=Role.ADMINISTRATOR)
        request.may_give_roles = person.is_superuser or administers.exists()  # type: ignore[attr-defined]  # kept on the request
    return bool(request.may_give_roles)  # type: ignore[attr-defined]  # see above


def send_link_to(person: Person, *, form: forms.Form, request: HttpRequest) -> str:
    mail = ResetPasswordForm({"email": person.email})
    if mail.is_valid():
        mail.save(request)
    return _("A link was sent to %(address)s.") % {"address": person.email}


class MemberForm(forms.ModelForm):
    class Meta:
        model = Member
        fields = ("partner", "person", "role", "job_title")

    def clean_role(self) -> str:
        role = str(self.cleaned_data["role"])
        was_head = self.instance.pk is not None and self.instance.is_head_buyer
        if was_head and role != Member.Role.HEAD_BUYER:
            heads = Member.objects.active().head_buyers().exclude(pk=self.instance.pk)
            if not heads.filter(partner=self.instance.partner_id).exists():
                raise forms.ValidationError(
                    _("This is the only head buyer. Name another one first.")
                )
        return role


@admin.register(Member)
class MemberAdmin(BaseAdmin):
    form = MemberForm
    list_display = ("named", "partner_name", "role", "job_title", "shown_status")
    list_display_links = ("named",)
    list_select_related = ("person", "partner")
    list_filter = (("role", ChoicesDropdownFilter), ("status", ChoicesDropdownFilter))
    search_fields = ("person__name", "person__email", "partner__legal_name")
    ordering = ("person__name",)
    autocomplete_fields = ("partner", "person")
    readonly_fields = ("status", "joined_at", "left_at", "public_id")
    fieldsets = (
        (None, {"fields": (("partner", "person"), ("role", "job_title"))}),
        (
            gettext_lazy("Record"),
            {"fields": (("status", "joined_at"), ("left_at", "public_id"))},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """A member stays who and where they are; somebody else is another member."""
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "partner", "person") if obj else fixed

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        if not change:
            obj.joined_at = timezone.now()
        super().save_model(request, obj, form, change)

    @display(description=gettext_lazy("person"), ordering="person__name", header=True)
    def named(self, member: Member) -> tuple[str, str]:
        return member.person.name, member.person.email

    @display(
        description=gettext_lazy("status"),
        ordering="status",
        label={"invited": "info", "left": "danger"},
    )
    def shown_status(self, member: Member) -> tuple[str, Any]:
        return member.status, member.get_status_display()
