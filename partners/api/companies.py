"""Companies enrolled with the seller."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, ClassVar

import django_filters
from django.conf import settings
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from partners import enrolling
from partners.currencies import CURRENCIES
from partners.doors.filtering import REF_PREFIX, TrueOrFalseFilter, match_partner
from partners.doors.idempotency import idempotent
from partners.doors.naming import refuse
from partners.doors.problems import NotFoundHere
from partners.doors.schema import IF_MATCH
from partners.doors.serializers import (
    DayField,
    LineField,
    OneOfField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from partners.doors.versions import check_if_match, tag
from partners.doors.views import UUID_PATTERN, Door
from partners.keys import Scope
from partners.models import Contract, Partner, PartnerNumber, Person
from partners.retrying import in_transaction

PARTNER_PATTERN = rf"{UUID_PATTERN}|erp:[^/]+|ref:[^/]+"
LIST_MAX = 100
PAYMENT_DAYS_MAX = 3650


class NumberOutput(serializers.ModelSerializer[PartnerNumber]):
    class Meta:
        model = PartnerNumber
        fields = ("system", "number")
        read_only_fields = fields


class ContractOutput(serializers.ModelSerializer[Contract]):
    class Meta:
        model = Contract
        fields = ("number", "starts_on", "ends_on", "payment_days")
        read_only_fields = fields


class PartnerOutput(serializers.ModelSerializer[Partner]):
    id = serializers.UUIDField(source="public_id")
    account_manager = serializers.EmailField(
        source="account_manager.email", allow_null=True, default=None
    )
    merged_into = serializers.UUIDField(
        source="merged_into.public_id",
        allow_null=True,
        default=None,
        help_text="The partner that this one is part of since a merge.",
    )
    tags = serializers.SerializerMethodField(
        help_text="The seller's own words. Null for whoever sees one company only."
    )
    numbers = NumberOutput(many=True, help_text="Its numbers in other systems than the ERP.")
    contracts = ContractOutput(many=True)

    class Meta:
        model = Partner
        fields = (
            "id",
            "erp_number",
            "legal_name",
            "tax_id",
            "country",
            "currency",
            "language",
            "partner_since",
            "status",
            "account_manager",
            "merged_into",
            "tags",
            "numbers",
            "contracts",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField(), allow_null=True))
    def get_tags(self, partner: Partner) -> list[str] | None:
        if not self.context["view"].actor.sees_every_partner:
            return None
        return [each.name for each in partner.tags.all()]


# ------------------------------------------------------------------------ input


class NumberInput(StrictSerializer):
    system = LineField(
        max_length=64,
        validators=[RegexValidator(r"^[^:\s]+$", message="One word without a colon.")],
    )
    number = LineField(max_length=64)


class ContractInput(StrictSerializer):
    number = LineField(max_length=64)
    starts_on = DayField()
    ends_on = DayField(required=False, allow_null=True, default=None, help_text="The last day.")
    payment_days = WholeNumberField(
        required=False, allow_null=True, default=None, min_value=0, max_value=PAYMENT_DAYS_MAX
    )
    note = TextField(max_length=500, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        starts_on, ends_on = attrs["starts_on"], attrs["ends_on"]
        if isinstance(ends_on, date) and ends_on < starts_on:
            raise refuse("ends_on", _("It ends before it starts."), "ends_before_start")
        return attrs


class PartnerChangesInput(StrictSerializer):
    """What is left out stays as it is; tags, numbers and contracts are given as a whole."""

    erp_number = LineField(max_length=64, required=False)
    legal_name = LineField(max_length=200, required=False)
    tax_id = LineField(max_length=32, required=False, allow_blank=True)
    country = LineField(max_length=64, required=False, allow_blank=True)
    currency = TextField(
        required=False,
        validators=[RegexValidator(r"^[A-Z]{3}$", message="Three letters, such as EUR.")],
    )
    language = OneOfField(choices=settings.LANGUAGES, required=False)
    partner_since = DayField(required=False, allow_null=True)
    status = OneOfField(choices=Partner.Status.choices, required=False)
    account_manager = TextField(
        max_length=254, required=False, allow_null=True, help_text="The e-mail address of staff."
    )
    tags = serializers.ListField(
        child=LineField(max_length=64), max_length=LIST_MAX, required=False
    )
    numbers = serializers.ListField(child=NumberInput(), max_length=LIST_MAX, required=False)
    contracts = serializers.ListField(child=ContractInput(), max_length=LIST_MAX, required=False)

    def validate_currency(self, code: str) -> str:
        if code not in CURRENCIES:
            raise serializers.ValidationError(
                _("This is not a currency code such as GBP."), code="currency_not_known"
            )
        return code

    def validate_account_manager(self, email: str | None) -> Person | None:
        if email is None:
            return None
        staff = Person.objects.filter(is_staff=True, is_active=True)
        found = staff.filter(email=email.strip().lower()).first()
        if found is None:
            raise serializers.ValidationError(
                _("Nobody of the seller's staff has this address."), code="does_not_exist"
            )
        return found

    def validate_numbers(self, rows: Sequence[dict[str, str]]) -> list[tuple[str, str]]:
        return _distinct([(row["system"], row["number"]) for row in rows], key=lambda pair: pair)

    def validate_contracts(self, rows: Sequence[dict[str, Any]]) -> list[enrolling.ContractTerms]:
        terms = [enrolling.ContractTerms(**row) for row in rows]
        return _distinct(terms, key=lambda each: each.number)


class PartnerInput(PartnerChangesInput):
    erp_number = LineField(max_length=64)
    legal_name = LineField(max_length=200)


def _distinct(rows: list[Any], *, key: Callable[[Any], Any]) -> list[Any]:
    if len({key(row) for row in rows}) != len(rows):
        raise serializers.ValidationError(_("The same number stands twice."), code="repeated")
    return rows


# ---------------------------------------------------------------------- the door


class PartnerFilters(django_filters.FilterSet):
    erp_number = django_filters.CharFilter()
    tax_id = django_filters.CharFilter()
    country = django_filters.CharFilter()
    status = django_filters.ChoiceFilter(choices=Partner.Status.choices)
    tag = django_filters.CharFilter(method="filter_tag")
    account_manager = django_filters.CharFilter(
        field_name="account_manager__email", lookup_expr="iexact"
    )
    ref = django_filters.CharFilter(method="filter_ref", help_text="As system:number.")
    merged = TrueOrFalseFilter(field_name="merged_into", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Partner
        fields: ClassVar[list[str]] = []

    def filter_tag(self, rows: QuerySet[Partner], _name: str, tag_name: str) -> QuerySet[Partner]:
        """Only for whoever sees every partner: the words are the seller's."""
        view = getattr(self.request, "parser_context", {}).get("view")
        if view is None or not view.actor.sees_every_partner:
            return rows.none()
        return rows.filter(tags__name=tag_name)

    def filter_ref(self, rows: QuerySet[Partner], _name: str, ref: str) -> QuerySet[Partner]:
        condition = match_partner(f"{REF_PREFIX}{ref}")
        return rows.none() if condition is None else rows.filter(condition)


@extend_schema(tags=["partners"])
class PartnerDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """
    Companies enrolled with the seller.

    Name one by its id, by `erp:` and its ERP number, or by `ref:`, a system and its number there,
    as in `ref:shop:77`.
    """

    scopes: ClassVar = {
        "list": Scope.PARTNERS_READ,
        "retrieve": Scope.PARTNERS_READ,
        "create": Scope.PARTNERS_WRITE,
        "partial_update": Scope.PARTNERS_WRITE,
    }
    queryset = Partner.objects.none()
    serializer_class = PartnerOutput
    filterset_class = PartnerFilters
    page_order = ("pk",)
    lookup_value_regex = PARTNER_PATTERN

    def get_queryset(self) -> QuerySet[Partner]:
        rows = Partner.objects.for_actor(self.actor)
        return rows.select_related("account_manager", "merged_into").prefetch_related(
            "tags", "numbers", "contracts"
        )

    def get_object(self) -> Partner:
        condition = match_partner(self.kwargs["id"])
        found = None if condition is None else self.get_queryset().filter(condition).first()
        if found is None:
            raise NotFoundHere
        return found

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One partner. Its `ETag` is what an edit names in `If-Match`."""
        partner = self.get_object()
        return tag(Response(self.get_serializer(partner).data), partner)

    @extend_schema(request=PartnerInput, responses={201: PartnerOutput})
    @idempotent
    def create(self, request: Request) -> Response:
        """Enrol a company. Facts that waited for its number are taken at once."""
        if not self.actor.sees_every_partner:
            raise PermissionDenied
        given = self.read_input(PartnerInput)
        made = enrolling.enrol(
            erp_number=given.pop("erp_number"),
            legal_name=given.pop("legal_name"),
            details=given,
            by=self.actor.person,
            at=self.now,
        )
        return Response(self._show(made), status=status.HTTP_201_CREATED)

    @extend_schema(
        request=PartnerChangesInput, responses={200: PartnerOutput}, parameters=[IF_MATCH]
    )
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Change what is named. Tags, numbers and contracts replace all there were."""
        partner = self.get_object()
        revision = check_if_match(request, partner)
        given = self.read_input(PartnerChangesInput)

        def edit() -> Partner:
            return enrolling.change(
                partner=partner,
                changes=given,
                revision=revision,
                by=self.actor.person,
                at=self.now,
            )

        changed = in_transaction(edit)
        return tag(Response(self._show(changed)), changed)

    def _show(self, partner: Partner) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=partner.pk)).data
