"""API keys: making, checking and revoking them."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from partners.families import find_family, is_family
from partners.models import ApiKey, Partner, Person
from partners.retrying import in_transaction

TOKEN = re.compile(r"tsr_([a-z0-9]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
PREFIX_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
PREFIX_LENGTH = 8
SECRET_BYTES = 32
USE_NOTED_EVERY = timedelta(minutes=1)
GRACE_DAYS_MAX = 90
# Compared with where there is no such key, so that it takes as long.
NO_HASH = "0" * 64


class Scope(StrEnum):
    """What a key may be allowed to do. A key holds the scopes it was made with, no others."""

    PARTNERS_READ = "partners:read"
    PARTNERS_WRITE = "partners:write"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    MEMBERS_ERASE = "members:erase"
    ACTIVITIES_READ = "activities:read"
    ACTIVITIES_WRITE = "activities:write"
    ACTIVITIES_PREVIEW = "activities:preview"
    RATES_READ = "rates:read"
    RATES_WRITE = "rates:write"
    INBOX_READ = "inbox:read"
    INBOX_WRITE = "inbox:write"
    CLAIMS_READ = "claims:read"
    CLAIMS_WRITE = "claims:write"
    CLAIMS_DECIDE = "claims:decide"
    AWARDS_READ = "awards:read"
    ACCOUNTS_READ = "accounts:read"
    TRANSFERS_READ = "transfers:read"
    HOLDS_READ = "holds:read"
    HOLDS_WRITE = "holds:write"
    ADJUSTMENTS_READ = "adjustments:read"
    ADJUSTMENTS_WRITE = "adjustments:write"
    PROGRAMMES_READ = "programmes:read"
    STANDINGS_READ = "standings:read"
    REWARDS_READ = "rewards:read"
    REDEMPTIONS_READ = "redemptions:read"
    REDEMPTIONS_WRITE = "redemptions:write"
    REDEMPTIONS_DECIDE = "redemptions:decide"
    SHARES_READ = "shares:read"
    SHARES_WRITE = "shares:write"
    CONSENTS_READ = "consents:read"
    CONSENTS_WRITE = "consents:write"
    GIFTS_READ = "gifts:read"
    ENTITLEMENTS_READ = "entitlements:read"
    ENTITLEMENTS_WRITE = "entitlements:write"
    EVENTS_READ = "events:read"


class UnknownScope(ValueError):
    """There is no scope by that name."""


class InvalidKey(Exception):
    """No key by that name and secret. Which of the two is wrong is not told."""


class KeyExpired(Exception):
    """The key was right once; its time is over."""


class KeyRevoked(Exception):
    """The key was right once; somebody withdrew it."""


class KeyReplaced(Exception):
    """The key was right once; another took its place and the time of grace is over."""


class KeyPaused(Exception):
    """The key is right, but stands still until a person of the seller lets it go on."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This API key is paused: it brought out its points of a day. An administrator or "
                "a loyalty manager of the seller may let it go on, under API keys in the admin."
            )
        )


class NotReplaceable(Exception):
    """The key has ended, or another replaces it already."""

    code = "not_replaceable"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. ``token`` is shown now and can never be shown again."""

    key: ApiKey
    token: str


def create_key(
    *,
    name: str,
    scopes: Iterable[str],
    created_at: datetime,
    partner: Partner | None = None,
    expires_at: datetime | None = None,
    created_by: Person | None = None,
    daily_units_max: int | None = None,
) -> NewKey:
    """
    Make a key with a secret of 256 random bits, of which only a hash is kept.

    :param daily_units_max: What its requests may bring out in a day (UTC), in minor units.
    :raises UnknownScope: If a scope is not one of ``Scope``, or none is given.
    """
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in set(Scope)]
    if unknown or not wanted:
        raise UnknownScope(", ".join(unknown) or "A key needs at least one scope.")
    key = ApiKey(
        name=name,
        scopes=wanted,
        partner=partner,
        created_at=created_at,
        created_by=created_by,
        expires_at=expires_at,
        daily_units_max=daily_units_max,
    )
    return NewKey(key=key, token=_give_secret(key))


def rotate(
    *,
    key: ApiKey,
    grace: timedelta,
    at: datetime,
    expires_at: datetime | None = None,
    created_by: Person | None = None,
) -> NewKey:
    """
    Make the key that takes the place of another. It may do the same, for the same partner.

    The old one goes on for the time of grace, unless it ends before. The two share one budget of
    the day, and a key that stands still is replaced by one that does.

    :raises NotReplaceable: If the old one has ended, or is replaced already.
    :raises ValueError: If the grace is below zero or longer than ``GRACE_DAYS_MAX``.
    """
    if not timedelta(0) <= grace <= timedelta(days=GRACE_DAYS_MAX):
        raise ValueError(f"a grace is 0 to {GRACE_DAYS_MAX} days")
    with transaction.atomic():
        old = _lock_replaceable(key, at=at)
        new = ApiKey(
            name=old.name,
            scopes=old.scopes,
            partner_id=old.partner_id,
            created_at=at,
            created_by=created_by,
            expires_at=expires_at,
            rotated_from=old,
            daily_units_max=old.daily_units_max,
            paused_at=old.paused_at,
        )
        token = _give_secret(new)
        ends_at = at + grace
        if old.expires_at is None or old.expires_at > ends_at:
            ApiKey.objects.filter(pk=old.pk).update(expires_at=ends_at)
        return NewKey(key=new, token=token)


def _lock_replaceable(key: ApiKey, *, at: datetime) -> ApiKey:
    old = ApiKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    if ApiKey.objects.filter(rotated_from=old).exists():
        raise NotReplaceable(_("Another key replaces this one already."))
    if state_of(old, at=at) in {State.REVOKED, State.EXPIRED}:
        raise NotReplaceable(_("This key has ended. Make a new one."))
    return old


def _give_secret(key: ApiKey) -> str:
    """Save the key with a secret of its own; return the whole token, which nothing keeps."""
    prefix = "".join(secrets.choice(PREFIX_ALPHABET) for _position in range(PREFIX_LENGTH))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    key.prefix, key.secret_hash = prefix, hash_secret(secret)
    key.save(force_insert=True)
    return f"tsr_{prefix}_{secret}"


class State(StrEnum):
    VALID = "valid"
    PAUSED = "paused"
    EXPIRED = "expired"
    REVOKED = "revoked"


def state_of(key: ApiKey, *, at: datetime) -> State:
    """What ends a key comes before what only stops it for a time."""
    if key.revoked_at is not None and key.revoked_at <= at:
        return State.REVOKED
    if key.expires_at is not None and key.expires_at <= at:
        return State.EXPIRED
    return State.VALID if key.paused_at is None else State.PAUSED


def hash_secret(secret: str) -> str:
    """Hash a secret. It is random, so a slow hash would protect nothing and cost every call."""
    return hashlib.sha256(secret.encode()).hexdigest()


def verify(*, token: str, at: datetime) -> ApiKey:
    """
    Return the key a token belongs to.

    :raises InvalidKey: If prefix or secret do not fit.
    :raises KeyRevoked: If it fits and was revoked.
    :raises KeyExpired: If it fits and ``at`` is not before its end.
    :raises KeyReplaced: If it has ended and another took its place.
    :raises KeyPaused: If it fits and stands still.
    """
    parts = TOKEN.fullmatch(token)
    if parts is None:
        raise InvalidKey(_("This is not an API key."))
    prefix, secret = parts.groups()
    known = ApiKey.objects.select_related("partner").annotate(of_family=is_family("partner"))
    key = known.filter(prefix=prefix).first()
    known_hash = key.secret_hash if key else NO_HASH
    # Compared in constant time, and also where there is no such key.
    if not hmac.compare_digest(known_hash, hash_secret(secret)) or key is None:
        raise InvalidKey(_("This API key is not known."))
    _refuse_unless_valid(key, at=at)
    return key


def _refuse_unless_valid(key: ApiKey, *, at: datetime) -> None:
    state = state_of(key, at=at)
    if state == State.REVOKED:
        raise KeyRevoked(_("This API key was revoked."))
    if state == State.EXPIRED and ApiKey.objects.filter(rotated_from=key).exists():
        raise KeyReplaced(_("Another API key took the place of this one."))
    if state == State.EXPIRED:
        raise KeyExpired(_("This API key has expired."))
    if state == State.PAUSED:
        raise KeyPaused


def seen_with(key: ApiKey) -> frozenset[int] | None:
    """Return whose rows a key may see: one company's, with what was merged, or everybody's."""
    if key.partner_id is None:
        return None
    if getattr(key, "of_family", True):
        return find_family(key.partner_id)
    return frozenset({key.partner_id})


def note_use(*, key: ApiKey, at: datetime) -> None:
    """Remember when the key was last used, with at most one write a minute."""
    if key.last_used_at is not None and key.last_used_at > at - USE_NOTED_EVERY:
        return
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=at - USE_NOTED_EVERY)
    unnoted = ApiKey.objects.filter(stale, pk=key.pk)
    in_transaction(lambda: unnoted.update(last_used_at=at))


def revoke(*, key: ApiKey, at: datetime) -> None:
    """Withdraw the key from ``at`` on. Revoking twice keeps the first time."""
    ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=at)
