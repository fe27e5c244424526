"""Sentences of the catalogue that depend on several things at once."""

from django import template
from django.template.context import Context
from django.utils.translation import gettext as _

from partners.access import Frame
from partners.templatetags.portal import current_language
from partners.wording import format_money
from rewards.browsing import Card, Standpoint
from rewards.catalogue.eligibility import Obstacle

register = template.Library()


def frame_of(context: Context) -> Frame:
    frame: Frame = context.request.frame  # type: ignore[attr-defined]  # a page's context has it
    return frame


@register.simple_tag(takes_context=True)
def obstacle_words(context: Context, card: Card) -> str:
    """Say what closes a reward, and what would open it."""
    match card.obstacle:
        case Obstacle.TIER_TOO_LOW if card.opens_at:
            return _("Opens at %(tier)s, %(amount)s to go") % {
                "tier": card.opens_at.name(current_language()),
                "amount": format_money(
                    card.spend_to_go, frame_of(context).currency, current_language(), whole=True
                ),
            }
        case Obstacle.LIMIT_REACHED:
            return _("Your company has taken all it may")
        case Obstacle.OUT_OF_STOCK:
            return _("The last one has been taken")
        case Obstacle.NOT_FOR_COMPANY:
            return _("For people, from their own wallets")
        case Obstacle.NOT_FOR_PERSON:
            return _("For the company, from its pool")
    return _("Not on offer now")


@register.simple_tag(takes_context=True)
def closed_words(context: Context, card: Card, standpoint: Standpoint) -> str:
    """Say on the page of a reward why it has no button."""
    if card.obstacle:
        return obstacle_words(context, card)
    if not standpoint.member.may_spend:
        return _("Your role reads only.")
    if card.is_for_head_buyer:
        return _("Your head buyer can take it for the company.")
    if standpoint.owed and card.purse.is_pool:
        return _("Nothing is spent while points are owed.")
    to_go = frame_of(context).unit.phrase(card.missing, current_language())
    return _("%(amount)s to go.") % {"amount": to_go}
