"""What texts may be: cleaned, not empty where one is needed, and no longer than there is room for."""

from rflow.core.session.events import (
    Brief,
)
from rflow.core.text import clean, one_line, shorten
from rflow.errors import UsageProblem

NOTE_LIMIT = 64 * 1024
LINE_LIMIT = 4 * 1024
TITLE_LIMIT = 200


def title_of(title: str) -> str:
    """Check a title."""
    title = one_line(title)
    if not title:
        raise UsageProblem("The session needs a title.", try_='Give one: rflow start --title "What is wrong"')
    return shorten(title, TITLE_LIMIT)


def line_of(text: str, what: str, *, empty: bool = False) -> str:
    """Check a text of one line or a few; `what` names it in the error."""
    text = clean(text).strip()
    if not text and not empty:
        raise UsageProblem(f"The {what} is empty.", try_="Say it in a few words.")
    if len(text.encode()) > LINE_LIMIT:
        raise UsageProblem(
            f"The {what} is longer than 4 KiB.", try_="Keep it short, and put the rest into `rflow attach`."
        )
    return text


def note_of(text: str, *, empty: bool = False) -> str:
    """Check a text of any number of lines."""
    text = clean(text).strip("\n").rstrip()
    if not text.strip() and not empty:
        raise UsageProblem("The note is empty.", try_='Write it: rflow note "what you saw"')
    if len(text.encode()) > NOTE_LIMIT:
        raise UsageProblem("The note is longer than 64 KiB.", try_="Attach it as a file: rflow attach FILE")
    return text


def brief_of(brief: Brief) -> Brief:
    """Check the header facts."""
    fields = {name: getattr(brief, name) for name in brief.__struct_fields__}
    return Brief(**{n: line_of(text, n, empty=True) for n, text in fields.items() if text is not None})
