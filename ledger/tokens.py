"""Search terms of people that a database cannot read back: HMAC-SHA-256 under the `search` key over kind and normalised text, of which
the first eight bytes are kept: among the terms of a million people two texts share them once in a hundred million searches, and whoever
opens a person found looks whether the words fit.

A name answers to its beginnings, to any one to four neighbouring characters, to its pinyin from the beginning and to its
initials; a phone to its last four digits and as a whole; a number of identity only as a whole. Text is compared in NFKC,
case-folded, without spaces, middle dots and invisible characters; characters outside the Basic Multilingual Plane
(𠮷) are characters like any other.
"""

import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import product
from math import prod
from typing import Literal

# Names are read character by character: the dictionary of phrases would only cost 30 MB in every process.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
from pypinyin import Style, pinyin

from domain.values import Party, Sealed
from ledger.keys import Keys

Kind = Literal["name", "pinyin", "initials", "id_number", "phone", "phone_tail"]
type Term = tuple[Kind, str]
type Token = tuple[Kind, int]

_DOTS = frozenset("·•‧∙⋅・･")
_HAN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003fffd〇]+")
_LATIN = re.compile(r"[a-z]+")
_NUMBER = re.compile(r"[0-9a-z]+")
_WINDOW = 4
"""Neighbouring characters of a name that are found together wherever they stand in it."""
_PREFIX = 24
"""Characters or letters of the longest beginning that is kept besides the whole."""
_SYLLABLES = 8
"""Syllables of a name that are read; longer ones are names of organisations."""
_PERSONAL = 4
"""Characters of the longest name whose characters are read in every way they can be."""
_READINGS = 12
"""Ways of reading a name that are kept; past it only the surname's readings vary."""
_TAIL = 4


def normal(text: str) -> str:
    """The text as it is compared: NFKC, case-folded, without spaces, middle dots, controls and invisible characters."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(c for c in folded if c not in _DOTS and unicodedata.category(c)[0] not in "ZC")
    return unicodedata.normalize("NFKC", kept)  # without the space between them, two characters may be one


def _beginnings(text: str, shortest: int = 1) -> Iterator[str]:
    yield from (text[:n] for n in range(shortest, min(len(text), _PREFIX) + 1))
    if len(text) > _PREFIX:
        yield text


def readings(han: str) -> Iterator[tuple[str, ...]]:
    """Ways of reading a Chinese name, a syllable a character; characters without a known reading are passed over.

    Surnames may be read as nothing else is (单 shàn, 仇 qiú), so every reading counts. ü may be typed v or u.
    """
    read = pinyin(han[:_SYLLABLES], style=Style.NORMAL, heteronym=len(han) <= _PERSONAL, errors="ignore")
    spoken = [tuple(dict.fromkeys(typed for r in readings for typed in (r, r.replace("v", "u")))) for readings in read]
    if prod(map(len, spoken)) > _READINGS:
        spoken = [spoken[0], *(readings[:1] for readings in spoken[1:])]
    if spoken:
        yield from product(*spoken)


def _of(kind: Kind, texts: Iterable[str]) -> Iterator[Term]:
    return ((kind, text) for text in texts)


def _name_terms(name: str) -> Iterator[Term]:
    whole = normal(name)
    runs: list[str] = _HAN.findall(whole)
    yield from _of("name", _beginnings(whole))
    for word in re.split(rf"[\s{''.join(_DOTS)}]+", unicodedata.normalize("NFKC", name)):
        yield from _of("name", _beginnings(normal(word)))
    for run in runs:
        yield from _of("name", (run[i : i + n] for n in range(1, _WINDOW + 1) for i in range(len(run) - n + 1)))
    for syllables in readings("".join(runs)):
        yield from _of("pinyin", _beginnings("".join(syllables), shortest=2))
        yield from _of("initials", _beginnings("".join(s[0] for s in syllables), shortest=2))


def _phone_terms(phone: str) -> Iterator[Term]:
    digits = "".join(c for c in normal(phone) if c.isdecimal())
    digits = digits.removeprefix("86") if len(digits) == 13 else digits
    if digits:
        yield "phone", digits
    if len(digits) >= _TAIL:
        yield "phone_tail", digits[-_TAIL:]


def _plain(value: str | Sealed | None) -> str:
    if isinstance(value, Sealed):
        raise TypeError("search terms are made before a person's fields are sealed")
    return value or ""


def terms_of(party: Party) -> tuple[Term, ...]:
    """What the party is found by, each once. Raises `TypeError` for a party whose fields are sealed already."""
    terms = [*_name_terms(_plain(party.name)), *_phone_terms(_plain(party.phone))]
    if party.safe_contact is not None:
        terms += _phone_terms(_plain(party.safe_contact.phone))
    if number := normal(_plain(party.id_number)):
        terms.append(("id_number", number))
    return tuple(dict.fromkeys(terms))


def terms_of_query(query: str) -> tuple[Term, ...]:
    """What the words typed may mean, each once; a person fits when any of them is theirs. Empty for an empty query."""
    text = normal(query)
    if not text:
        return ()
    terms = [*_of("name", [text])]
    typed = text.replace("ü", "v")
    if _LATIN.fullmatch(typed) and len(typed) >= 2:
        terms += [*_of("pinyin", [typed]), *_of("initials", [typed])]
    if _NUMBER.fullmatch(text) and len(text) >= 5:
        terms += _of("id_number", [text])
    if not _HAN.search(text) and not _LATIN.search(text):
        wanted: Kind = "phone_tail" if len(text) == _TAIL else "phone"
        terms += (term for term in _phone_terms(query) if term[0] == wanted)
    return tuple(dict.fromkeys(terms))


def fits(query: str, *parties: Party) -> tuple[Kind, ...]:
    """By which kinds of terms the words find these entries of a person, in plain; none where tokens only happened to be alike."""
    asked = frozenset(terms_of_query(query))
    return tuple(dict.fromkeys(kind for party in parties for kind, text in terms_of(party) if (kind, text) in asked))


def token(key: bytes, kind: str, text: str) -> int:
    """The first eight bytes of the HMAC, as the signed number that a database keeps in a bigint."""
    return int.from_bytes(hmac.digest(key, f"{kind}\0{text}".encode(), hashlib.sha256)[:8], signed=True)


def _tokens(key: bytes, terms: Iterable[Term]) -> list[Token]:
    return [(kind, token(key, kind, text)) for kind, text in terms]


def tokens_for(keys: Keys, party: Party) -> list[Token]:
    """The party's search tokens under the current key, 64 bits each."""
    return _tokens(keys.key(), terms_of(party))


def tokens_for_query(keys: Keys, query: str) -> list[Token]:
    """The tokens to look for, under every key of the ring: rows written before a rotation are still found."""
    return [found for key in keys.keys.values() for found in _tokens(key, terms_of_query(query))]
