"""Facts in: orders, returns and other activities, one by one or in batches."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import django_filters
from django.db.models import Prefetch, Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.filtering import MomentFilter, PartnerFilter, TrueOrFalseFilter
from partners.doors.idempotency import idempotent
from partners.doors.problems import FieldProblem, Refusal, flatten
from partners.doors.serializers import ExactAmountTextField, MomentField, StrictSerializer
from partners.doors.views import Door
from partners.intake import ActivityConflict, Recorded
from partners.keys import Scope
from partners.models import Activity, ActivityLine, Actor, ConvertedAmount
from partners.rates import write_rate
from partners.references import NotWaiting
from rewards import inbox
from rewards.api.explaining import ExplanationOutput, explain
from rewards.api.inbox import ParkedOutput
from rewards.api.reporting import ActivityInput, BatchInput, ReadItem, read_items
from rewards.giving_up import give_up
from rewards.models import Award

Answer = Recorded | ActivityConflict | inbox.Parked
ITEM_STATUSES = ("recorded", "known", "parked", "conflict", "refused")


class NothingInput(StrictSerializer):
    """The address says it all."""


class BatchRefused(Refusal):
    """An item of an all-or-nothing batch is not good, so nothing of it was taken."""


# ---------------------------------------------------------------------- output


class LineOutput(serializers.ModelSerializer[ActivityLine]):
    quantity = ExactAmountTextField()
    amount = ExactAmountTextField()

    class Meta:
        model = ActivityLine
        fields = ("position", "sku", "description", "category", "quantity", "amount")
        read_only_fields = fields


class EarnedOutput(serializers.ModelSerializer[Award]):
    id = serializers.UUIDField(source="public_id")
    rule = serializers.CharField(source="rule_code")
    unit = serializers.CharField(source="unit.code")

    class Meta:
        model = Award
        fields = ("id", "rule", "amount", "unit")
        read_only_fields = fields


class RefersToOutput(serializers.Serializer[Any]):
    """``id`` is null while the other activity is not here."""

    id = serializers.UUIDField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]  # a declared field
    external_id = serializers.CharField()
    is_waited_for = serializers.BooleanField()


class ConvertedOutput(serializers.ModelSerializer[ConvertedAmount]):
    amount = ExactAmountTextField()
    rate = serializers.SerializerMethodField()

    class Meta:
        model = ConvertedAmount
        fields = ("currency", "amount", "rate", "rate_day")
        read_only_fields = fields

    def get_rate(self, row: ConvertedAmount) -> str:
        return write_rate(row.rate_e8)


class ActivityOutput(serializers.ModelSerializer[Activity]):
    id = serializers.UUIDField(source="public_id")
    partner = serializers.UUIDField(source="partner.public_id")
    member = serializers.UUIDField(source="member.public_id", allow_null=True, default=None)
    occurred_at = MomentField()
    amount = ExactAmountTextField()
    quantity = ExactAmountTextField(allow_null=True)
    refers_to = serializers.SerializerMethodField()
    converted = ConvertedOutput(
        many=True, help_text="What it comes to in the currencies of programmes."
    )
    lines = LineOutput(many=True)
    awards = EarnedOutput(many=True)
    recorded_at = MomentField()

    class Meta:
        model = Activity
        fields = (
            "id",
            "kind",
            "partner",
            "member",
            "source",
            "external_id",
            "occurred_at",
            "amount",
            "currency",
            "converted",
            "quantity",
            "refers_to",
            "country",
            "due_on",
            "paid_on",
            "attributes",
            "lines",
            "awards",
            "content_hash",
            "recorded_at",
        )
        read_only_fields = fields

    @extend_schema_field(RefersToOutput(allow_null=True))
    def get_refers_to(self, activity: Activity) -> dict[str, Any] | None:
        if activity.refers_to is not None:
            original = activity.refers_to
            return {
                "id": str(original.public_id),
                "source": original.source,
                "external_id": original.external_id,
                "is_waited_for": False,
            }
        waiting = getattr(activity, "waiting_reference", None)
        if waiting is None:
            return None
        return {
            "id": None,
            "source": waiting.source,
            "external_id": waiting.external_id,
            "is_waited_for": waiting.given_up_at is None,
        }


class ItemErrorOutput(serializers.Serializer[Any]):
    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ItemOutput(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    status = serializers.ChoiceField(choices=ITEM_STATUSES)
    id = serializers.UUIDField(
        required=False, help_text="Of the activity; of what waits in the inbox if it is parked."
    )
    awards = EarnedOutput(many=True, required=False)
    code = serializers.CharField(required=False)
    known_hash = serializers.CharField(required=False)
    given_hash = serializers.CharField(required=False)
    errors = ItemErrorOutput(many=True, required=False)  # type: ignore[assignment]  # a declared field


class BatchOutput(serializers.Serializer[Any]):
    recorded = serializers.IntegerField()
    known = serializers.IntegerField()
    parked = serializers.IntegerField()
    conflict = serializers.IntegerField()
    refused = serializers.IntegerField()
    items = ItemOutput(many=True)


# ------------------------------------------------------------------------ door


class ActivityFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    kind = django_filters.CharFilter()
    source = django_filters.CharFilter()
    external_id = django_filters.CharFilter()
    waits = TrueOrFalseFilter(method="filter_waiting", label="It waits for another.")
    occurred_from = MomentFilter(field_name="occurred_at", lookup_expr="gte")
    occurred_until = MomentFilter(field_name="occurred_at", lookup_expr="lt")

    class Meta:
        model = Activity
        fields: ClassVar[list[str]] = []

    def filter_waiting(
        self,
        rows: QuerySet[Activity],
        _name: str,
        is_waiting: bool,  # noqa: FBT001 - as it calls
    ) -> QuerySet[Activity]:
        waiting = Q(
            waiting_reference__isnull=False,
            waiting_reference__found_at=None,
            waiting_reference__given_up_at=None,
        )
        return rows.filter(waiting if is_waiting else ~waiting)


@extend_schema(tags=["activities"])
class ActivityDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """
    Facts about partners. A fact is never edited: a correction is another fact.

    `source` and `external_id` name a fact. Sent again with the same content it is answered like
    the first time; with other content it is a conflict.
    """

    scopes: ClassVar = {
        "list": Scope.ACTIVITIES_READ,
        "retrieve": Scope.ACTIVITIES_READ,
        "create": Scope.ACTIVITIES_WRITE,
        "batch": Scope.ACTIVITIES_WRITE,
        "give_up": Scope.ACTIVITIES_WRITE,
        "explanation": Scope.AWARDS_READ,
    }
    queryset = Activity.objects.none()
    serializer_class = ActivityOutput
    filterset_class = ActivityFilters
    page_order = ("-occurred_at", "-pk")

    def get_queryset(self) -> QuerySet[Activity]:
        rows = Activity.objects.for_actor(self.actor).select_related(
            "partner", "member", "refers_to", "waiting_reference"
        )
        return rows.prefetch_related(
            Prefetch("converted", ConvertedAmount.objects.order_by("currency")),
            Prefetch("lines", ActivityLine.objects.order_by("position")),
            Prefetch("awards", Award.objects.select_related("unit").order_by("pk")),
        )

    @extend_schema(
        request=ActivityInput,
        responses={200: ActivityOutput, 201: ActivityOutput, 202: ParkedOutput},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """
        Report one activity. 201 if it is new, 200 if it was known with the same content.

        202 if it waits: for its partner, which only a key for every partner may name in advance,
        or for the rate of its day. It is taken in by itself once that is known; see `GET /inbox`.
        """
        item = read_items([request.data], actor=self.actor, view=self)[0]
        if item.report is None:
            raise item.error or serializers.ValidationError
        [result] = hide_others_facts(inbox.receive([item.report], as_of=self.now), actor=self.actor)
        if isinstance(result, ActivityConflict):
            raise result
        if isinstance(result, inbox.Parked):
            return Response(ParkedOutput(result.document).data, status=status.HTTP_202_ACCEPTED)
        stored = self.get_queryset().get(pk=result.activity.pk)
        code = status.HTTP_201_CREATED if result.is_new else status.HTTP_200_OK
        return Response(ActivityOutput(stored).data, status=code)

    @extend_schema(request=BatchInput, responses={200: BatchOutput})
    @action(detail=False, methods=["post"])
    @idempotent
    def batch(self, request: Request) -> Response:
        """
        Report up to 1,000 activities, with a result for each, in their order.

        With `all_or_nothing` one bad item refuses the whole batch, and so does one that could
        only wait: all are taken, or nothing is kept.
        """
        given = self.read_input(BatchInput)
        is_whole = given["all_or_nothing"]
        items = read_items(given["activities"], actor=self.actor, view=self, may_wait=not is_whole)
        if is_whole:
            refuse_bad_items(items)
        reports = [item.report for item in items if item.report is not None]
        results = iter(hide_others_facts(inbox.receive(reports, as_of=self.now), actor=self.actor))
        answers = [item.error or next(results) for item in items]
        if is_whole:
            refuse_what_is_not_taken(answers)
        return Response(describe_batch(answers))

    @extend_schema(request=NothingInput, responses={200: ActivityOutput})
    @action(detail=True, methods=["post"], url_path="give-up")
    @idempotent
    def give_up(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """
        Stop waiting for the activity that this one refers to.

        A return is judged from now on as one that names no order; a cancellation takes nothing.
        """
        found: Activity = self.get_object()
        self.read_input(NothingInput)
        waiting = getattr(found, "waiting_reference", None)
        if waiting is None:
            raise NotWaiting
        give_up(waiting, by=self.actor.person, at=self.now)
        return Response(ActivityOutput(self.get_queryset().get(pk=found.pk)).data)

    @extend_schema(responses={200: ExplanationOutput}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def explanation(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """
        Say why it earned what it did, or nothing, by all that is known now.

        `awards` and `taken_back` are what was posted. `passed_over` are the rules for its kind that
        gave nothing, each with its reason. Words are in the language of `Accept-Language`.
        """
        found = explain(self.get_object(), actor=self.actor, as_of=self.now)
        return Response(found)


def hide_others_facts(results: Sequence[Answer], *, actor: Actor) -> list[Answer]:
    """A conflict with a fact of a partner the caller does not see tells nothing of that fact."""
    names = [
        (result.source, result.external_id)
        for result in results
        if isinstance(result, ActivityConflict)
    ]
    if actor.sees_every_partner or not names:
        return list(results)
    rows = Activity.objects.for_actor(actor).filter(
        source__in={source for source, _ in names}, external_id__in={number for _, number in names}
    )
    seen = set(rows.values_list("source", "external_id"))
    return [
        ActivityConflict(
            source=result.source,
            external_id=result.external_id,
            known_hash="",
            given_hash=result.given_hash,
        )
        if isinstance(result, ActivityConflict) and (result.source, result.external_id) not in seen
        else result
        for result in results
    ]


def refuse_bad_items(items: Sequence[ReadItem]) -> None:
    bad = [
        FieldProblem(
            pointer=f"/activities/{index}{problem.pointer}",
            code=problem.code,
            detail=problem.detail,
        )
        for index, item in enumerate(items)
        if item.error is not None
        for problem in flatten(item.error.detail)
    ]
    if bad:
        raise BatchRefused("Nothing was taken: some items are not good.", errors=bad)


def refuse_what_is_not_taken(results: Sequence[Any]) -> None:
    problems = []
    for index, result in enumerate(results):
        pointer = f"/activities/{index}"
        if isinstance(result, ActivityConflict):
            problem = FieldProblem(pointer=pointer, code="activity_conflict", detail=str(result))
            problems.append(problem)
        elif isinstance(result, inbox.Parked):
            reason = result.document.reason
            detail = str(result.document.get_reason_display())
            problems.append(FieldProblem(pointer=pointer, code=reason, detail=detail))
    if problems:
        raise BatchRefused("Nothing was taken: some items cannot be now.", errors=problems)


def describe_batch(results: Sequence[Any]) -> dict[str, Any]:
    recorded = [result.activity.pk for result in results if isinstance(result, Recorded)]
    awards: dict[int, list[Award]] = {}
    for award in Award.objects.filter(activity__in=recorded).select_related("unit").order_by("pk"):
        awards.setdefault(award.activity_id, []).append(award)
    items = [describe_item(index, result, awards) for index, result in enumerate(results)]
    counted = [item["status"] for item in items]
    return {**{name: counted.count(name) for name in ITEM_STATUSES}, "items": items}


def describe_item(index: int, result: Any, awards: Mapping[int, list[Award]]) -> dict[str, Any]:
    if isinstance(result, Recorded):
        return {
            "index": index,
            "status": "recorded" if result.is_new else "known",
            "id": str(result.activity.public_id),
            "awards": EarnedOutput(awards.get(result.activity.pk, []), many=True).data,
        }
    if isinstance(result, inbox.Parked):
        return {
            "index": index,
            "status": "parked",
            "id": str(result.document.public_id),
            "code": result.document.reason,
        }
    if isinstance(result, ActivityConflict):
        return {
            "index": index,
            "status": "conflict",
            "code": "activity_conflict",
            "known_hash": result.known_hash,
            "given_hash": result.given_hash,
        }
    return {
        "index": index,
        "status": "refused",
        "code": "validation_failed",
        "errors": [problem.as_data() for problem in flatten(result.detail)],
    }
