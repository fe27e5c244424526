"""What a caller may do: every action of every door names the scope it needs."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:
    # These classes are named in the settings, which rest_framework.views reads while loading.
    from rest_framework.views import APIView


class ScopeMissing(Exception):
    """The caller is known but may not do this."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"This needs the scope {scope}.")
        self.scope = scope


class HasScope(BasePermission):
    """
    Denies by default: a view without a scope for the action lets nobody in.

    The view says ``scopes = {"list": "partners:read", ...}`` and finds its own ``actor``.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        scopes = getattr(view, "scopes", None)
        if not scopes or not request.user.is_authenticated:
            return False
        action = getattr(view, "action", None)
        if action in {None, "metadata"}:
            # The method (or OPTIONS) is not offered here; let the view say so.
            return True
        scope = scopes.get(action)
        if scope is None:
            return False
        if scope not in view.actor.scopes:  # type: ignore[attr-defined]  # a door has one
            raise ScopeMissing(scope)
        return True
