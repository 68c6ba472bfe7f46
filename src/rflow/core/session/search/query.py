"""The terms of a search, and its results."""

import re

import msgspec

from rflow.core.session.head import Head, Query
from rflow.core.session.search.words import is_unspaced, words
from rflow.errors import UsageProblem

LONGEST = 1000
MOST_TERMS = 32
_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')
_SHORTEST_BEGINNING = 2


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A search for sessions that contain all of `words`, as they were typed, and match `filters`.

    `filters` also has the number of sessions on a page, and the cursor of the page.
    """

    words: str
    filters: Query = Query()


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive words to find; with `beginning`, the last one may also be the beginning of a longer word.

    `typed` is how it was typed.
    """

    words: tuple[str, ...]
    beginning: bool = False
    typed: str = ""


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A matching text: its entry, the kind of entry, an excerpt, and where the matches are in the excerpt.

    `entry` is 0 for the title and the brief. `marks` are (from, to) in characters.
    """

    entry: int
    what: str
    text: str
    marks: tuple[tuple[int, int], ...] = ()


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A matching session: its head, its outcome, the best of its matching texts, and how many more it has."""

    head: Head
    outcome: str = ""
    summary: str = ""
    matches: tuple[Match, ...] = ()
    more: int = 0


class SearchPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of hits, the best first: `total` is how many there are, `after` the cursor of the next page.

    `building` is set while the index is not ready, to how much of it is (percent); there are no hits then, and the same
    search has to be repeated. `remark` says what makes searching slow here.
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    after: str | None = None
    building: int | None = None
    remark: str = ""


def read_terms(typed: str) -> tuple[Term, ...]:
    """Return the terms of a search as it was typed; raise `UsageProblem` if there is nothing to search for.

    Text in quotation marks is a phrase. A word that ends in `*` is the beginning of one, and so is the last one,
    unless it ends in a digit: who types 10.0.0.1 does not mean 10.0.0.12.
    """
    if len(typed) > LONGEST:
        raise UsageProblem(f"The search is longer than {LONGEST} characters.", try_="Search for its rarest words.")
    matches = list(_TERM.finditer(typed))
    terms = [term for match in matches if (term := _term(match, last=match is matches[-1]))]
    if not terms:
        raise UsageProblem("There is no word to search for.", try_='For example: rflow search "connection refused"')
    if len(terms) > MOST_TERMS:
        raise UsageProblem(f"The search has more than {MOST_TERMS} words.", try_="Search for the rarest of them.")
    return tuple(dict.fromkeys(terms))


def _term(match: re.Match[str], *, last: bool) -> Term | None:
    """Return the term in a piece of input; None if it holds no word."""
    text = (match[1] if match[2] is None else match[2]).strip()
    parts = tuple(words(text))
    if not parts:
        return None
    typing = last and match[2] is not None and len(parts[-1]) >= _SHORTEST_BEGINNING and not parts[-1][-1].isdigit()
    beginning = (text.endswith("*") or (typing and text[-1].isalnum())) and not is_unspaced(parts[-1])
    return Term(words=parts, beginning=beginning, typed=match[0].strip())
