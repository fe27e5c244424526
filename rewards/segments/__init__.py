"""Lists of partners: who stood on which of them on a day, putting somebody on, taking them off."""

from rewards.segments.placing import AlreadyOn, NotOn, put_on, take_off
from rewards.segments.standing import Span, read_spans

__all__ = ["AlreadyOn", "NotOn", "Span", "put_on", "read_spans", "take_off"]
