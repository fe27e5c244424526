"""
What is kept about a person: all of it in one document, and how it goes.

``places`` knows every table that holds words. Erasing replaces the words of and about a person and
keeps every number: the journal names members by opaque ids, so that sums and its chain stay.
"""

from rewards.erasing.doing import erase_person
from rewards.erasing.exporting import export_partner, export_person
from rewards.erasing.obstacles import NotErasable, Obstacle, look_for_obstacles

__all__ = [
    "NotErasable",
    "Obstacle",
    "erase_person",
    "export_partner",
    "export_person",
    "look_for_obstacles",
]
