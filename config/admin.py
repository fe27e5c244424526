"""The pages of what other packages bring: ours instead, or none."""

import allauth.account.admin  # registers what is taken away below
import allauth.mfa.admin  # noqa: F401  # as above
import django.contrib.auth.admin  # noqa: F401  # as above
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from partners.doors.admin import ReadOnlyAdmin, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import say_time

# Addresses are proved by their owners, and second factors are secrets: nobody else edits them.
for model in (EmailAddress, Authenticator, Group):
    admin.site.unregister(model)


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """Roles come from the table in ``config.roles``, so that they are the same everywhere."""

    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "permissions")


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Every change made in the admin: who, when, what."""

    list_display = ("changed", "user", "content_type", "object_repr", "message")
    list_display_links = ("changed",)
    list_select_related = ("user", "content_type")
    list_filter = (("action_time", DayRangeFilter),)
    search_fields = ("object_repr", "user__name", "user__email")
    ordering = ("-pk",)
    fields = (("user", "changed"), ("content_type", "object_repr"), "message")
    readonly_fields = ("changed", "message")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("admin.view_logentry"))

    @display(description=_("changed at"), ordering="action_time")
    def changed(self, entry: LogEntry) -> str:
        return say_time(entry.action_time)

    @display(description=_("change"))
    def message(self, entry: LogEntry) -> str:
        return entry.get_change_message()
