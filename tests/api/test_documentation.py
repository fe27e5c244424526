"""The OpenAPI file is fresh, its readers work offline, and the examples of the text run."""

import base64
import json
import re
import shlex
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from config.api_docs import OPENAPI_FILE
from config.api_schema import CONCEPTS
from ledger.models import Unit
from tests.api.conftest import make_token, signed_in
from tests.rewards.claiming.world import PDF

pytestmark = pytest.mark.once("SQLite")

EXAMPLES = re.compile(r"```bash\n(.*?)```", re.DOTALL)


def read_examples() -> list[str]:
    """Return each curl of the text on one line."""
    text = "\n".join(EXAMPLES.findall(CONCEPTS.read_text(encoding="utf-8")))
    commands = re.split(r"^(?=curl )", text.replace("\\\n", " "), flags=re.MULTILINE)
    return [command for command in commands if command.strip()]


def fill_in(command: str, known: dict[str, str]) -> str:
    """Put what a reader would put for ``$NAME``."""
    return re.sub(r"\$([A-Z]+)", lambda found: known[found.group(1)], command)


def note_ids(answer: Any, address: str, known: dict[str, str]) -> None:
    """Remember the ids that later examples name, as a reader would."""
    body = answer.json()
    if address.endswith("/holds"):
        known["HOLD"] = body["id"]
    elif address.endswith("/adjustments"):
        known["ADJUSTMENT"] = body["id"]
    elif address.endswith("/invitations"):
        known["INVITATION"] = body["id"]
    elif address.endswith("/activities") and answer.status_code == 202:
        known["PARKED"] = body["id"]
    elif address.endswith("/claims"):
        known["CLAIM"] = body["id"]
    elif address.endswith("/capture"):
        known["TRANSFER"] = body["transfer"]


def run_curl(client: Any, command: str, *, known: dict[str, str]) -> Any:
    words = iter(shlex.split(fill_in(command, known))[1:])
    method, address, body, headers = "GET", "", None, {}
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = json.loads(next(words))
        else:
            address = word
    send = {"GET": client.get, "POST": client.post, "PATCH": client.patch}[method]
    if body is None:
        return send(address, headers=headers)
    content_type = headers.pop("Content-Type")
    answer = send(address, json.dumps(body), content_type=content_type, headers=headers)
    note_ids(answer, address, known)
    return answer


class TestOpenApi:
    def test_committed_file_is_fresh(self):
        written = StringIO()
        call_command("spectacular", validate=True, fail_on_warn=True, stdout=written)

        committed = OPENAPI_FILE.read_text(encoding="utf-8")
        # Reading YAML takes seconds; the same text needs no reading.
        is_fresh = committed == written.getvalue()
        assert is_fresh or yaml.safe_load(committed) == yaml.safe_load(written.getvalue()), (
            "run: ./dev manage spectacular --file openapi.yaml"
        )

    def test_every_moving_request_names_its_key(self):
        document = yaml.safe_load(OPENAPI_FILE.read_text(encoding="utf-8"))
        without = [
            path
            for path, operations in document["paths"].items()
            if "post" in operations
            and "Idempotency-Key"
            not in [p["name"] for p in operations["post"].get("parameters", [])]
        ]

        assert without == ["/api/v1/preview"]

    def test_is_for_callers_only(self, client, db):
        anonymous = client.get("/api/v1/openapi.yaml")
        known = client.get(
            "/api/v1/openapi.yaml", headers={"Authorization": f"Bearer {make_token()}"}
        )

        assert anonymous.status_code == 401
        assert known.status_code == 200
        assert known.content == OPENAPI_FILE.read_bytes()


class TestReaders:
    @pytest.mark.parametrize("page", ["docs", "docs/redoc", "docs/problems"])
    def test_ask_no_other_host_and_write_no_script(self, shop, page):
        answer = signed_in(shop.alice).get(f"/api/v1/{page}")

        html = answer.content.decode()
        addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
        assert answer.status_code == 200
        assert all(not urlsplit(address).netloc for address in addresses)
        assert not re.search(r"<script(?![^>]*\bsrc=)", html)
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe-eval" not in answer.headers["Content-Security-Policy"]

    def test_send_who_is_not_signed_in_to_the_door(self, client, db):
        answer = client.get("/api/v1/docs")

        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")

    def test_their_files_are_there(self):
        for name in (
            "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js",
            "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css",
            "drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js",
            "js/api-docs.js",
        ):
            found = StringIO()
            call_command("findstatic", name, first=True, verbosity=0, stdout=found)
            assert found.getvalue().strip().endswith(name)


class TestExamples:
    def test_run_in_their_order(self, client, earning_shop, settings, tmp_path):
        settings.PRIVATE_ROOT = tmp_path
        Unit.objects.update(code="points")
        pool = f"pool:points:{earning_shop.partner.public_id}"
        bob = str(earning_shop.bob.public_id)
        known = {"TESSERA": "", "KEY": make_token(), "POOL": pool, "MEMBER": bob}
        known["SELLER"] = str(earning_shop.alice.public_id)
        known["SOLD"] = (timezone.now() - timedelta(days=3)).date().isoformat()
        known["PROOF"] = base64.b64encode(PDF).decode()

        answers = [run_curl(client, command, known=known) for command in read_examples()]

        assert len(answers) >= 15
        assert [answer.content for answer in answers if answer.status_code >= 300] == []
        # Until a limit is set, corrections wait.
        assert {answer.status_code for answer in answers} == {200, 201, 202}
        batch = next(answer.json() for answer in answers if "recorded" in answer.json())
        assert batch["recorded"] == 1

    def test_name_only_what_there_is(self):
        text = CONCEPTS.read_text(encoding="utf-8")

        assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == 5 * 1024 * 1024
        assert "at most 5 MB" in text
