"""Cells of files that a spreadsheet will open."""

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00")


def export_cell(value: object) -> str:
    """
    Return the text of one CSV cell.

    A text that a spreadsheet would run as a formula gets an apostrophe in front. Numbers stay as
    they are, below zero too: only texts come from people.
    """
    if value is None:
        return ""
    if isinstance(value, str) and value.lstrip(" ").startswith(STARTS_A_FORMULA):
        return f"'{value}"
    return str(value)
