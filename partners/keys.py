"""API keys: making, checking and revoking them."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q

from partners.families import find_family, is_family
from partners.models import ApiKey, Partner, Person
from partners.retrying import in_transaction

TOKEN = re.compile(r"tsr_([a-z0-9]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
PREFIX_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
PREFIX_LENGTH = 8
SECRET_BYTES = 32
USE_NOTED_EVERY = timedelta(minutes=1)


class Scope(StrEnum):
    """What a key may be allowed to do. A key holds the scopes it was made with, no others."""

    PARTNERS_READ = "partners:read"
    PARTNERS_WRITE = "partners:write"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    ACTIVITIES_READ = "activities:read"
    ACTIVITIES_WRITE = "activities:write"
    ACTIVITIES_PREVIEW = "activities:preview"
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
) -> NewKey:
    """
    Make a key with a secret of 256 random bits, of which only a hash is kept.

    :raises UnknownScope: If a scope is not one of ``Scope``, or none is given.
    """
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in set(Scope)]
    if unknown or not wanted:
        raise UnknownScope(", ".join(unknown) or "A key needs at least one scope.")
    prefix = "".join(secrets.choice(PREFIX_ALPHABET) for _ in range(PREFIX_LENGTH))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        secret_hash=hash_secret(secret),
        scopes=wanted,
        partner=partner,
        created_at=created_at,
        created_by=created_by,
        expires_at=expires_at,
    )
    return NewKey(key=key, token=f"tsr_{prefix}_{secret}")


def hash_secret(secret: str) -> str:
    """Hash a secret. It is random, so a slow hash would protect nothing and cost every call."""
    return hashlib.sha256(secret.encode()).hexdigest()


def verify(*, token: str, at: datetime) -> ApiKey:
    """
    Return the key a token belongs to.

    :raises InvalidKey: If prefix or secret do not fit.
    :raises KeyRevoked: If it fits and was revoked.
    :raises KeyExpired: If it fits and ``at`` is not before its end.
    """
    parts = TOKEN.fullmatch(token)
    if parts is None:
        raise InvalidKey("This is not an API key.")
    prefix, secret = parts.groups()
    known = ApiKey.objects.select_related("partner").annotate(of_family=is_family("partner"))
    key = known.filter(prefix=prefix).first()
    known_hash = key.secret_hash if key else ""
    # Compared in constant time, and also where there is no such key.
    if not hmac.compare_digest(known_hash, hash_secret(secret)) or key is None:
        raise InvalidKey("This API key is not known.")
    if key.revoked_at is not None and key.revoked_at <= at:
        raise KeyRevoked("This API key was revoked.")
    if key.expires_at is not None and key.expires_at <= at:
        raise KeyExpired("This API key has expired.")
    return key


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
