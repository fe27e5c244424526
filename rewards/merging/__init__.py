"""
Two partners turn out to be one company: balances move, history stays, and it can be undone.

Facts keep the partner they were reported for. From then on the whole family is judged, paid and
ranked as the partner that was kept; its accounts hold everything.
"""

from rewards.merging.doing import merge
from rewards.merging.obstacles import MergeNotPossible, Obstacle, find_obstacles
from rewards.merging.rehearsing import Rehearsal, rehearse
from rewards.merging.undoing import UndoNotPossible, undo_merge

__all__ = [
    "MergeNotPossible",
    "Obstacle",
    "Rehearsal",
    "UndoNotPossible",
    "find_obstacles",
    "merge",
    "rehearse",
    "undo_merge",
]
