"""Who may upload files, and whose uploads somebody may go on with."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from partners.doors.admin import actor_of
from partners.importing.guessing import PARTNERS
from partners.models import ImportRun, Person


def may_import(request: HttpRequest) -> bool:
    """A file may name any partner, so only who sees every partner may bring one."""
    may_add = request.user.has_perm("partners.add_importrun")
    return may_add and actor_of(request).sees_every_partner


def may_import_kind(request: HttpRequest, kind: str) -> bool:
    return kind != PARTNERS or may_enrol(request)


def may_enrol(request: HttpRequest) -> bool:
    user = request.user
    return user.has_perms(["partners.add_partner", "partners.change_partner"])


def person_of(request: HttpRequest) -> Person:
    """
    Return who asks.

    :raises PermissionDenied: If nobody is signed in.
    """
    if not isinstance(request.user, Person):
        raise PermissionDenied
    return request.user


def find_run(request: HttpRequest, number: int) -> ImportRun:
    """
    Return an import that the person may look at.

    :raises PermissionDenied: If they may look at none.
    :raises Http404: If there is none of this number.
    """
    if not request.user.has_perm("partners.view_importrun"):
        raise PermissionDenied
    run = ImportRun.objects.select_related("started_by").filter(pk=number).first()
    if run is None:
        raise Http404
    return run


def is_own(request: HttpRequest, run: ImportRun) -> bool:
    """What a file means, and whether it is taken, is decided by who uploaded it."""
    return may_import(request) and run.started_by_id == request.user.pk


def log(request: HttpRequest, run: ImportRun, sentence: str) -> None:
    """Note in the log of changes who did what about an upload."""
    LogEntry.objects.log_actions(
        user_id=person_of(request).pk,
        queryset=[run],
        action_flag=CHANGE,
        change_message=sentence,
        single_object=True,
    )


def require_own(request: HttpRequest, run: ImportRun) -> Person:
    """
    :raises PermissionDenied: If the file is somebody else's.
    """
    if not is_own(request, run):
        raise PermissionDenied
    return person_of(request)
