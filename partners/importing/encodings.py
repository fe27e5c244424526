"""
Tell the encoding of a text that does not say it: UTF-8, UTF-16, or a single-byte one of Windows.

UTF-8 is proven by reading everything. Single-byte encodings prove nothing, so they are told apart
by the letters that words would be made of; where that is not clear, nothing is guessed.
"""

import codecs
import re
from collections import Counter
from typing import BinaryIO

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
BLOCK_BYTES = 1 << 20
WORDS_MAX = 20_000
BLOCKS_OF_WORDS = 16
# A few letters of a word that is not plain say little; Cyrillic words have nothing but such letters.
LETTERS_MIN = {"cp1251": 5, "cp1250": 3, "cp1252": 3}
CLEAR_SHARE = 0.95
UNCLEAR_SHARE = 0.8

PLAIN_LETTERS = bytes(range(128))
FOREIGN_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
CYRILLIC = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяєіїґўАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЄІЇҐЎ")
CENTRAL = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽäĺľôŕÄĹĽÔŔöőüűÖŐÜŰßđĐ")
WESTERN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒ")
SYMBOLS = frozenset("\u00a0£€§©®°«»№–—…„“”‘’•™½¼¾×")
WORD = re.compile(r"[^\W\d_]+")
CANDIDATES = {"cp1251": CYRILLIC, "cp1250": CENTRAL, "cp1252": WESTERN}


def detect_encoding(stream: BinaryIO) -> str | None:
    """Return the encoding of what follows in the stream, or None where it is not clear."""
    start = stream.read(BLOCK_BYTES)
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return encoding
    if wide := _find_utf_16(start[:4_096]):
        return wide
    decoder = codecs.getincrementaldecoder("utf-8")()
    block = start
    try:
        while block:
            decoder.decode(block)
            block = stream.read(BLOCK_BYTES)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _recognise_words(_collect_words(block, stream))
    return "utf-8"


def _find_utf_16(start: bytes) -> str | None:
    """Without its mark, UTF-16 of mostly Latin text has a NUL in every other byte."""
    pairs = len(start) // 2
    if pairs < 4:
        return None
    even, odd = start[0 : 2 * pairs : 2].count(0), start[1 : 2 * pairs : 2].count(0)
    if odd > pairs // 2 and even == 0:
        return "utf-16-le"
    if even > pairs // 2 and odd == 0:
        return "utf-16-be"
    return None


def _collect_words(block: bytes, stream: BinaryIO) -> Counter[bytes]:
    words: Counter[bytes] = Counter()
    for _ in range(BLOCKS_OF_WORDS):
        words.update(FOREIGN_WORD.findall(block))
        if len(words) > WORDS_MAX or not block:
            break
        block = stream.read(BLOCK_BYTES)
    return words


def _recognise_words(words: Counter[bytes]) -> str | None:
    """Return the one encoding in which nearly all letters make sense, if there is one."""
    shares: dict[str, float] = {}
    read_as: dict[str, str] = {}
    for encoding, letters in CANDIDATES.items():
        decoded = [word.decode(encoding, errors="replace") for word in words]
        read_as[encoding] = "\n".join(decoded)
        shares[encoding] = _share_that_makes_sense(decoded, letters)
    foreign = sum(len(word.translate(None, PLAIN_LETTERS)) for word in words.elements())
    best = max(shares, key=lambda encoding: shares[encoding])
    if foreign < LETTERS_MIN[best] or shares[best] < CLEAR_SHARE:
        return None
    rivals = [name for name in shares if name != best and read_as[name] != read_as[best]]
    clear = all(shares[name] < UNCLEAR_SHARE for name in rivals)
    return best if clear else None


def _share_that_makes_sense(texts: list[str], letters: frozenset[str]) -> float:
    good = total = 0
    for text in texts:
        total += sum(1 for character in text if character > "\x7f")
        good += sum(1 for character in text if character in SYMBOLS)
        for word in WORD.findall(text):
            foreign = [character for character in word if character > "\x7f"]
            if _could_be_a_word(word, foreign, letters):
                good += sum(1 for character in foreign if character in letters)
    return good / total if total else 0.0


def _could_be_a_word(word: str, foreign: list[str], letters: frozenset[str]) -> bool:
    if letters is CYRILLIC:
        # No word mixes the two alphabets.
        fits = len(foreign) == len(word)
    elif len(word) == 1:
        fits = word.islower()
    else:
        # Words of Latin letters have plain ones too, but for the shortest.
        fits = len(word) < 4 or len(foreign) <= len(word) * 0.75
    return fits and (word.islower() or word.isupper() or word[1:].islower() or len(word) == 1)
