"""
Proofs of a sale: what a file is, is told by its content, and no address leads to where it is kept.

A proof is never shown as a page of ours: the view that hands it out says so to the browser.
"""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from partners.importing.files import name_on_disk
from partners.models import ClaimProof, SellOutClaim

MEBIBYTE = 1 << 20
BYTES_MAX = 5 * MEBIBYTE
PROOFS_MAX = 5
NAME_LENGTH_MAX = 200
FOLDER = "claims"
# What a picture may come to once it is unpacked; a telephone's is 12 to 50 million points.
PIXELS_MAX: Final = {"JPEG": 60_000_000, "PNG": 30_000_000, "WEBP": 30_000_000}
TYPES: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
# JPEG can be unpacked small, which is enough to see that it is whole.
LOOKED_AT_PIXELS = (512, 512)
PDF, HEIC = "application/pdf", "image/heic"
# What a name may end in, by type; the first is added to a name that ends otherwise.
ENDINGS: Final = {
    PDF: (".pdf",),
    HEIC: (".heic", ".heif"),
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png",),
    "image/webp": (".webp",),
}
PDF_START, PDF_END = b"%PDF-", b"%%EOF"
END_BYTES = 2_048
HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})
# What every picture in this container has: what is in it, and the picture itself.
HEIC_BOXES = frozenset({b"meta", b"mdat"})
BOX_HEAD, LARGE_BOX_HEAD = 8, 16
# A file whose claim was rolled back belongs to nobody; one that is just being filed does soon.
STRAY_AFTER = timedelta(days=1)


class ProofRefused(ValueError):
    """A file is no proof that we take; ``code`` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class TooManyProofs(ProofRefused):
    """More files than a claim may have."""

    def __init__(self) -> None:
        super().__init__("too_many", _("Add at most %(count)d files.") % {"count": PROOFS_MAX})


@dataclass(frozen=True, slots=True)
class GivenProof:
    """A file as somebody gave it: what they call it, and what is in it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class JudgedProof:
    name: str
    content: bytes
    content_type: str


def name_of(proof: GivenProof) -> str:
    """Return what a file is called without folders, as long as it can be kept."""
    name = name_on_disk(proof.name, default="proof")
    return "".join(sign for sign in name if sign.isprintable())[-NAME_LENGTH_MAX:] or "proof"


def judge_proofs(given: Sequence[GivenProof]) -> list[JudgedProof]:
    """
    Return the files with what they are.

    :raises ProofRefused: If there are too many, or one is too large or nothing we take.
    """
    if len(given) > PROOFS_MAX:
        raise TooManyProofs
    judged = [(proof, judge(proof)) for proof in given]
    return [JudgedProof(_name_as(kind, proof), proof.content, kind) for proof, kind in judged]


def _name_as(content_type: str, proof: GivenProof) -> str:
    """A file saved under ``invoice.html`` would be opened as a page, whatever we found it to be."""
    name, endings = name_of(proof), ENDINGS[content_type]
    if name.lower().endswith(endings):
        return name
    return name[-(NAME_LENGTH_MAX - len(endings[0])) :] + endings[0]


def judge(proof: GivenProof) -> str:
    """
    Return the type of a file by its content; its name says nothing.

    :raises ProofRefused: If it is empty, too large, broken, or of another kind.
    """
    content, shown = proof.content, {"name": name_of(proof)}
    if not content:
        raise ProofRefused("empty", _("%(name)s is empty.") % shown)
    if len(content) > BYTES_MAX:
        raise ProofRefused("too_large", _("%(name)s is larger than 5 MB.") % shown)
    if content.startswith(PDF_START):
        if PDF_END not in content[-END_BYTES:]:
            raise ProofRefused("broken", _("%(name)s is not complete.") % shown)
        return PDF
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        if not _is_whole_heic(content):
            raise ProofRefused("broken", _("%(name)s is not complete.") % shown)
        return HEIC
    try:
        return _judge_picture(content)
    except ProofRefused as refused:
        raise ProofRefused(refused.code, str(refused) % shown) from refused


def _is_whole_heic(content: bytes) -> bool:
    """
    Say whether the boxes of the container follow one another to the very end.

    We do not unpack the picture: telephones write it, and whoever reviews the claim looks at it.
    """
    place, found = 0, set()
    while place + BOX_HEAD <= len(content):
        size, head = int.from_bytes(content[place : place + 4]), BOX_HEAD
        if size == 1:
            size = int.from_bytes(content[place + BOX_HEAD : place + LARGE_BOX_HEAD])
            head = LARGE_BOX_HEAD
        found.add(content[place + 4 : place + BOX_HEAD])
        # A size of nothing is that of the last box: all the rest.
        size = size or len(content) - place
        if size < head:
            return False
        place += size
    return place == len(content) and found >= HEIC_BOXES


def _judge_picture(content: bytes) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=tuple(TYPES)) as picture:
                kind = str(picture.format)
                is_bomb = picture.width * picture.height > PIXELS_MAX[kind]
                if not is_bomb:
                    picture.draft("RGB", LOOKED_AT_PIXELS)
                    picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        is_bomb = True
    except UnidentifiedImageError as error:
        said = _("%(name)s is no PDF, JPEG, PNG, WebP or HEIC file.")
        raise ProofRefused("unknown_type", said) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        # What Pillow raises for pictures that end early or lie about themselves.
        raise ProofRefused("broken", _("%(name)s is not complete.")) from error
    if is_bomb:
        raise ProofRefused("too_many_pixels", _("%(name)s has too many pixels."))
    return TYPES[kind]


def keep_proofs(
    proofs: Sequence[JudgedProof], *, claim: SellOutClaim, at: datetime
) -> list[ClaimProof]:
    """
    Store the files and their rows. A claim writes its files last.

    If one cannot be written, those before it go again. If the transaction is rolled back later,
    they stay until the night: see ``forget_strays``.
    """
    kept: list[Path] = []
    rows: list[ClaimProof] = []
    try:
        for proof in proofs:
            stored_as = f"{FOLDER}/{uuid4().hex}"
            path = settings.PRIVATE_ROOT / stored_as
            path.parent.mkdir(parents=True, exist_ok=True)
            kept.append(path)
            path.write_bytes(proof.content)
            rows.append(
                ClaimProof.objects.create(
                    claim=claim,
                    name=proof.name,
                    content_type=proof.content_type,
                    size=len(proof.content),
                    digest=_digest(proof.content),
                    stored_as=stored_as,
                    added_at=at,
                )
            )
    except BaseException:
        for path in kept:
            path.unlink(missing_ok=True)
        raise
    return rows


def find_same(proof: JudgedProof, *, claim: SellOutClaim) -> ClaimProof | None:
    """Return the proof of a claim that has this very content."""
    return claim.proofs.filter(digest=_digest(proof.content)).order_by("pk").first()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def forget_strays(*, as_of: datetime) -> int:
    """Delete files that belong to no proof: what was rolled back after they were written."""
    folder = Path(settings.PRIVATE_ROOT) / FOLDER
    latest = (as_of - STRAY_AFTER).timestamp()
    files = folder.iterdir() if folder.is_dir() else ()
    old = {f"{FOLDER}/{file.name}": file for file in files if file.stat().st_mtime < latest}
    known = set(ClaimProof.objects.exclude(stored_as="").values_list("stored_as", flat=True))
    strays = [file for stored_as, file in old.items() if stored_as not in known]
    for file in strays:
        file.unlink(missing_ok=True)
    return len(strays)


def open_proof(proof: ClaimProof) -> bytes:
    """
    Return the content of a stored proof.

    :raises FileNotFoundError: If it is not kept any more.
    """
    if not proof.stored_as:
        # Erased with the person who added it: an empty name would lead to the folder itself.
        raise FileNotFoundError
    path: Path = settings.PRIVATE_ROOT / proof.stored_as
    return path.read_bytes()
