"""Members as the API shows them, with what moves their points: leaving the team."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from partners import api
from partners.api.members import MemberOutput
from partners.doors.idempotency import idempotent
from partners.doors.serializers import StrictSerializer, TrueOrFalseField
from partners.keys import Scope
from partners.models import Member
from rewards import leaving


class DeactivateInput(StrictSerializer):
    withdraw_pending = TrueOrFalseField(
        required=False,
        default=False,
        help_text="Withdraw what waits for a decision. Without it, that stands in the way.",
    )


class ReturnedOutput(serializers.Serializer[Any]):
    unit = serializers.CharField()
    amount = serializers.IntegerField()


class LeftOutput(serializers.Serializer[Any]):
    member = MemberOutput()
    returned = ReturnedOutput(many=True, help_text="What went from the wallet to the pool.")


@extend_schema(tags=["partners"])
class MemberDoor(api.MemberDoor):
    scopes: ClassVar = {**api.MemberDoor.scopes, "deactivate": Scope.MEMBERS_WRITE}

    @extend_schema(request=DeactivateInput, responses={200: LeftOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def deactivate(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """
        Take a member off the team. The wallet goes back to the pool, and access ends at once.

        Doing it again answers the same.
        """
        member: Member = self.get_object()
        given = self.read_input(DeactivateInput)
        left = leaving.deactivate(
            member=member,
            by=self.actor,
            at=self.now,
            withdraws_pending=given["withdraw_pending"],
        )
        returned = [{"unit": unit, "amount": amount} for unit, amount in left.returned.items()]
        return Response(LeftOutput({"member": left.member, "returned": returned}).data)
