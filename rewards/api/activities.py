"""Facts in: orders, returns and other activities, one by one or in batches."""

from collections.abc import Sequence
from typing import ClassVar

import django_filters
from django.db.models import Prefetch, Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.filtering import MomentFilter, PartnerFilter, TrueOrFalseFilter
from partners.doors.idempotency import idempotent
from partners.doors.serializers import StrictSerializer
from partners.doors.views import Door
from partners.intake import ActivityConflict, Recorded
from partners.keys import Scope
from partners.models import Activity, ActivityLine, Actor, ConvertedAmount
from partners.references import NotWaiting
from rewards import inbox
from rewards.api.batches import (
    BatchOutput,
    describe_batch,
    refuse_bad_items,
    refuse_what_is_not_taken,
)
from rewards.api.describing import ActivityOutput
from rewards.api.explaining import ExplanationOutput, explain
from rewards.api.inbox import ParkedOutput
from rewards.api.reporting import ActivityInput, BatchInput, read_items
from rewards.giving_up import give_up
from rewards.models import Award

Answer = Recorded | ActivityConflict | inbox.Parked


class NothingInput(StrictSerializer):
    """The address says it all."""


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
