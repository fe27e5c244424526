"""Members as the API shows them, with what moves their points: leaving the team."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from partners import api
from partners.api.members import MemberOutput
from partners.doors.idempotency import idempotent
from partners.doors.serializers import MomentField, StrictSerializer, TrueOrFalseField
from partners.keys import Scope
from partners.models import Erasure, Member
from rewards import erasing, leaving


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


class EraseInput(StrictSerializer):
    """The address says it all."""


class ErasedOutput(serializers.ModelSerializer[Erasure]):
    person = serializers.UUIDField(source="person.public_id")
    erased_at = MomentField()
    rows = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many rows were touched, by table."
    )

    class Meta:
        model = Erasure
        fields = ("person", "erased_at", "rows")
        read_only_fields = fields


@extend_schema(tags=["partners"])
class MemberDoor(api.MemberDoor):
    scopes: ClassVar = {
        **api.MemberDoor.scopes,
        "deactivate": Scope.MEMBERS_WRITE,
        "export": Scope.MEMBERS_ERASE,
        "erase": Scope.MEMBERS_ERASE,
    }

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

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["get"])
    def export(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """
        Everything kept about the person behind a member, in all companies.

        For keys of every partner only: a person may be on other teams too.
        """
        member = self._find_for_erasing()
        return Response(erasing.export_person(member.person, at=self.now))

    @extend_schema(request=EraseInput, responses={200: ErasedOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def erase(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """
        Erase the person behind a member for good. Amounts and dates stay and lead to nobody.

        What has to be done first is told as 409. For keys of every partner only.
        """
        member = self._find_for_erasing()
        self.read_input(EraseInput)
        erased = erasing.erase_person(person=member.person, by=self.actor.person, at=self.now)
        return Response(ErasedOutput(erased).data)

    def _find_for_erasing(self) -> Member:
        if not self.actor.sees_every_partner:
            raise PermissionDenied
        member: Member = self.get_object()
        return member
