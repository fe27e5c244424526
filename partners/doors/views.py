"""What every resource of the API is built on."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.status import HTTP_200_OK
from rest_framework.viewsets import GenericViewSet

from partners.doors.authentication import find_actor, name_caller
from partners.doors.filtering import refuse_strange_parameters
from partners.doors.problems import NotFoundHere
from partners.doors.throttling import Allowance, CallerThrottle
from partners.doors.versions import answer_if_changed
from partners.models import Actor

UUID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class Door(GenericViewSet[Any]):
    """
    A resource of the API: deny by default, known parameters only, the clock read once.

    Subclasses name ``scopes`` per action, scope their rows by ``self.actor`` in ``get_queryset``,
    and give each action that reads a body its own input.
    """

    scopes: ClassVar[Mapping[str, str]] = {}
    page_order: ClassVar[tuple[str, ...]] = ("-pk",)
    # Parameters of actions other than lists, by action.
    parameters: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    throttle_classes = (CallerThrottle,)
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_regex = UUID_PATTERN
    allowance: Allowance | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.now: datetime = timezone.now()
        super().initial(request, *args, **kwargs)
        refuse_strange_parameters(request, known=self._known_parameters())

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        if self.action == "retrieve" and answer.status_code == HTTP_200_OK:
            answer = answer_if_changed(request, answer)
        answer.headers.setdefault("Cache-Control", "no-store")
        if self.allowance is not None:
            for name, value in self.allowance.as_headers().items():
                answer.headers[name] = value
        return answer

    @cached_property
    def actor(self) -> Actor:
        return find_actor(self.request)

    @cached_property
    def caller(self) -> str:
        return name_caller(self.actor, self.request)

    def _known_parameters(self) -> set[str]:
        if self.action in self.parameters:
            return set(self.parameters[self.action])
        if self.action != "list":
            return set()
        filters = getattr(self, "filterset_class", None)
        paging = getattr(self.pagination_class, "parameters", ())
        return {*paging, *(filters.base_filters if filters else ())}

    def get_object(self) -> Any:
        return self.find_or_refuse(self.get_queryset(), public_id=self.kwargs["id"])

    @staticmethod
    def find_or_refuse(rows: QuerySet[Any], **conditions: Any) -> Any:
        """
        Return the one row.

        :raises NotFoundHere: If there is none, or it belongs to somebody else: the same answer.
        """
        found = rows.filter(**conditions).first()
        if found is None:
            raise NotFoundHere
        return found

    def read_input(self, serializer_class: type[BaseSerializer[Any]], **context: Any) -> Any:
        """Return the validated body, or raise what is wrong with each field."""
        serializer = serializer_class(
            data=self.request.data, context={**self.get_serializer_context(), **context}
        )
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data
