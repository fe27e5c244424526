"""Partners as the API shows them, with what moves their points: merging two into one."""

from typing import Any, ClassVar

from django.db.models import Sum
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.models import Transfer
from partners import api
from partners.doors.idempotency import HEADER, idempotent
from partners.doors.naming import PartnerReferenceField, find_partner, refuse
from partners.doors.serializers import MomentField, StrictSerializer, TextField
from partners.keys import Scope
from partners.models import Partner, PartnerMerge
from rewards import merging


class MergeInput(StrictSerializer):
    merged = PartnerReferenceField(help_text="The duplicate, which becomes part of this partner.")
    reason = TextField(max_length=300)


class UndoMergeInput(StrictSerializer):
    merged = PartnerReferenceField(help_text="The partner that becomes one of its own again.")


class MovedOutput(serializers.Serializer[Any]):
    unit = serializers.CharField()
    account = serializers.CharField(help_text="The kind of account, such as pool.")
    amount = serializers.IntegerField()


class MergeOutput(serializers.ModelSerializer[PartnerMerge]):
    id = serializers.UUIDField(source="public_id")
    kept = serializers.UUIDField(source="kept.public_id")
    merged = serializers.UUIDField(source="merged.public_id")
    merged_at = MomentField()
    undone_at = MomentField(allow_null=True)
    moved = serializers.SerializerMethodField()

    class Meta:
        model = PartnerMerge
        fields = ("id", "kept", "merged", "reason", "merged_at", "undone_at", "moved")
        read_only_fields = fields

    @extend_schema_field(MovedOutput(many=True))
    def get_moved(self, made: PartnerMerge) -> list[Any]:
        moved = Transfer.objects.filter(
            kind=Transfer.Kind.MERGE,
            partner__in=(made.kept_id, made.merged_id),
            reference=str(made.public_id),
        )
        path = ("debit_account__unit__code", "debit_account__kind")
        rows = moved.values_list(*path).annotate(amount=Sum("amount")).order_by(*path)
        return [
            MovedOutput({"unit": unit, "account": kind, "amount": amount}).data
            for unit, kind, amount in rows
        ]


@extend_schema(tags=["partners"])
class PartnerDoor(api.PartnerDoor):
    scopes: ClassVar = {
        **api.PartnerDoor.scopes,
        "merge": Scope.PARTNERS_WRITE,
        "undo_merge": Scope.PARTNERS_WRITE,
    }

    @extend_schema(request=MergeInput, responses={200: MergeOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def merge(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """
        Make one company of two: balances and people move to this partner, history stays.

        Facts reported for the other one are from now on judged and paid as this one's.
        """
        kept: Partner = self.get_object()
        given = self.read_input(MergeInput)
        made = merging.merge(
            kept=kept,
            merged=_find(given["merged"], self),
            reason=given["reason"],
            by=self.actor.person,
            at=self.now,
            request_key=f"{self.caller}:{request.headers[HEADER]}",
        )
        return Response(MergeOutput(made).data)

    @extend_schema(request=UndoMergeInput, responses={200: MergeOutput})
    @action(detail=True, methods=["post"], url_path="undo-merge")
    @idempotent
    def undo_merge(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Make two companies of one again, while nothing that was moved has been used."""
        kept: Partner = self.get_object()
        given = self.read_input(UndoMergeInput)
        merged = _find(given["merged"], self)
        made = PartnerMerge.objects.filter(kept=kept, merged=merged).order_by("-pk").first()
        if made is None:
            raise refuse("merged", _("It was not merged into this one."), "not_merged")
        undone = merging.undo_merge(merge=made, by=self.actor.person, at=self.now)
        return Response(MergeOutput(undone).data)


def _find(reference: str, door: PartnerDoor) -> Partner:
    try:
        return find_partner(reference, actor=door.actor)
    except serializers.ValidationError as error:
        # It is this field that names a partner here.
        raise refuse("merged", _("There is no such partner."), "does_not_exist") from error
