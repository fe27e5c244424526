"""
The rule editor: programmes, their versions, and every page that changes a draft.

A page reads a request, makes one call into ``rewards.programmes``, and draws the answer. Nothing
here decides what a rule gives or whether a document can be used.
"""

from rewards.admin.programmes.programme import ProgrammeAdmin
from rewards.admin.programmes.version import ProgrammeVersionAdmin

__all__ = ["ProgrammeAdmin", "ProgrammeVersionAdmin"]
