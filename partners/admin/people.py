"""People who can sign in, and the teams they are on. Nobody types a password for another."""

from typing import Any

from allauth.account.forms import ResetPasswordForm
from django import forms
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from partners.doors.admin import BaseAdmin, Step, action, actor_of, display
from partners.doors.admin_pickers import PickedManyField
from partners.models import Member, Person
from partners.roles import Role
from partners.team import find_companies_left_alone


class PersonForm(forms.ModelForm):
    groups = PickedManyField(
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

    def clean_is_active(self) -> bool:
        """Whoever is the only head buyer of a company cannot be shut out of it."""
        is_active = bool(self.cleaned_data["is_active"])
        is_shut_out = self.instance.pk is not None and self.instance.is_active and not is_active
        # Inside the transaction of the page: the rows stay locked until it is saved.
        companies = find_companies_left_alone(self.instance) if is_shut_out else []
        if companies:
            names = ", ".join(partner.legal_name for partner in companies)
            raise forms.ValidationError(
                _("The only head buyer of %(companies)s. Name another one first.")
                % {"companies": names}
            )
        return is_active


class PersonAdmin(BaseAdmin):
    """The higher floor registers it, and adds what reaches into every app."""

    form = PersonForm
    list_display = ("named", "works_for", "is_active", "last_login")
    list_display_links = ("named",)
    list_filter = (("is_staff", BooleanRadioFilter), ("is_active", BooleanRadioFilter))
    search_fields = ("name", "email")
    ordering = ("name",)
    readonly_fields = ("last_login", "public_id")
    actions_detail: tuple[str, ...] = ("send_link",)
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
