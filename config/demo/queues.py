"""What waits for somebody in the demo: claims in each state, and orders of nobody known."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from io import BytesIO
from uuid import NAMESPACE_URL, uuid5

from reportlab.pdfgen.canvas import Canvas

from partners.models import Member, Person, SellOutClaim
from partners.reports import ActivityReport, LineReport
from rewards import claiming, inbox
from rewards.claiming import ClaimDraft, GivenProof

SHOP = "web-shop"
State = SellOutClaim.State
# Article, serial numbers, what becomes of the claim.
CLAIMS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("22423", ("CS-40817", "CS-40818"), State.PAID),
    ("85123A", ("TL-11902",), State.REJECTED),
    ("22960", ("JS-0071", "JS-0072", "JS-0075"), State.APPROVED),
    ("23166", ("SB-5510",), State.APPEALED),
    ("84879", ("OB-3321",), State.WITHDRAWN),
    ("47566", ("PB-7003", "PB-7004"), State.PENDING),
    ("22197", ("PH-9150",), State.PENDING),
)
# Number, what names the partner there, lines: article, pieces, net amount in pence.
ORDERS: tuple[tuple[str, str, tuple[tuple[str, int, int], ...]], ...] = (
    ("WS-2077", "hello@encina-regalos.example", (("22423", 6, 7_650), ("47566", 10, 4_950))),
    ("WS-2081", "hello@encina-regalos.example", (("85123A", 12, 3_060),)),
    ("WS-2085", "atelier@tilleul.example", (("22960", 18, 6_750),)),
    ("WS-2090", "market-stall-4", (("84879", 32, 5_408),)),
)


def file_claims(members: Sequence[Member], *, by: Person, at: datetime) -> None:
    """File the claims of a team, one after the other, and move each to where it is shown."""
    for place, (sku, serials, state) in enumerate(CLAIMS):
        member = members[place % len(members)]
        filed_at = at + timedelta(hours=2 * place)
        sold_on = filed_at.date() - timedelta(days=5 + place)
        document = f"A-{1180 + place}"
        draft = ClaimDraft(
            request_id=uuid5(NAMESPACE_URL, f"tessera:demo:claim:{sku}"),
            sku=sku,
            sold_on=sold_on,
            document=document,
            serials=serials,
            proofs=[GivenProof(f"{document}.pdf", draw_receipt(document, sku, serials))],
        )
        claim = claiming.file_claim(member=member, draft=draft, today=filed_at.date(), at=filed_at)
        if claim.state == State.PENDING:
            _move(claim, state, member=member, by=by, at=filed_at + timedelta(hours=20))


def _move(claim: SellOutClaim, state: str, *, member: Member, by: Person, at: datetime) -> None:
    if state == State.WITHDRAWN:
        claiming.withdraw(claim=claim, by=member, at=at)
    elif state in (State.APPROVED, State.PAID):
        claiming.approve(claim=claim, by=by, at=at)
        if state == State.PAID:
            later = at + timedelta(days=1)
            claiming.mark_paid(claim=claim, by=by, note="With the November invoice.", at=later)
    elif state in (State.REJECTED, State.APPEALED):
        note = "The photo cuts off the number. Please scan the whole receipt."
        claiming.reject(claim=claim, reason="proof_unclear", note=note, by=by, at=at)
        if state == State.APPEALED:
            note = "The number is in the lower left corner, turned by 90 degrees."
            claiming.appeal(claim=claim, note=note, by=member, at=at + timedelta(hours=3))


def draw_receipt(document: str, sku: str, serials: Sequence[str]) -> bytes:
    """Return a receipt as a till would print it."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(240, 160), invariant=True)
    lines = (f"Receipt {document}", f"Article {sku}", f"Serial {', '.join(serials)}", "Thank you")
    for place, line in enumerate(lines):
        canvas.drawString(20, 130 - 24 * place, line)
    canvas.save()
    return buffer.getvalue()


def let_orders_wait(*, at: datetime) -> None:
    """Report orders of a web shop that knows its customers by other names than the seller."""
    reports = [
        inbox.Unplaced(
            ActivityReport(
                kind="order",
                partner_id=inbox.NOBODY,
                source=SHOP,
                external_id=number,
                occurred_at=datetime.combine(
                    at.date() - timedelta(days=9 - 2 * place), time(10, 20), tzinfo=at.tzinfo
                ),
                currency="GBP",
                lines=[
                    LineReport(sku, pieces * 10_000, pence * 100) for sku, pieces, pence in lines
                ],
            ),
            reference,
        )
        for place, (number, reference, lines) in enumerate(ORDERS)
    ]
    inbox.receive(reports, as_of=at)
