"""What the OpenAPI file says of every door: who may call it, and which headers it takes."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from partners.doors.idempotency import HEADER
from partners.doors.versions import HEADER as IF_MATCH_HEADER

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"},
    OpenApiParameter.HEADER,
    required=True,
    description="A text of your own, the same for every retry of this request.",
)

IF_MATCH = OpenApiParameter(
    IF_MATCH_HEADER,
    {"type": "string", "minLength": 1, "maxLength": 255},
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of what you edited, or `*` for whatever is there.",
)


class KeyExtension(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    target_class = "partners.doors.authentication.ApiKeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "tsr_<prefix>_<secret>"}


class SessionExtension(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    target_class = "partners.doors.authentication.MemberSession"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The portal's session, with its CSRF token as X-CSRFToken on POST.",
        }


class DoorSchema(AutoSchema):
    """Describes one operation of a door."""

    def get_override_parameters(self) -> list[Any]:
        handler = getattr(self.view, getattr(self.view, "action", "") or "", None)
        given = list(super().get_override_parameters())
        return [IDEMPOTENCY_KEY, *given] if hasattr(handler, "needs_idempotency_key") else given

    def get_operation_id(self) -> str:
        action = getattr(self.view, "action", "") or self.method.lower()
        basename = str(getattr(self.view, "basename", "") or "api")
        return f"{basename}_{action}"

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular calls it
        scopes = getattr(self.view, "scopes", {})
        scope = scopes.get(getattr(self.view, "action", None), "")
        said = super().get_description() or ""
        return f"{said}\n\nScope: `{scope}`".strip() if scope else said
