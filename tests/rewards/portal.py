"""A browser for the portal's pages: signs members in and reads what a page says."""

import html
import re
import uuid
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from partners.models import Member
from tests.rewards import cast

EARLIER = timedelta(days=30)


def sign_in(member: Member) -> Client:
    client = Client()
    client.force_login(member.person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def words(response) -> str:
    """The page as text, with single spaces: what somebody reads."""
    body = re.sub(
        r"<(script|style|template).*?</\1>", " ", response.content.decode(), flags=re.DOTALL
    )
    text = html.unescape(re.sub(r"<[^>]+>", " ", body)).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", text)


def open_shop_today(*, points: int = 0, **settings) -> cast.Shop:
    """The Corner Shop, with points that were earned a month ago: pages read the clock."""
    shop = cast.open_shop(**settings)
    if points:
        cast.earn(shop.pool, points, at=timezone.now() - EARLIER)
    return shop


def offer_today(shop: cast.Shop, **fields):
    return cast.offer(shop.programme, offered_from=timezone.now() - EARLIER, **fields)


def redeem_form(reward, **given) -> dict[str, str]:
    return {
        "request_id": str(uuid.uuid4()),
        "price_seen": str(reward.price),
        "paid_from": "pool",
        **given,
    }
