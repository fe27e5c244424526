"""What became of each activity of a batch, and what refuses one that is all or nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers

from partners.doors.problems import FieldProblem, Refusal, flatten
from partners.intake import ActivityConflict, Recorded
from rewards import inbox
from rewards.api.describing import EarnedOutput
from rewards.api.reporting import ReadItem
from rewards.models import Award

ITEM_STATUSES = ("recorded", "known", "parked", "conflict", "refused")


class BatchRefused(Refusal):
    """An item of an all-or-nothing batch is not good, so nothing of it was taken."""


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
