"""Take in one chunk of documents: decide about each, credit the good ones, keep the others."""

import json
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType

from django.db.models import Max

from partners.enrolling import PartnerRow, enrol_many
from partners.importing.documents import Document, assemble
from partners.importing.mapping import Mapping
from partners.importing.parking import SetAside, describe_as_json, park, show_time, store_rows
from partners.importing.reasons import COLUMN_OF, SENTENCES
from partners.importing.rows import FileRow
from partners.importing.staging import Outcome
from partners.importing.values import show_amount
from partners.importing.verdicts import Known, Verdict, decide, find_known
from partners.intake import ActivityConflict
from partners.kinds import KINDS, Kind, Problem, check
from partners.models import Activity, ImportRow, ImportRun, ParkedDocument, Partner
from partners.recognising import Recognised, recognise
from partners.reports import ActivityReport
from rewards.converting import NoRate
from rewards.crediting import TakenIn, take_in
from rewards.loading.report import Tally

PARKED = ImportRow.Outcome.PARKED.value
REFUSED = ImportRow.Outcome.REFUSED.value
NO_PARTNER = ParkedDocument.Reason.NO_PARTNER.value
UNKNOWN_PARTNER = ParkedDocument.Reason.UNKNOWN_PARTNER.value
NO_RATE = ParkedDocument.Reason.NO_RATE.value
# What is bought less what came back; other kinds of facts are no turnover.
SIGNS = {"order": 1, "return": -1, "cancellation": -1}


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
    kinds: Dict[str, Kind] = field(default_factory=lambda: KINDS)
    tally: Tally = field(default_factory=Tally)
    outcomes: list[Outcome] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    _set_aside: list[SetAside] = field(default_factory=list)
    _recognised: Recognised = field(default_factory=Recognised)
    _created: dict[str, int] = field(default_factory=dict)
    _lacking: list[Document] = field(default_factory=list)

    def take(self) -> None:
        source = self.run.source
        self._recognised = recognise(
            source=source,
            references={document.partner_ref for document in self.documents},
            numbers=[document.number for document in self.documents if not document.partner_ref],
        )
        documents = [self._judge_again(document) for document in self.documents]
        if self.mapping.create_partners:
            self._create_partners(documents)
        # Only now: whoever has just appeared may have had documents waiting.
        known = find_known(source=source, numbers=[document.number for document in documents])
        by_verdict = self._decide(documents, known)
        for document in by_verdict[Verdict.CONFLICT]:
            self._refuse(document, document.kept, "conflict")
        again = [each for each in by_verdict[Verdict.DUPLICATE] if self._says_more(each)]
        for document in by_verdict[Verdict.DUPLICATE]:
            if not self._says_more(document):
                self._count_known(document, known)
        self._park(by_verdict[Verdict.PARK])
        self._take_in([*by_verdict[Verdict.TAKE], *by_verdict[Verdict.MATCH], *again])
        self._park_without_rate(known)
        self._mark_matched(by_verdict[Verdict.MATCH], known)
        store_rows(self._set_aside, run=self.run)

    def _decide(self, documents: Iterable[Document], known: Known) -> dict[Verdict, list[Document]]:
        by_verdict: dict[Verdict, list[Document]] = {verdict: [] for verdict in Verdict}
        for document in documents:
            for row, code in document.dropped:
                self._refuse(document, [row], code)
            if document.flaw:
                self._refuse(document, document.kept, document.flaw)
            elif document.kept:
                partner_id = self._find_partner(document)
                by_verdict[decide(document, known, partner_id=partner_id)].append(document)
        return by_verdict

    def _says_more(self, document: Document) -> bool:
        """A known invoice may say now that it is paid, or disputed or not: facts of their own."""
        return document.says_more and self._find_partner(document) is not None

    def _find_partner(self, document: Document) -> int | None:
        found = self._recognised.find(document.partner_ref, document.number)
        return found if found is not None else self._created.get(document.partner_ref)

    def _judge_again(self, document: Document) -> Document:
        """A document that names no partner may be known by its number; then its rows count."""
        if document.partner_ref or self._find_partner(document) is None:
            return document
        rows = [*document.kept, *(row for row, _code in document.dropped)]
        kind = self.kinds[self.run.kind]
        again = assemble(rows, mapping=self.mapping, kind=kind, has_partner=True)
        return replace(again, flaw=document.flaw)

    def _count_known(self, document: Document, known: Known) -> None:
        parked = known.parked.get(document.number)
        # A run that is gone on with finds what it parked itself before it was broken off.
        if parked is not None and parked.run_id == self.run.pk and not parked.matched_at:
            self.tally.parked_documents += 1
            self.tally.rows_parked += len(document.kept)
        else:
            self.tally.rows_duplicate += len(document.kept)

    # ---------------------------------------------------------------- accepted

    def _take_in(self, documents: list[Document]) -> None:
        source = self.run.source
        named = [(self._find_partner(document) or 0, document) for document in documents]
        # Partner by partner, each in canonical order: what an order earns depends on those before.
        named.sort(key=lambda each: (each[0], each[1].canonical_key(source)))
        good: list[Document] = []
        reports: list[ActivityReport] = []
        for partner_id, document in named:
            kind = self.kinds[document.kind]
            checked = check(
                document.report(partner_id=partner_id, source=source, kind=kind), kinds=self.kinds
            )
            if checked.problems:
                self._refuse_as_its_kind(document, checked.problems[0])
            else:
                good.append(document)
                reports.append(checked.report)
        taken = take_in(
            reports,
            as_of=self.as_of,
            post_when_occurred=self.post_when_occurred,
            decide_tiers=False,
        )
        new: list[Document] = []
        for document, result in zip(good, taken.results, strict=True):
            # Another run may have taken the same document since we looked.
            if isinstance(result, ActivityConflict):
                self._refuse(document, document.kept, "conflict")
            elif isinstance(result, NoRate):
                self._lacking.append(document)
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
            if document.kind in SIGNS:
                signed_e4 = SIGNS[document.kind] * document.amount_e4
                tally.amounts_e4[document.first.currency] += signed_e4
            self.touched.add(self._find_partner(document) or 0)
        tally.awards += sum(1 for award in taken.awards if award.amount > 0)
        tally.units_awarded.update(taken.units_awarded)
        tally.units_clawed_back.update(taken.units_clawed_back)
        tally.compensated.update(taken.compensated)
        tally.unmatched_lines += taken.unmatched_lines
        tally.unmatched_e4 += taken.unmatched_e4

    def _mark_matched(self, documents: list[Document], known: Known) -> None:
        lacking = {document.number for document in self._lacking}
        matched = [
            known.parked[document.number].pk
            for document in documents
            if document.number not in lacking
        ]
        if matched:
            # What was put aside while nobody knew whose it was is taken now that its source says.
            ParkedDocument.objects.filter(pk__in=matched).update(
                matched_at=self.as_of, dismissed_at=None
            )
        self.tally.matched_documents += len(matched)

    # ---------------------------------------------------------------- partners

    def _create_partners(self, documents: Iterable[Document]) -> None:
        """Enrol partners that appear for the first time, by what their documents say of them."""
        unknown: dict[str, list[Document]] = {}
        for document in documents:
            is_good = document.kept and not document.flaw and document.partner_ref
            if is_good and self._find_partner(document) is None:
                unknown.setdefault(document.partner_ref, []).append(document)
        rows = [
            self._describe_partner(reference, theirs)
            for reference, theirs in sorted(unknown.items())
        ]
        enrolled = enrol_many(rows, by=self.run.started_by, at=self.as_of) if rows else []
        for answer in enrolled:
            if answer.partner_id is not None:
                self._created[answer.erp_number] = answer.partner_id
        self.tally.partners_created += len(self._created)

    def _describe_partner(self, reference: str, documents: list[Document]) -> PartnerRow:
        in_order = sorted(documents, key=lambda each: each.canonical_key(self.run.source))
        first, last = in_order[0], in_order[-1]
        return PartnerRow(
            erp_number=reference,
            values={
                "legal_name": f"Customer {reference}",
                "country": last.first.country,
                "currency": last.first.currency or Partner().currency,
                "partner_since": first.occurred_at.astimezone(self.mapping.zone).date(),
            },
        )

    def _follow_countries(self, documents: Iterable[Document]) -> None:
        """A partner is where its latest document says; new partners have it already."""
        latest = {
            self._find_partner(document) or 0: document
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
        self._park_for(
            [
                (document, UNKNOWN_PARTNER if document.partner_ref else NO_PARTNER)
                for document in documents
            ]
        )

    def _park_without_rate(self, known: Known) -> None:
        """Nothing says what these come to; what waited for its partner waits for a rate now."""
        self._park_for(
            [(each, NO_RATE) for each in self._lacking if each.number not in known.parked]
        )
        waiting = [each for each in self._lacking if each.number in known.parked]
        for document in waiting:
            self._count_known(document, known)
        if waiting:
            ParkedDocument.objects.filter(
                pk__in=[known.parked[document.number].pk for document in waiting]
            ).update(reason=NO_RATE)

    def _park_for(self, reasons: list[tuple[Document, str]]) -> None:
        if not reasons:
            return
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

    def _refuse_as_its_kind(self, document: Document, problem: Problem) -> None:
        """The kind of activity does not go together with what the document says."""
        name = problem.field.removeprefix("attributes/")
        self.tally.refuse(problem.code, len(document.kept))
        told = Told(REFUSED, problem.code, name, problem.detail)
        self._keep_as(document, document.kept, told)

    def _keep(
        self,
        document: Document,
        rows: Sequence[FileRow],
        outcome: str,
        code: str,
        parked_id: int | None,
    ) -> None:
        told = Told(outcome, code, COLUMN_OF.get(code, ""), str(SENTENCES[code]), parked_id)
        self._keep_as(document, rows, told)

    def _keep_as(self, document: Document, rows: Sequence[FileRow], told: "Told") -> None:
        column = self.mapping.columns.get(told.name, told.name)
        # What only this kind says of these rows is kept with them; the rest is told by its code.
        message = "" if told.code in SENTENCES else told.sentence
        for row in rows:
            value = show_value(row, told.name)
            self._set_aside.append(
                SetAside(
                    number=row.number,
                    document=document.number,
                    outcome=told.outcome,
                    code=told.code,
                    column=column[:64],
                    value=value,
                    content=describe_as_json(row, message=message),
                    parked_document_id=told.parked_id,
                )
            )
            self.outcomes.append(Outcome(row.number, column, told.code, told.sentence, value))


@dataclass(frozen=True, slots=True)
class Told:
    """Why rows are not accepted: the code, our name of the column, and a sentence."""

    outcome: str
    code: str
    name: str
    sentence: str
    parked_id: int | None = None


SHOWN: Dict[str, Callable[[FileRow], str]] = MappingProxyType(
    {
        "unit_price": lambda row: show_amount(row.unit_price_e4),
        "quantity": lambda row: show_amount(row.quantity_e4),
        "amount": lambda row: show_amount(row.amount_e4),
        "occurred_at": lambda row: show_time(row.occurred_at),
        "partner": attrgetter("partner_ref"),
        "currency": attrgetter("currency"),
        "order": attrgetter("document"),
        "sku": attrgetter("sku"),
        "description": attrgetter("description"),
        "refers_to": attrgetter("refers_to"),
        "due_on": attrgetter("due_on"),
        "paid_on": attrgetter("paid_on"),
    }
)


def show_value(row: FileRow, name: str) -> str:
    """Return what stood in the column that a reason is about."""
    if show := SHOWN.get(name):
        return show(row)
    said = json.loads(row.attributes) if row.attributes else {}
    return str(said.get(name, ""))
