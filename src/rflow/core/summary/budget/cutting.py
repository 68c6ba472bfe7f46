"""Cutting a text after a clause: the levels of length at which a summary may show it.

A text is cut only at its end, and the cut is marked with `…`, so that the words shown are always the author's.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

import msgspec

CUT = "…"
_LONGEST = 60
"""A longer word, such as an address, counts as several words of so many characters."""
_WIDE = 2
"""How many characters of a script without spaces (Chinese, Japanese, Thai) count as a word."""
_FURTHER = 2
"""How many words a first cut may exceed its limit by to reach the end of a clause."""
_ANNOUNCED = 6
"""A clause with fewer words before a colon only introduces what follows."""
_LEAST_SAVED = 3
"""The fewest words that a cut must save."""
_SAVED_PART = 3
"""A cut must also save this part (a third) of the words of a text, because the end is often the point of it."""
_SAVED_PART_READABLE = 2
"""The same for `readable` limits."""

_SPACELESS = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f"
_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u17b4-\u17d3\u17dd\u3099\u309a\uff9e\uff9f"
"""The vowels, tones and voicing marks of these scripts, which belong to the letter before them."""
_WIDE_END = "。！？；"
_WORD = re.compile(rf"\S{{1,{_LONGEST}}}\s*")
_OPENING, _CLOSING = "([{（「『", ")]}）」』"
# Words that start a clause without which the previous one would be misleading.
_CONTINUING = frozenset(
    "but except unless only however although not until if aber außer doch nur nicht bis falls sondern".split()
)
_FOLLOWING = _CONTINUING | frozenset("then dann danach".split())
"""The same for `readable` limits, with words for what comes next."""
_WEAK = frozenset(
    "the a an of is are was were to in on at by for from with and or than that it its this both"
    " into onto until where which who as see so if while via his her their our your my no there once"
    " der die das den dem ein eine einen und oder im am zu von mit".split()
)
_ABBREVIATION = r"(?:\d+(?:\.\d+)*|[A-Za-zÄÖÜäöü]|[A-ZÄÖÜ][a-zäöü]|\w?(?:\w\.)+\w|etc|vgl|bzw|ca|nr|vs|st|pp)\."
_DASHES = frozenset("-–—")
_UNITS = frozenset(
    "% °C s sec ms min h d B KB MB GB TB kB KiB MiB GiB Mi Gi GB/h MB/s Mbit/s V W Hz times mal Uhr".split()
)
_AFTER_UNIT = ".,;:!?)]…"
_ARROWS = frozenset({"->", "=>", "→", "<-", "="})


class Limits(msgspec.Struct, frozen=True):
    """How many words of a text are shown: `least` to `most` in its shortest form, and up to `cap` if there is room.

    A `readable` text is cut only if that saves half of it, and not within a clause that continues the previous one.
    """

    least: int
    most: int
    cap: int
    readable: bool = False

    @property
    def saved_part(self) -> int:
        """The part of a text that a cut must save: 2 for a half, 3 for a third."""
        return _SAVED_PART_READABLE if self.readable else _SAVED_PART


class Target(msgspec.Struct, frozen=True):
    """How many words of a text to show before other texts are lengthened."""

    least: int
    most: int


def word_count(text: str) -> int:
    """Return the number of words that count towards a budget; at least what `wc -w` counts."""
    return len(_pieces(text))


class Levels(msgspec.Struct, frozen=True):
    """The forms of a text, shortest first; `rough` if the first is cut within a clause."""

    texts: tuple[str, ...]
    rough: bool = False


def levels(text: str, limits: Limits) -> Levels:
    """Return the forms of `text`: cut after ever later clauses, and whole if that is within the cap."""
    pieces = _pieces(text)
    count = len(pieces)
    if count <= limits.most:
        return Levels((text,))
    ends = list(_clause_ends(pieces, _FOLLOWING if limits.readable else _CONTINUING))
    first = _first_cut(pieces, ends, limits)
    whole = count < limits.cap + _LEAST_SAVED
    if first == count or (whole and not _saves(first, count, limits)):
        return Levels((text,))
    later = [place for place, strength in ends if strength >= 2 and first < place <= limits.cap]
    later = [place for place in later if not whole or _saves(place, count, limits)]
    texts = (*(_cut(pieces, place) for place in (first, *later)), *([text] if whole else []))
    return Levels(texts, rough=first not in dict(ends))


def _saves(place: int, count: int, limits: Limits) -> bool:
    """Whether cutting a text of `count` words after `place` words saves enough of them."""
    return count - place >= max(_LEAST_SAVED, -(-count // limits.saved_part))


def target(shown: Levels, wanted: Target) -> int:
    """Return the index of the level with the wanted length: the first long enough, else the longest that fits.

    A level that ends with a clause is preferred over one that is cut within a clause.
    """
    if len(shown.texts) == 1:
        return 0
    counts = [word_count(level) for level in shown.texts]
    fitting = [number for number, count in enumerate(counts) if count <= wanted.most]
    enough = [number for number in fitting if counts[number] >= wanted.least]
    if shown.rough and enough and enough[0] == 0:
        return enough[min(1, len(enough) - 1)]
    return enough[0] if enough else max(fitting, default=0)


def shortest(text: str, limits: Limits) -> str:
    """Return the shortest form of `text`."""
    return levels(text, limits).texts[0]


@lru_cache(maxsize=4096)
def _pieces(text: str) -> tuple[str, ...]:
    """Split a text into words, each with the white space after it."""
    pattern = _WORD if text.isascii() or all(map(_spaced, text)) else _spaceless()
    return tuple(pattern.findall(text.strip()))


def _spaced(letter: str) -> bool:
    """Whether a character does not belong to a script without spaces or its punctuation."""
    return letter < "\u0e00" or "\u2000" <= letter < "\u3000"


@cache
def _spaceless() -> re.Pattern[str]:
    """Return the pattern of words in any script; compiled on first use, which takes longer than cutting a summary."""
    end = rf"{_WIDE_END}、，："
    spaceless = rf"[{_SPACELESS}]{{1,{_WIDE}}}[{_MARKS}]*[{end}]?\s*"
    return re.compile(rf"{spaceless}|[^\s{_SPACELESS}]{{1,{_LONGEST}}}[{end}]*\s*|\S\s*")


def _cut(pieces: tuple[str, ...], count: int) -> str:
    text = "".join(pieces[:count]).rstrip()
    return (text.rstrip(" ,;:.-–—" + _WIDE_END + "、，：") or text) + CUT


def _first_cut(pieces: tuple[str, ...], ends: list[tuple[int, int]], limits: Limits) -> int:
    """Return after how many words to make the shortest cut: after the first of the strongest clauses in the limits."""
    within = [(-strength, place) for place, strength in ends if limits.least <= place <= limits.most]
    within = within or [(0, place) for place, _ in ends if limits.most < place <= limits.most + _FURTHER]
    if within:
        return min(within)[1]
    if len(pieces) <= limits.most + _LEAST_SAVED:
        return len(pieces)
    place = _hard_cut(pieces, limits)
    return _after_continuation(pieces, ends, place, limits) if limits.readable else place


def _after_continuation(pieces: tuple[str, ...], ends: list[tuple[int, int]], place: int, limits: Limits) -> int:
    """Return the end of the clause at `place` if it continues the previous one, as in "but …"; otherwise `place`.

    If the clause ends beyond the cap, `place` is returned too.
    """
    begun = max((at for at in range(1, place) if _ends_clause(pieces[at - 1])), default=0)
    end = min((at for at, _ in ends if at > place), default=len(pieces))
    return end if begun and _plain(pieces[begun].strip()) in _FOLLOWING and end <= limits.cap else place


def _ends_clause(word: str) -> bool:
    return word.rstrip().endswith((",", ".", ";", ":", "!", "?"))


def _hard_cut(pieces: tuple[str, ...], limits: Limits) -> int:
    """Return a place to cut within a clause: not after a weak word, an opening bracket or an arrow."""
    place = limits.most
    if any(word.strip() in _ARROWS for word in pieces[place - 1 : place + 1]):
        place += 1 + (pieces[place].strip() in _ARROWS)  # "60s -> 350s" stays together
    elif _is_measure(pieces[place - 1].strip(), pieces[place].strip()):
        place += 1
    while place > max(limits.least, 1) and _ends_badly(pieces[place - 1], pieces[place]):
        place -= 1
    bracket = _open_bracket(pieces[:place])
    return bracket if bracket >= max(limits.least - _LEAST_SAVED, 2) else place


def _ends_badly(word: str, following: str) -> bool:
    last, after = word.strip(), following.strip()
    return last.casefold() in _WEAK or last in _ARROWS or after in _ARROWS or last in _DASHES


def _is_measure(number: str, unit: str) -> bool:
    """Whether two words are a number and its unit, as in "60 s", "40 min" or "20 %"."""
    return number[-1:].isdigit() and unit.rstrip(_AFTER_UNIT) in _UNITS


def _open_bracket(pieces: tuple[str, ...]) -> int:
    """Return the place before the last bracket that is opened and not closed; 0 for none."""
    depth, place = 0, 0
    for number, piece in enumerate(pieces):
        opened = sum(map(piece.count, _OPENING)) - sum(map(piece.count, _CLOSING))
        place = number if depth == 0 and opened > 0 else place
        depth = max(depth + opened, 0)
    return place if depth else 0


def _clause_ends(pieces: tuple[str, ...], continuing: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield the places where a clause ends, with their strength: 3 a sentence, 2 a comma or colon, 1 a bracket."""
    depth, bracketed = 0, any(map("".join(pieces).count, _OPENING))
    for place in range(1, len(pieces) - _LEAST_SAVED + 1):
        word, following = pieces[place - 1], pieces[place].strip()
        if bracketed:
            depth = max(depth + sum(map(word.count, _OPENING)) - sum(map(word.count, _CLOSING)), 0)
        if depth == 0 and _plain(following) not in continuing:
            after_number = place > 1 and _is_measure(pieces[place - 2].strip(), word.strip())
            strength = _strength(word, following, after_number=after_number)
            if strength and place >= _least_words(word, strength) and not _lists(pieces, place):
                yield place, strength


def _lists(pieces: tuple[str, ...], place: int) -> bool:
    """Whether a place is within a list such as "b3, b7, a4", where there are commas around single words."""
    commas = [at for at in (place - 1, place, place + 1) if 0 < at <= len(pieces) and _comma(pieces[at - 1])]
    return len(commas) > 1 and place in commas


def _comma(piece: str) -> bool:
    return piece.rstrip().endswith((",", "、", "，"))


def _least_words(word: str, strength: int) -> int:
    """Return the fewest words of a clause: before a colon or bracket, a shorter one only introduces what follows."""
    if word.strip().endswith((":", "：")):
        return _ANNOUNCED
    return _ANNOUNCED - 2 if strength == 1 else 1


def _plain(word: str) -> str:
    return word.strip("\"'“”(),.;:!?").casefold()


def _strength(word: str, following: str, *, after_number: bool) -> int:
    """Return the strength of a clause end after a word, 0 for none. "60 s." is no abbreviation (`after_number`)."""
    if not word[-1].isspace() and word[-1] not in _WIDE_END + "、，：":
        return 0
    bare = word.strip().rstrip("\"'”’»")
    if "\n" in word or bare.endswith(tuple("!?;" + _WIDE_END)):
        return 3
    if bare.endswith(".") and (not re.fullmatch(_ABBREVIATION, bare) or (after_number and following[:1].isupper())):
        return 3
    if bare.endswith((",", "、", "，")):
        return 0 if following[:1].isdigit() else 2
    if bare.endswith((":", "：")):
        return 2
    return 1 if following[:1] in _OPENING else 0
