"""Saving a form of a draft: what came of it, and how the page is shown again where it was refused."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from partners.doors.admin import BaseAdmin
from rewards.admin.programmes.frame import (
    address,
    draw,
    frame,
    may_edit,
    save,
    say_conflict,
    seen_edits,
)
from rewards.models import ProgrammeVersion
from rewards.programmes.definition import InvalidDefinition
from rewards.programmes.drafting import ChangedMeanwhile, Edit

# Buttons that ask for another look at the form, and save nothing.
ASKING = frozenset({"more", "fewer", "show"})


class Saving:
    """One try to save a form of a draft: what came of it, for the page that shows it again."""

    def __init__(self, page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> None:
        self.page, self.request, self.version = page, request, version
        is_post = request.method == "POST" and may_edit(request, version)
        self.data = request.POST if is_post else None
        self.is_saving = is_post and not ASKING & request.POST.keys()
        self.edits = seen_edits(request) if is_post else version.edits
        self.conflict = ""
        self.refused: InvalidDefinition | None = None
        self.is_look = self.is_saving and "look" in request.POST

    def save(self, edit: Edit, sentence: str) -> bool:
        try:
            save(self.page, self.request, self.version, edit, sentence)
        except InvalidDefinition as error:
            self.refused = error
        except ChangedMeanwhile:
            self.conflict = say_conflict()
            self.version.refresh_from_db(fields=["edits"])
            self.edits = self.version.edits
        else:
            return True
        return False

    def context(self, tab: str) -> dict[str, Any]:
        return frame(self.page, self.request, self.version, tab) | {
            "edits": self.edits,
            "conflict": self.conflict,
            "show_errors": self.is_saving,
            "compare_link": address("compare", self.version),
            "back": address(tab, self.version),
        }

    def answer(self, template: str, context: dict[str, Any]) -> HttpResponse:
        status = 422 if self.is_saving and not self.is_look else 200
        return draw(self.request, template, context, status=status)
