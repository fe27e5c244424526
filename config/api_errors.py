"""The one table from a typed error to the status and the code a client gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

from ledger import correcting, holds, posting
from partners import enrolling, intake, inviting, keys, metering, references, revising, team
from partners.doors import (
    authentication,
    filtering,
    idempotency,
    pagination,
    parsing,
    permissions,
    problems,
    versions,
)
from partners.doors.problems import FieldProblem, ProblemBody, Refusal
from rewards import claiming, erasing, inbox, leaving, merging, redeeming, sharing
from rewards.api import batches, claims, redemptions
from rewards.api import inbox as inbox_door
from rewards.catalogue import entitlements
from rewards.programmes import live

logger = structlog.get_logger(__name__)

BUSY_RETRY_AFTER_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """How one kind of error is answered. ``facts`` names attributes that the body repeats."""

    status: int
    code: str
    title: Any
    facts: tuple[str, ...] = ()
    detail: Any = None
    retry_after: int | None = None


BUSY = Answer(
    503,
    "busy",
    _("Busy"),
    detail=_("The service is busy. Nothing was changed. Try again."),
    retry_after=BUSY_RETRY_AFTER_SECONDS,
)

# An error is answered by the first of its classes that stands here, most specific first.
TABLE: Mapping[type[Exception], Answer] = {
    # The body cannot be read.
    parsing.MalformedJSON: Answer(400, "malformed_json", _("The body is not JSON")),
    parsing.DuplicateKey: Answer(400, "duplicate_key", _("A field stands twice")),
    parsing.TooDeep: Answer(400, "too_deep", _("Nested too deep")),
    parsing.UnsupportedText: Answer(400, "unsupported_text", _("A text cannot be kept")),
    parsing.NumberOutOfRange: Answer(400, "number_out_of_range", _("A number is too large")),
    parsing.BodyTooLarge: Answer(413, "body_too_large", _("The body is too large")),
    exceptions.UnsupportedMediaType: Answer(
        415, "unsupported_media_type", _("Send application/json")
    ),
    exceptions.NotAcceptable: Answer(406, "not_acceptable", _("Only application/json is offered")),
    exceptions.ParseError: Answer(400, "malformed_json", _("The body is not JSON")),
    # The request asks for something that does not fit.
    exceptions.ValidationError: Answer(400, "validation_failed", _("Fields are not valid")),
    filtering.UnknownParameter: Answer(400, "unknown_parameter", _("Unknown query parameter")),
    filtering.RepeatedParameter: Answer(400, "repeated_parameter", _("Repeated query parameter")),
    filtering.InvalidParameter: Answer(400, "invalid_parameter", _("Query parameter not valid")),
    pagination.InvalidCursor: Answer(400, "invalid_cursor", _("Cursor not valid")),
    # Who is asking.
    exceptions.NotAuthenticated: Answer(
        401, "not_authenticated", _("No key"), detail=_("Send an API key, or sign in.")
    ),
    authentication.MalformedAuthorization: Answer(
        401, "malformed_authorization", _("Authorization header not understood")
    ),
    keys.InvalidKey: Answer(401, "invalid_key", _("Unknown API key")),
    keys.KeyExpired: Answer(401, "key_expired", _("The API key has expired")),
    keys.KeyReplaced: Answer(401, "key_replaced", _("The API key was replaced")),
    keys.KeyRevoked: Answer(401, "key_revoked", _("The API key was revoked")),
    keys.KeyPaused: Answer(403, "key_paused", _("The API key is paused")),
    permissions.ScopeMissing: Answer(403, "scope_missing", _("Not allowed"), facts=("scope",)),
    authentication.CsrfFailed: Answer(403, "csrf_failed", _("CSRF token missing or wrong")),
    authentication.NotAMember: Answer(403, "not_a_member", _("On no partner's team")),
    authentication.CompanyNotChosen: Answer(403, "company_not_chosen", _("Choose a company")),
    exceptions.PermissionDenied: Answer(
        403, "forbidden", _("Not allowed"), detail=_("This is not allowed.")
    ),
    PermissionDenied: Answer(403, "forbidden", _("Not allowed"), detail=_("This is not allowed.")),
    metering.DailyBudgetSpent: Answer(
        422,
        "daily_budget_spent",
        _("The budget of the day is spent"),
        facts=("budget", "spent", "needed"),
    ),
    # What is asked for.
    problems.NotFoundHere: Answer(404, "not_found", _("Not found")),
    exceptions.NotFound: Answer(404, "not_found", _("Not found"), detail=problems.NOTHING_HERE),
    Http404: Answer(404, "not_found", _("Not found"), detail=problems.NOTHING_HERE),
    exceptions.MethodNotAllowed: Answer(405, "method_not_allowed", _("Method not offered here")),
    exceptions.Throttled: Answer(
        429, "too_many_requests", _("Too many requests"), detail=_("Wait before the next request.")
    ),
    # Once and only once.
    idempotency.IdempotencyKeyMissing: Answer(
        422, "idempotency_key_missing", _("Idempotency-Key missing")
    ),
    idempotency.IdempotencyKeyInvalid: Answer(
        422, "idempotency_key_invalid", _("Idempotency-Key not valid")
    ),
    idempotency.IdempotencyMismatch: Answer(
        422, "idempotency_mismatch", _("Idempotency-Key used before")
    ),
    idempotency.RequestInFlight: Answer(409, "request_in_flight", _("Being worked on")),
    # Edits of what somebody else may have edited.
    versions.PreconditionRequired: Answer(428, "precondition_required", _("If-Match missing")),
    versions.PreconditionFailed: Answer(412, "precondition_failed", _("Changed meanwhile")),
    revising.StaleRevision: Answer(412, "precondition_failed", _("Changed meanwhile")),
    # Partners.
    enrolling.NumberTaken: Answer(
        409, "number_taken", _("Another partner's number"), facts=("system", "number")
    ),
    enrolling.PartnerMerged: Answer(
        409, "partner_merged", _("Part of another partner"), facts=("kept_id",)
    ),
    merging.MergeNotPossible: Answer(
        409, "merge_not_possible", _("Cannot become one now"), facts=("reasons",)
    ),
    merging.UndoNotPossible: Answer(
        409, "undo_not_possible", _("Cannot be undone any more"), facts=("reason",)
    ),
    # Facts.
    references.NotWaiting: Answer(409, "not_waiting", _("Nothing is waited for")),
    inbox.NotWaiting: Answer(
        409, "waits_no_more", _("Does not wait any more"), detail=_("It does not wait any more.")
    ),
    inbox.NotDismissed: Answer(409, "not_dismissed", _("Not dismissed")),
    inbox.OwnCompany: Answer(403, "own_company", _("Your own company")),
    inbox_door.CannotBeTaken: Answer(422, "cannot_be_taken", _("Cannot be taken in")),
    # Sell-out claims.
    claiming.SerialsTaken: Answer(409, "serials_taken", _("Claimed already"), facts=("serials",)),
    claiming.IllegalMove: Answer(
        409, "illegal_claim_move", _("Not possible now"), facts=("from_state", "to_state")
    ),
    claiming.OwnClaim: Answer(403, "own_claim", _("Your own company's claim")),
    claims.NotYourDecision: Answer(403, "own_claim", _("Your own company's claim")),
    claiming.SamePersonDecides: Answer(
        409, "same_person_decides", _("Another person has to decide")
    ),
    # Teams.
    team.OnlyHeadBuyerDecides: Answer(422, "only_head_buyer_decides", _("Not a head buyer")),
    team.LastHeadBuyer: Answer(409, "last_head_buyer", _("The only head buyer")),
    team.MemberNotActive: Answer(409, "member_not_active", _("Not on the team any more")),
    team.PartnerClosed: Answer(409, "partner_closed", _("The company does not take part")),
    leaving.StillPending: Answer(
        409, "still_pending", _("Something waits for a decision"), facts=("redemptions", "holds")
    ),
    erasing.NotErasable: Answer(
        409, "not_erasable", _("Something comes first"), facts=("reasons",)
    ),
    inviting.NameNotPlain: Answer(422, "name_not_plain", _("Not a plain name")),
    inviting.OwnInvitation: Answer(422, "own_invitation", _("Your own address")),
    inviting.AlreadyOnTheTeam: Answer(409, "already_on_the_team", _("On the team already")),
    inviting.AlreadyInvited: Answer(409, "already_invited", _("Invited already")),
    inviting.InvitationNotOpen: Answer(
        409, "invitation_not_open", _("Not open any more"), facts=("state",)
    ),
    inviting.TooManyInvitations: Answer(429, "too_many_invitations", _("Too many invitations")),
    # Facts.
    intake.ActivityConflict: Answer(
        409,
        "activity_conflict",
        _("Known with other content"),
        facts=("source", "external_id", "known_hash", "given_hash"),
    ),
    batches.BatchRefused: Answer(422, "batch_refused", _("The batch was refused")),
    live.NoVersionInForce: Answer(
        422,
        "no_version_in_force",
        _("The programme does not run then"),
        detail=_("The programme has no version in force at that time."),
    ),
    # Points.
    posting.InsufficientPoints: Answer(
        422,
        "insufficient_points",
        _("Not enough points"),
        facts=("available", "held", "needed"),
    ),
    posting.AmountOutOfBounds: Answer(
        422, "amount_out_of_bounds", _("Amount out of bounds"), facts=("amount", "bound")
    ),
    posting.ChangedMeanwhile: Answer(409, "changed_meanwhile", _("Changed meanwhile")),
    posting.IdempotencyKeyReused: Answer(422, "idempotency_mismatch", _("Key used before")),
    posting.HoldEnded: Answer(409, "hold_ended", _("The hold has ended"), facts=("state",)),
    holds.HoldBelongsElsewhere: Answer(
        409, "hold_belongs_elsewhere", _("Something waits on this hold")
    ),
    # Corrections.
    correcting.MayNotAsk: Answer(403, "correction_not_allowed", _("Not allowed")),
    correcting.ReasonNotAllowed: Answer(422, "reason_not_allowed", _("Reason not offered")),
    correcting.AccountNotAdjustable: Answer(
        422, "account_not_adjustable", _("Not adjusted by hand")
    ),
    correcting.ExpiryNotAhead: Answer(422, "expiry_not_ahead", _("Expiry not ahead")),
    correcting.NotReversible: Answer(
        422, "not_reversible", _("Corrected otherwise"), facts=("kind",)
    ),
    correcting.NothingLeftToReverse: Answer(
        409, "nothing_left_to_reverse", _("Nothing left to reverse"), facts=("left", "needed")
    ),
    correcting.NotTheAsker: Answer(403, "not_the_asker", _("Not allowed")),
    correcting.AlreadyDecided: Answer(
        409, "already_decided", _("Not waiting any more"), facts=("state",)
    ),
    redeeming.DebtOutstanding: Answer(
        422, "debt_outstanding", _("Points are owed"), facts=("owed",)
    ),
    # Rewards.
    redeeming.RewardUnavailable: Answer(422, "reward_unavailable", _("Not on offer")),
    redeeming.NotEligible: Answer(
        422, "not_eligible", _("Not for this taker"), facts=("obstacle",)
    ),
    redeeming.LimitReached: Answer(422, "limit_reached", _("Limit reached"), facts=("limit",)),
    redeeming.OutOfStock: Answer(422, "out_of_stock", _("Out of stock")),
    redeeming.PriceChanged: Answer(409, "price_changed", _("Price changed"), facts=("seen", "now")),
    redeeming.FieldsNotValid: Answer(422, "details_not_valid", _("Details are not valid")),
    redeeming.IllegalMove: Answer(
        409, "illegal_move", _("Not possible in this state"), facts=("from_state", "to_state")
    ),
    redeeming.OwnRequest: Answer(403, "own_request", _("Not allowed")),
    redeeming.CannotBeTakenBack: Answer(409, "cannot_be_taken_back", _("Cannot be taken back")),
    redemptions.NotYours: Answer(403, "not_yours", _("Not allowed")),
    entitlements.EntitlementNotOpen: Answer(
        409, "entitlement_not_open", _("Not open any more"), facts=("state",)
    ),
    # Shares.
    sharing.OnlyHeadBuyerShares: Answer(
        422,
        "only_head_buyer_shares",
        _("Only a head buyer shares"),
        detail=_("Only an active head buyer of this partner shares points."),
    ),
    sharing.SharesDoNotSum: Answer(
        422, "shares_do_not_sum", _("Parts do not add up"), facts=("missing",)
    ),
    sharing.NotOnTheTeam: Answer(422, "not_on_the_team", _("Not on the team")),
    sharing.SelfShareNotAllowed: Answer(
        422,
        "self_share_not_allowed",
        _("No part for yourself"),
        detail=_("This programme gives head buyers no part of their own share."),
    ),
    sharing.NothingToSplitBy: Answer(
        422, "nothing_to_split_by", _("Nothing to split by"), detail=_("Give somebody a weight.")
    ),
    sharing.ProgrammeNotLive: Answer(
        422,
        "programme_not_live",
        _("The programme does not run"),
        detail=_("The programme was closed, so nothing in it moves."),
    ),
    sharing.ReasonMissing: Answer(
        422, "reason_missing", _("Reason missing"), detail=_("Say why, in words the team can read.")
    ),
    sharing.UndoTooLate: Answer(409, "undo_too_late", _("Too late to undo")),
    sharing.NothingLeftToUndo: Answer(
        409, "nothing_left_to_undo", _("Nothing left to undo"), detail=_("Everything is spent.")
    ),
    # The machine.
    RequestDataTooBig: Answer(
        413, "body_too_large", _("The body is too large"), detail=_("The body is too large.")
    ),
    SuspiciousOperation: Answer(
        400, "malformed_request", _("Request not understood"), detail=_("Malformed request.")
    ),
    OperationalError: BUSY,
    InterfaceError: BUSY,
    IntegrityError: Answer(
        409,
        "conflict",
        _("Changed meanwhile"),
        detail=_("Somebody changed the same thing at the same time. Nothing was changed here."),
    ),
    DataError: Answer(
        400,
        "value_out_of_range",
        _("A value cannot be kept"),
        detail=_("A value is outside of what can be kept. Nothing was changed."),
    ),
    Exception: Answer(
        500,
        "internal_error",
        _("Something went wrong here"),
        detail=_("This is our fault. Nothing was changed. Tell us the request_id."),
    ),
}

CODES = sorted({answer.code for answer in TABLE.values()})


def find_answer(error: Exception) -> Answer:
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def problem_exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """Answer whatever a door or the domain raised as problem+json; log what nobody expected."""
    answer = find_answer(error)
    if answer.status >= 500:
        known_trouble = isinstance(error, DatabaseError)
        logger.error("api_failed", code=answer.code, exc_info=not known_trouble, error=repr(error))
    body = ProblemBody(
        status=answer.status,
        code=answer.code,
        title=str(answer.title),
        detail=str(answer.detail or _say(error)),
        errors=_list_errors(error),
        facts={name: getattr(error, name) for name in answer.facts},
    )
    return problems.problem(body, headers=_describe_headers(error, answer, context))


def _say(error: Exception) -> str:
    if isinstance(error, exceptions.ValidationError):
        return str(_("Some fields are not valid; errors says which."))
    return str(error)


def _list_errors(error: Exception) -> tuple[FieldProblem, ...]:
    if isinstance(error, exceptions.ValidationError):
        return tuple(problems.flatten(error.detail))
    if isinstance(error, redeeming.FieldsNotValid):
        return tuple(
            FieldProblem(pointer=f"/details/{name}", code="details_not_valid", detail=message)
            for name, message in sorted(error.errors.items())
        )
    return error.errors if isinstance(error, Refusal) else ()


def _describe_headers(error: Exception, answer: Answer, context: dict[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = {}
    wait = getattr(error, "retry_after", None) or getattr(error, "wait", None) or answer.retry_after
    if wait:
        headers["Retry-After"] = str(int(wait))
    if answer.status == 401:
        headers["WWW-Authenticate"] = authentication.SCHEME
    return headers
