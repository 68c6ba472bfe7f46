"""Which ended warnings a summary shows: those that were not written anew."""

import re
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rflow.core.summary.progress import Progress, ProgressNote
from rflow.core.summary.summarise import summarise
from rflow.core.summary.units.relations import says_little_more
from rflow.core.summary.units.renewals import warnings_that_are_over
from support.core.builders import free, looking
from support.nightly import examples

WORDS = "disk full lb-1 lb-2 db1 logs 40 restart never it of".split()
few_words = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
warnings = st.lists(st.tuples(few_words, st.none() | few_words), max_size=12)


@given(warnings)
@examples(400)
def test_a_warning_is_over_unless_a_newer_one_says_most_of_it_and_of_why_it_ended(given: list[Any]) -> None:
    notes = [
        ProgressNote(seq=seq, text=text, by="Ann", kind="warning", settled=end) for seq, (text, end) in enumerate(given)
    ]
    progress = replace(summarise(free().session, {}, looking()), notes=tuple(notes))
    assert list(warnings_that_are_over(progress)) == list(plainly_over(progress))


def plainly_over(progress: Progress) -> Iterator[tuple[ProgressNote, str]]:
    """Compare each warning with all newer ones."""
    for note in progress.notes:
        newer = [other.text for other in progress.notes if other.seq > note.seq and other.settled is None]
        if note.settled is not None and not any(renewed(note.text, note.settled, text) for text in newer):
            yield note, note.settled


def renewed(text: str, end: str, by: str) -> bool:
    """Whether one text says most of a warning and of why it ended, and names all that it names."""
    names, others = (set(re.findall(r"\w+(?:[-.]\w+)+|[^\W\d_]+\d+", each)) for each in (text, by))
    return bool(end) and names <= others and says_little_more(text, by) and says_little_more(end, by)
