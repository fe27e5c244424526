"""Everything under /api/v1/: the resources of all apps, and an answer for what is not there."""

from typing import Any

from django.urls import include, path, re_path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from config import api_docs
from ledger.api import accounts, adjustments, holds, lots, transfers
from partners import api as partners_api
from partners.doors.problems import NotFoundHere
from rewards.api import (
    activities,
    awards,
    campaigns,
    catalogue,
    claims,
    entitlements,
    gifts,
    inbox,
    kinds,
    members,
    partners,
    previewing,
    programmes,
    rates,
    redemptions,
    shares,
)


class Nowhere(APIView):
    """Answers every unknown address under /api/ like a missing thing: as problem+json."""

    schema = None
    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFoundHere


router = SimpleRouter(trailing_slash=False)
router.register("partners", partners.PartnerDoor, basename="partner")
router.register("members", members.MemberDoor, basename="member")
router.register("invitations", partners_api.InvitationDoor, basename="invitation")
router.register("activities", activities.ActivityDoor, basename="activity")
router.register("inbox", inbox.InboxDoor, basename="inbox")
router.register("claims", claims.ClaimDoor, basename="claim")
router.register("kinds", kinds.KindDoor, basename="kind")
router.register("rates", rates.RateDoor, basename="rate")
router.register("preview", previewing.PreviewDoor, basename="preview")
router.register("awards", awards.AwardDoor, basename="award")
router.register("accounts", accounts.AccountDoor, basename="account")
router.register("transfers", transfers.TransferDoor, basename="transfer")
router.register("lots", lots.LotDoor, basename="lot")
router.register("holds", holds.HoldDoor, basename="hold")
router.register("adjustments", adjustments.AdjustmentDoor, basename="adjustment")
router.register("programmes", programmes.ProgrammeDoor, basename="programme")
router.register("campaigns", campaigns.CampaignDoor, basename="campaign")
router.register("standings", programmes.StandingDoor, basename="standing")
router.register("rewards", catalogue.RewardDoor, basename="reward")
router.register("redemptions", redemptions.RedemptionDoor, basename="redemption")
router.register("entitlements", entitlements.EntitlementDoor, basename="entitlement")
router.register("shares", shares.ShareDoor, basename="share")
router.register("consents", gifts.ConsentDoor, basename="consent")
router.register("gift-register", gifts.GiftDoor, basename="gift")
router.register("events", partners_api.EventDoor, basename="event")

app_name = "api"

# /api/v1/
urlpatterns = [
    path("", include(router.urls)),
    path("openapi.yaml", api_docs.OpenApiFile.as_view(), name="openapi"),
    path("docs", api_docs.swagger, name="docs"),
    path("docs/redoc", api_docs.redoc, name="redoc"),
    path("docs/problems", api_docs.problems, name="problems"),
    re_path(r"^", Nowhere.as_view(), name="nowhere"),
]
