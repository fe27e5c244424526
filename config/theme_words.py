"""
Words of the admin's theme, which brings no catalogue along: ours translates them.

They stand here only so that they are found when messages are collected; the theme asks for them by
the same texts. Those of extensions that we have not installed are left out.
"""

from typing import Final

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

WORDS: Final = (
    _("Add new item"),
    _("After you've created a user, you’ll be able to edit more user options."),
    _("All applications"),
    _("Apply Filters"),
    _("Bold"),
    _("Choose file to upload"),
    _("Click to cancel"),
    _("Click to download"),
    _("Dark"),
    _("Dataset not found. No action performed."),
    _("Date from"),
    _("Date to"),
    _("Enter an URL"),
    _("Expand row"),
    _("False"),
    _("Forgotten your password or username?"),
    _("General"),
    _("Heading"),
    _("Image preview"),
    _("Indent decrease"),
    _("Indent increase"),
    _("Italic"),
    _("Light"),
    _("Link"),
    _("Loading more results..."),
    _("More actions"),
    _("Next"),
    _("No data"),
    _("No recent searches"),
    _("No results found"),
    _("No results matching your query"),
    _("Not enough data."),
    _("Ordered list"),
    _("Paragraph"),
    _("Previous"),
    _("Quote"),
    _("Recent searches"),
    _("Record picture"),
    _("Redo"),
    _("Reset filters"),
    _("Return to site"),
    _("Run"),
    _("Search apps and models..."),
    _("Select action"),
    _("Select action to run"),
    _("Select all rows"),
    _("Select currency"),
    _("Select record"),
    _("Select value"),
    _("Strike"),
    _("Submit"),
    _("This item will be deleted."),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("Toggle password visibility"),
    _("True"),
    _("Type to search"),
    _("Underlined"),
    _("Undo"),
    _("Unlink"),
    _("Unordered list"),
    _("Welcome"),
    _("Welcome back to"),
    _("You can not create nested object without parent"),
    _("You have been successfully logged out from the administration"),
    _(
        'Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
)
COUNTED: Final = (
    ngettext_lazy("%(counter)s result", "%(counter)s results"),
    ngettext_lazy(
        "\n                Found %(counter)s result in %(time)s seconds\n            ",
        "\n                Found %(counter)s results in %(time)s seconds\n            ",
    ),
    ngettext_lazy("entry", "entries"),
    ngettext_lazy("Please correct the error below.", "Please correct the errors below."),
)
