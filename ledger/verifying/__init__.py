"""
Verifies copies without the database: a journal or a statement, as ``ledger.exporting`` writes them.

What a copy proves, and what only the digest of its last seal can prove, stands in docs/verifying.md.
"""

from pathlib import Path

from ledger.verifying.journal import verify_journal
from ledger.verifying.reading import NotVerifiable, open_copy
from ledger.verifying.report import FileReport
from ledger.verifying.statement import verify_statement

__all__ = ["FileReport", "NotVerifiable", "verify_file"]


def verify_file(path: Path, *, head: str | None = None, until_head: bool = False) -> FileReport:
    """
    Verify a copy of the journal or of a statement, and say everything that is wrong with it.

    Needs no database. A journal is read line by line, however long it is.

    :param head: The digest of a seal, known from elsewhere. Without it a copy can only be shown to
        agree with itself: whoever forges all its seals too is found out by this digest alone. It
        vouches for its seal and those before, so a copy that goes on behind it has a problem.
    :param until_head: Such a copy is expected: it counts up to the seal of the digest.
    :raises NotVerifiable: If the file cannot be read as such a copy.
    """
    with open_copy(path) as copy:
        verify = verify_journal if copy.is_journal else verify_statement
        return verify(copy, head=head, until_head=until_head)
