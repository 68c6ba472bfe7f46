"""Values beside their names: finds the name of a secret, then the value in whichever layout it is written."""

from collections.abc import Callable, Iterator
from itertools import chain

from rflow.core.redaction.finders.assigned import after_a_separator
from rflow.core.redaction.finders.layouts import further, layouts_for
from rflow.core.redaction.names import Named, meaning
from rflow.core.redaction.spans import Lazy, Span, lowered
from rflow.core.redaction.values import Value

_STEMS = (
    *(
        "pass",
        "pw",
        "psk",
        "mdp",
        "secret",
        "token",
        "jwt",
        "key content",
        "key",
        "sessid",
        "sessionid",
        "cred",
        "auth",
    ),
    *("wort", "contrase", "clave", "senha", "mot de pass", "palavra", "wachtwoord", "lösenord", "losenord"),
    *("adgangskode", "salasana", "hasło", "heslo", "jelsz", "şifre", "parol", "κωδ", "парол", "密码", "密碼"),
    *("パスワード", "비밀번호", "סיסמה", "كلمة ال", "schlüssel"),
)
"""What names of secrets hold, a longer one before its beginning. One pattern of them takes long to compile."""
_NAME_END = Lazy(r"[\w.\-\u0300-\u036f]{0,80}")
_LONGEST_NAME = 80
_WORDS_BEFORE = Lazy(r"(?:[^\W\d_]{2,20}[ -]){1,3}\Z")
_RESOURCE = Lazy(r"\barn:[\w:/-]*:\Z")
_FIRST_PART = Lazy(r"[^\s;,&|]++(?=[\s;,&|])")
_NAMES_OF_WORDS = frozenset(("key", "content", "token"))
"""Names that need the words before them: "Secret Access Key", "unexpected token"."""

Layout = Callable[[str, int, int, Named], Iterator[Value]]


def find(text: str) -> Iterator[Span]:
    """Find the values that stand beside names of secrets."""
    done = reached = 0
    for begin, end in _stems(lowered(text)):
        if begin < done:
            continue
        start, done = _name_around(text, begin, end)
        named = meaning(_with_words_before(text, start, done))
        if named is None or _RESOURCE.search(text[max(start - 120, 0) : start]):
            continue
        values = _beside(text, start, done, named)
        is_new = (
            bool(values) and values[-1].after > reached
        )  # once for each place: several names may have the same value
        for value in chain(values, further(text, values[-1].after, named) if is_new else ()):
            reached = max(reached, value.after)
            # A bare value may have taken the next name along: X-Api-Key: VALUE;X-Api-Key: VALUE.
            first = None if value.quoted else _FIRST_PART.match(text, value.start, value.end)
            done = max(done, first.end() if first else value.end)
            yield Span(value.start, value.end, named.kind)


def _stems(low: str) -> list[tuple[int, int]]:
    """Return where the stems stand in a text in small letters, in order."""
    places: dict[int, int] = {}
    for stem in _STEMS:
        place = low.find(stem)
        while place >= 0:
            places.setdefault(place, place + len(stem))
            place = low.find(stem, place + 1)
    return sorted(places.items())


def _beside(text: str, start: int, end: int, named: Named) -> list[Value]:
    """Return the values of the first layout that has any."""
    for layout in (after_a_separator, *layouts_for(text, start, end)):
        if values := list(layout(text, start, end, named)):
            return values
    return []


def _name_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the whole name begins and ends, of which a stem stands at this place."""
    first = max(start - _LONGEST_NAME, 0)
    while start > first and (text[start - 1].isalnum() or text[start - 1] in "_.-"):
        start -= 1
    match = _NAME_END.match(text, end)
    whole = text[end : match.end() if match else end].rstrip(".-")
    return start, end + len(whole)


def _with_words_before(text: str, start: int, end: int) -> str:
    name = text[start:end]
    if name.lower() in _NAMES_OF_WORDS and (before := _WORDS_BEFORE.search(text[max(start - 40, 0) : start])):
        return before[0] + name
    return name
