"""The frame of the portal's pages, gathered from the programme that the partner is in."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from partners.access import Frame
from partners.models import Member
from partners.wording import UnitWording
from rewards.models import Programme, Standing
from rewards.programmes.live import NoVersionInForce, version_in_force


def read_frame(member: Member, at: datetime) -> Frame:
    """Return the frame for a member's pages: two queries, or one without a programme."""
    standing = (
        Standing.objects.filter(
            partner_id=member.partner_id, programme__status=Programme.Status.LIVE
        )
        .select_related("programme__main_unit")
        .order_by("programme_id")
        .first()
    )
    if standing is None:
        return Frame(currency=member.partner.currency)
    programme = standing.programme
    frame = Frame(
        seller=programme.seller_name,
        programme=programme.name,
        currency=programme.currency,
        zone=ZoneInfo(programme.time_zone),
        unit_id=programme.main_unit_id,
        demo_weeks=programme.shifted_days // 7,
    )
    try:
        settings = version_in_force(programme, at).definition.settings
    except NoVersionInForce:
        return frame
    unit = UnitWording(settings.unit_names, programme.main_unit.decimals)
    return replace(frame, unit=unit, unit_value=settings.unit_value)
