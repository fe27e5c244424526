"""Take in one chunk of documents: decide about each, credit the good ones, keep the others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max

from partners.importing.documents import Document
from partners.importing.mapping import Mapping
from partners.importing.parking import SetAside, describe, park, show_amount, store_rows
from partners.importing.reasons import COLUMN_OF, SENTENCES
from partners.importing.rows import FileRow
from partners.importing.staging import Outcome
from partners.importing.verdicts import Known, Verdict, decide, find_known
from partners.intake import ActivityConflict
from partners.models import Activity, ImportRow, ImportRun, ParkedDocument, Partner
from rewards.crediting import TakenIn, take_in
from rewards.loading.report import Tally

PARKED = ImportRow.Outcome.PARKED.value
REFUSED = ImportRow.Outcome.REFUSED.value
NO_PARTNER = ParkedDocument.Reason.NO_PARTNER.value
UNKNOWN_PARTNER = ParkedDocument.Reason.UNKNOWN_PARTNER.value


@dataclass(slots=True)
class Chunk:
    """
    Documents that are taken in together, in one transaction that the caller opens.

    ``take`` may be called once. Afterwards ``tally``, ``outcomes`` and ``touched`` say what
    came of it; they count only if the transaction commits.
    """

    documents: Sequence[Document]
    run: ImportRun
    mapping: Mapping
    as_of: datetime
    post_when_occurred: bool = False
    tally: Tally = field(default_factory=Tally)
    outcomes: list[Outcome] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    _set_aside: list[SetAside] = field(default_factory=list)
    _partner_ids: dict[str, int] = field(default_factory=dict)
    _created: set[str] = field(default_factory=set)

    def take(self) -> None:
        known = find_known(
            source=self.run.source, numbers=[document.number for document in self.documents]
        )
        self._partner_ids = _find_partners(self.documents)
        by_verdict: dict[Verdict, list[Document]] = {verdict: [] for verdict in Verdict}
        for document in self.documents:
            for row, code in document.dropped:
                self._refuse(document, [row], code)
            if document.flaw:
                self._refuse(document, document.kept, document.flaw)
            elif document.kept:
                found = self._finds_partner(document)
                by_verdict[decide(document, known, partner_is_found=found)].append(document)
        for document in by_verdict[Verdict.CONFLICT]:
            self._refuse(document, document.kept, "conflict")
        self.tally.rows_duplicate += _count_rows(by_verdict[Verdict.DUPLICATE])
        self._park(by_verdict[Verdict.PARK])
        self._take_in([*by_verdict[Verdict.TAKE], *by_verdict[Verdict.MATCH]])
        self._mark_matched(by_verdict[Verdict.MATCH], known)
        store_rows(self._set_aside, run=self.run)

    def _finds_partner(self, document: Document) -> bool:
        if not document.partner_ref:
            return False
        return document.partner_ref in self._partner_ids or self.mapping.create_partners

    # ---------------------------------------------------------------- accepted

    def _take_in(self, documents: list[Document]) -> None:
        source = self.run.source
        # Partner by partner, each in canonical order: what an order earns depends on those before.
        documents.sort(key=lambda each: (each.partner_ref, each.canonical_key(source)))
        self._create_partners(documents)
        reports = [
            document.report(partner_id=self._partner_ids[document.partner_ref], source=source)
            for document in documents
        ]
        taken = take_in(
            reports,
            as_of=self.as_of,
            post_when_occurred=self.post_when_occurred,
            decide_tiers=False,
        )
        new: list[Document] = []
        for document, result in zip(documents, taken.results, strict=True):
            # Another run may have taken the same document since we looked.
            if isinstance(result, ActivityConflict):
                self._refuse(document, document.kept, "conflict")
            elif result.is_new:
                new.append(document)
            else:
                self.tally.rows_duplicate += len(document.kept)
        self._count_accepted(new, taken)
        self._follow_countries(new)

    def _count_accepted(self, documents: list[Document], taken: TakenIn) -> None:
        tally = self.tally
        for document in documents:
            tally.rows_accepted += len(document.kept)
            tally.activities[document.kind] += 1
            sign = -1 if document.is_return else 1
            tally.amounts_e4[document.first.currency] += sign * document.amount_e4
            self.touched.add(self._partner_ids[document.partner_ref])
        tally.awards += sum(1 for award in taken.awards if award.amount > 0)
        tally.units_awarded.update(taken.units_awarded)
        tally.units_clawed_back.update(taken.units_clawed_back)
        tally.compensated.update(taken.compensated)
        tally.unmatched_lines += taken.unmatched_lines
        tally.unmatched_e4 += taken.unmatched_e4

    def _mark_matched(self, documents: list[Document], known: Known) -> None:
        matched = [known.parked[document.number].pk for document in documents]
        if matched:
            ParkedDocument.objects.filter(pk__in=matched).update(matched_at=self.as_of)
        self.tally.matched_documents += len(matched)

    # ---------------------------------------------------------------- partners

    def _create_partners(self, documents: Iterable[Document]) -> None:
        """Enrol partners that appear for the first time; ``documents`` are in canonical order."""
        unknown: dict[str, list[Document]] = {}
        for document in documents:
            if document.partner_ref not in self._partner_ids:
                unknown.setdefault(document.partner_ref, []).append(document)
        if not unknown:
            return
        built = {
            reference: Partner(
                erp_number=reference,
                legal_name=f"Customer {reference}",
                country=theirs[-1].first.country,
                currency=theirs[-1].first.currency,
                partner_since=theirs[0].occurred_at.astimezone(self.mapping.zone).date(),
            )
            for reference, theirs in sorted(unknown.items())
        }
        Partner.objects.bulk_create(built.values(), ignore_conflicts=True)
        stored = Partner.objects.filter(erp_number__in=built)
        for pk, reference, public_id in stored.values_list("pk", "erp_number", "public_id"):
            self._partner_ids[reference] = pk
            if built[reference].public_id == public_id:
                self._created.add(reference)
        self.tally.partners_created += len(self._created)

    def _follow_countries(self, documents: Iterable[Document]) -> None:
        """A partner is where its latest document says; new partners have it already."""
        latest = {
            self._partner_ids[document.partner_ref]: document
            for document in documents
            if document.partner_ref not in self._created and document.first.country
        }
        if not latest:
            return
        known_latest = (
            Activity.objects.filter(partner__in=latest)
            .values_list("partner_id")
            .annotate(latest=Max("occurred_at"))
        )
        newest = {pk for pk, moment in known_latest if latest[pk].occurred_at == moment}
        moved = []
        for partner in Partner.objects.filter(pk__in=newest).only("pk", "country"):
            country = latest[partner.pk].first.country
            if partner.country != country:
                partner.country = country
                moved.append(partner)
        Partner.objects.bulk_update(moved, ["country"], batch_size=500)

    # ------------------------------------------------------- parked and refused

    def _park(self, documents: list[Document]) -> None:
        if not documents:
            return
        reasons = [
            (document, UNKNOWN_PARTNER if document.partner_ref else NO_PARTNER)
            for document in documents
        ]
        parked = park(reasons, run=self.run, source=self.run.source, as_of=self.as_of)
        for document, reason in reasons:
            place = parked[document.number]
            if place.run_id == self.run.pk:
                self.tally.parked_documents += 1
                self.tally.rows_parked += len(document.kept)
                self._keep(document, document.kept, PARKED, reason, place.pk)
            elif place.content_hash == document.content_hash:
                self.tally.rows_duplicate += len(document.kept)
            else:
                self._refuse(document, document.kept, "conflict")

    def _refuse(self, document: Document, rows: Sequence[FileRow], code: str) -> None:
        self.tally.refuse(code, len(rows))
        self._keep(document, rows, REFUSED, code, None)

    def _keep(
        self,
        document: Document,
        rows: Sequence[FileRow],
        outcome: str,
        code: str,
        parked_id: int | None,
    ) -> None:
        name = COLUMN_OF.get(code, "")
        column, sentence = self.mapping.columns.get(name, name), str(SENTENCES[code])
        for row in rows:
            value = show_value(row, name)
            self._set_aside.append(
                SetAside(
                    number=row.number,
                    document=document.number,
                    outcome=outcome,
                    code=code,
                    column=column,
                    value=value,
                    content=describe(row),
                    parked_document_id=parked_id,
                )
            )
            self.outcomes.append(Outcome(row.number, column, code, sentence, value))


def show_value(row: FileRow, name: str) -> str:
    """Return what stood in the column that a reason is about."""
    if name == "unit_price":
        return show_amount(row.unit_price_e4)
    if name == "quantity":
        return show_amount(row.quantity_e4)
    texts = {"partner": row.partner_ref, "currency": row.currency, "order": row.document}
    return texts.get(name, "")


def _find_partners(documents: Iterable[Document]) -> dict[str, int]:
    references = {document.partner_ref for document in documents} - {""}
    found = Partner.objects.filter(erp_number__in=references)
    return dict(found.values_list("erp_number", "pk"))


def _count_rows(documents: Iterable[Document]) -> int:
    return sum(len(document.kept) for document in documents)
