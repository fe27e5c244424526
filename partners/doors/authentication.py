"""Who is calling the API: a system with a key, or a member signed in to the portal."""

from typing import ClassVar

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from partners import access, keys
from partners.models import Actor, ApiKey, Member, Person

SCHEME = "Bearer"


class MalformedAuthorization(Exception):
    """The ``Authorization`` header is there, but is not ``Bearer <key>``."""


class CsrfFailed(Exception):
    """A signed-in browser sent no valid CSRF token along."""


class NotAMember(Exception):
    """Somebody is signed in who is on no partner's team now."""


class CompanyNotChosen(Exception):
    """The signed-in person is on several teams and did not say for which one they act."""


class KeyHolder:
    """Stands where Django expects a user while a key is calling. It is nobody in particular."""

    is_authenticated: ClassVar = True
    is_anonymous: ClassVar = False
    is_active: ClassVar = True
    is_staff: ClassVar = False
    is_superuser: ClassVar = False

    def __init__(self, key: ApiKey) -> None:
        self.key = key
        # Log lines name whoever acted by this.
        self.pk = f"key:{key.prefix}"

    def __str__(self) -> str:
        return str(self.key)


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer tsr_<prefix>_<secret>``."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != SCHEME.lower() or not token:
            raise MalformedAuthorization("Send the header Authorization: Bearer <key>.")
        now = timezone.now()
        key = keys.verify(token=token.strip(), at=now)
        keys.note_use(key=key, at=now)
        return KeyHolder(key), key

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class MemberSession(SessionAuthentication):
    """The portal's session. It acts as the member who is signed in, and needs the CSRF token."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise CsrfFailed("Send the CSRF token of the session as X-CSRFToken.") from error


def find_actor(request: Request) -> Actor:
    """
    Return on whose behalf the request acts, and what it may see.

    :raises NotAMember: If somebody is signed in who is on no team.
    :raises CompanyNotChosen: If they are on several and have not chosen one.
    """
    if isinstance(request.auth, ApiKey):
        key = request.auth
        # A key of a merged partner acts for the company that it is part of now.
        return Actor(partner_ids=keys.seen_with(key), scopes=frozenset(key.scopes))
    member = find_signed_in_member(request)
    return Actor(
        partner_ids=access.seen_by(member),
        member=member,
        person=member.person,
        scopes=SCOPES_OF_ROLE[member.role],
    )


def find_signed_in_member(request: Request) -> Member:
    if not isinstance(request.user, Person):
        raise NotAMember("Nobody is signed in.")
    try:
        return access.acting_member(request._request)  # noqa: SLF001 - DRF has no other name for it
    except access.NoCompany as error:
        raise NotAMember("You are signed in, but on no partner's team.") from error
    except access.CompanyNotChosen as error:
        raise CompanyNotChosen("Choose in the portal which company you act for.") from error


def name_caller(actor: Actor, request: Request) -> str:
    """Name who calls: answers are remembered, requests counted and cursors signed under it."""
    if isinstance(request.auth, ApiKey):
        return f"key:{request.auth.pk}"
    return f"member:{actor.member.pk if actor.member else None}"


_READING = frozenset(
    {
        keys.Scope.PARTNERS_READ,
        keys.Scope.ACCOUNTS_READ,
        keys.Scope.TRANSFERS_READ,
        keys.Scope.HOLDS_READ,
        keys.Scope.ADJUSTMENTS_READ,
        keys.Scope.PROGRAMMES_READ,
        keys.Scope.STANDINGS_READ,
        keys.Scope.REWARDS_READ,
        keys.Scope.REDEMPTIONS_READ,
    }
)
_READING_THE_COMPANY = _READING | {
    keys.Scope.MEMBERS_READ,
    keys.Scope.ACTIVITIES_READ,
    keys.Scope.ACTIVITIES_PREVIEW,
    keys.Scope.AWARDS_READ,
    keys.Scope.SHARES_READ,
    keys.Scope.ENTITLEMENTS_READ,
    keys.Scope.EVENTS_READ,
}
_CLAIMING = frozenset({keys.Scope.CLAIMS_READ, keys.Scope.CLAIMS_WRITE})
# What a signed-in member may do through the API: what the same person may do in the portal.
SCOPES_OF_ROLE: dict[str, frozenset[str]] = {
    Member.Role.HEAD_BUYER: _READING_THE_COMPANY
    | _CLAIMING
    | {
        keys.Scope.REDEMPTIONS_WRITE,
        keys.Scope.SHARES_WRITE,
        keys.Scope.MEMBERS_WRITE,
        keys.Scope.CONSENTS_READ,
        keys.Scope.CONSENTS_WRITE,
        keys.Scope.GIFTS_READ,
    },
    Member.Role.BUYER: _READING | _CLAIMING | {keys.Scope.REDEMPTIONS_WRITE},
    Member.Role.VIEWER: _READING_THE_COMPANY,
}
