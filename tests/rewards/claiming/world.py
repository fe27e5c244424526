"""A claim as tests file it, and files that are what they say, or are not."""

import io
import uuid
from datetime import UTC, date, datetime
from typing import Any

from PIL import Image

from partners.models import Member, Person, SellOutClaim
from rewards import claiming
from rewards.claiming import ClaimDraft, GivenProof

FILED = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = FILED.date()
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def box(kind: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4) + kind + content


HEIC = (
    box(b"ftyp", b"heic\x00\x00\x00\x00mif1heic")
    + box(b"meta", b"\x00" * 32)
    + b"\x00\x00\x00\x01mdat"
    + (16 + 64).to_bytes(8)
    + b"\x00" * 64
)


def draw_picture(kind: str = "PNG", size: tuple[int, int] = (8, 8)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "white").save(buffer, kind)
    return buffer.getvalue()


def draft(*serials: str, **changes: Any) -> ClaimDraft:
    return ClaimDraft(
        **{
            "request_id": uuid.uuid4(),
            "sku": "DRILL-18V",
            "sold_on": date(2026, 2, 27),
            "document": "INV-77",
            "serials": serials or ("SN-1", "SN-2"),
            **changes,
        }
    )


def file_one(member: Member, *serials: str, **changes: Any) -> SellOutClaim:
    return claiming.file_claim(
        member=member, draft=draft(*serials, **changes), today=TODAY, at=FILED
    )


def make_staff(name: str) -> Person:
    return Person.objects.create(email=f"{name}@seller.example", name=name, is_staff=True)


def proof(content: bytes, name: str = "receipt.pdf") -> GivenProof:
    return GivenProof(name, content)
