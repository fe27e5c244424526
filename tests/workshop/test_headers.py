"""What the browser is told on every page."""

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from config.middleware import BrowserPermissions, ContentPolicy, PrivatePages


def answer(path: str) -> HttpResponse:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("page")

    return ContentPolicy(BrowserPermissions(view))(RequestFactory().get(path))


def test_the_portal_runs_no_script_but_its_own() -> None:
    policy = answer("/statement/").headers["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "script-src 'self';" in policy + ";"
    assert "object-src 'none'" in policy
    assert "unsafe" not in policy


def test_only_the_admin_may_evaluate_what_its_theme_needs() -> None:
    assert "'unsafe-eval'" in answer("/admin/partners/").headers["Content-Security-Policy"]
    assert "unsafe" not in answer("/administration/").headers["Content-Security-Policy"]
    assert "unsafe" not in answer("/api/v1/docs/admin/").headers["Content-Security-Policy"]


def test_pages_of_whoever_is_signed_in_are_kept_nowhere() -> None:
    stranger, member = RequestFactory().get("/"), RequestFactory().get("/")
    member.COOKIES["sessionid"] = "anything"
    page = PrivatePages(lambda request: HttpResponse("page"))

    assert "no-store" in page(member).headers["Cache-Control"]
    assert "Cache-Control" not in page(stranger).headers


def test_no_page_may_use_a_device() -> None:
    assert "camera=()" in answer("/").headers["Permissions-Policy"]
