"""Everything under /api/v1/: the resources of all apps, and an answer for what is not there."""

from typing import Any

from django.urls import include, path, re_path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from partners import api as partners_api
from partners.doors.problems import NotFoundHere


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
router.register("partners", partners_api.PartnerDoor, basename="partner")
router.register("members", partners_api.MemberDoor, basename="member")
router.register("events", partners_api.EventDoor, basename="event")

app_name = "api"

# /api/v1/
urlpatterns = [
    path("", include(router.urls)),
    re_path(r"^", Nowhere.as_view(), name="nowhere"),
]
