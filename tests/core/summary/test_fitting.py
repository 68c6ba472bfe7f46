"""Fitting: a summary that is too long for where it goes leaves out whole parts, says which, and keeps what matters."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rflow.core.summary.budget.fitting import fit
from rflow.core.summary.progress import Digest, Progress
from rflow.core.text import abridge
from rflow.formats import FORMATS, format_named, render, render_whole
from support.formats.builders import DIGEST, FULL, PLACE, STORIES, TOLD, changed
from support.formats.strategies import hostile, with_hostile_texts, with_texts
from support.nightly import NIGHTLY, examples
from support.program import Program

LIMITED = tuple(name for name, format_ in FORMATS.items() if format_.limit)
in_every_limited_format = pytest.mark.parametrize("name", LIMITED)

STEP, NOTE, PIECE = FULL.tried[1], FULL.notes[0], FULL.evidence[1]
LINE = "2026-06-02T01:40:11 spool[311]: job 307 sent 18432 bytes to 10.8.14.52:9100, status=0x00000000 (ok) " * 3
NIGHT = changed(
    FULL,
    tried=tuple(
        replace(STEP, number=number, text=f"Printed label {number:,} of the batch") for number in range(4_801, 5_001)
    ),
    notes=tuple(replace(NOTE, seq=n, kind="note", text=f"Carried batch {n} over by hand. " * 40) for n in range(200)),
    evidence=tuple(replace(PIECE, lines=(LINE,) * 10, left_out=12_000, bytes_total=4_000_000) for _ in range(3)),
    earlier=9_600,
)
"""A night of 5,000 steps, of which the summary looks at the last 200."""
SHOUTING = changed(
    FULL, notes=tuple(replace(NOTE, seq=n, kind="warning", text=f"Do NOT do {n} {'at all ' * 19}") for n in range(400))
)
"""A session with 400 warnings."""
SHIFT = replace(DIGEST, sessions=DIGEST.sessions * 400)
GIANT = "spool " * 11_000


def measured(name: str, told: Progress | Digest) -> int:
    """Measure a summary as its format does."""
    return format_named(name).measure(render(name, told))


def limit_of(name: str) -> int:
    """Give the room of a format."""
    limit = format_named(name).limit
    assert limit is not None
    return limit


# What fits


@in_every_limited_format
@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_what_fits_is_not_touched(name: str, told: Progress | Digest) -> None:
    assert render(name, told) == render_whole(format_named(name), told)


@pytest.mark.slow
@in_every_limited_format
@pytest.mark.parametrize(
    "told",
    [changed(NIGHT, brief=True), changed(SHOUTING, brief=True), SHIFT],
    ids=["brief", "warnings, brief", "shift"],
)
def test_a_long_night_fits_everywhere(name: str, told: Progress | Digest) -> None:
    assert measured(name, told) <= limit_of(name)


@pytest.mark.slow
@in_every_limited_format
@pytest.mark.parametrize("told", [NIGHT, SHOUTING], ids=["night", "warnings"])
def test_a_summary_that_is_cut_fits_and_keeps_what_matters(name: str, told: Progress) -> None:
    rendered = render(name, told)
    assert format_named(name).measure(rendered) <= limit_of(name)
    text = rendered.replace("\\", "").replace("\u00a0", " ")
    for kept in (
        *("Can second level look at print-01?", "Does a packet reach port 9100 of the printer", "rflow resume K7QM-2F"),
        "https://rflow.example/s/Vt3",
    ):
        assert kept in text


@pytest.mark.slow
def test_few_tries_find_what_fits() -> None:
    tries: list[int] = []

    def write(told: Progress | Digest) -> str:
        tries.append(1)
        return render_text(told)

    text, _ = fit(SHOUTING, 10_000, write, len)
    assert len(text) <= 10_000
    assert len(tries) <= 8


def render_text(told: Progress | Digest) -> str:
    """Return all of it as text."""
    return render_whole(format_named("text"), told)


@pytest.mark.slow
def test_fewer_words_come_before_fewer_warnings_and_what_is_missing_is_counted() -> None:
    text, _ = fit(NIGHT, 2_000, render_text, len)
    assert re.search(r"NOT SHOWN: 9,\d\d\d steps, [12]\d\d notes", text)
    text, _ = fit(SHOUTING, 4_000, render_text, len)
    [shown], [missing] = re.findall(r"CAUTION \((\d+) of 401\)", text), re.findall(r"(\d+) warnings", text)
    assert int(shown) + int(missing) == 401
    assert len(text) > 3_000, "as many as have room"
    assert "Do NOT do 399" in text, "the newest warning stays"


def test_a_digest_drops_sessions_from_the_end() -> None:
    text = render("slack", SHIFT)
    assert text.startswith("*1,200 open sessions of Priya Nair")
    [more] = re.findall(r"\*Not shown:\* ([\d,]+) more sessions", text)
    assert text.count("VPN drops every hour") == -(-(1_200 - int(more.replace(",", "")) - 1) // 3)


def test_a_digest_in_slack_has_no_more_blocks_than_slack_takes() -> None:
    short = replace(DIGEST, sessions=(DIGEST.sessions[1],) * 100)
    blocks = json.loads(render("slack-blocks", short))["blocks"]
    assert 40 < len(blocks) <= 50
    assert "more sessions" in json.dumps(blocks)


# Giants


def with_giant(change: str) -> Progress:
    """Put a text of 64 KiB somewhere."""
    giants: dict[str, Callable[[], Progress]] = {
        "note": lambda: changed(FULL, notes=(replace(NOTE, text=GIANT), *FULL.notes)),
        "result": lambda: changed(FULL, tried=(*FULL.tried, replace(STEP, number=11, result=GIANT))),
        "line": lambda: changed(FULL, evidence=(replace(PIECE, lines=("ok", "x" * 64_000)),)),
        "ask": lambda: changed(FULL, ask=GIANT),
        "word": lambda: changed(FULL, situation="x" * 64_000),
        "lines": lambda: changed(FULL, notes=(replace(NOTE, text="a\n" * 32_000),)),
        "choices": lambda: changed(FULL, position=replace(PLACE, choices=("Yes, it does",) * 5_000)),
    }
    return giants[change]()


@pytest.mark.slow
@pytest.mark.parametrize("giant", ["note", "result", "line", "ask", "word", "lines", "choices"])
@in_every_limited_format
def test_one_giant_text_does_not_push_out_the_others(name: str, giant: str) -> None:
    rendered = render(name, with_giant(giant))
    assert format_named(name).measure(rendered) <= limit_of(name)
    text = " ".join(rendered.replace("\\", "").split())  # lines of text are wrapped
    for kept in ("14 batches wait", "set to TCP/IP", "Vt3"):
        assert kept in text.replace("&#39;", "'").replace("&#x27;", "'")


GIANTS = {
    "word": "x" * 70_000,
    "markup": "* " * 3_000,
    "wide": "日本語 " * 2_000,
    "lines": "😀\n" * 2_000,
    "escaped": "<&>\"' " * 1_000,
}
GIANT_IN: dict[str, Progress | Digest] = {"full": FULL, "digest": DIGEST, "brief": changed(FULL, brief=True)}
GIANT_CASES = [
    *(
        (name, form, text)
        for place, name in enumerate(LIMITED)
        for number, text in enumerate(GIANTS)
        for form in (("full", "digest") if NIGHTLY else (("full", "digest")[(place + number) % 2],))
    ),
    *((name, "brief", tuple(GIANTS)[place % len(GIANTS)]) for place, name in enumerate(LIMITED)),
]
"""Each text in each format, in half of them as a digest. The brief form has fewer of the same texts: each format with
one of them, and each of them once, are enough."""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "form", "giant"), GIANT_CASES)
def test_giants_everywhere_fit(name: str, form: str, giant: str) -> None:
    told, text = GIANT_IN[form], GIANTS[giant]
    one_line = text.replace("\n", " ")
    everywhere = with_texts(told, lambda path, _: text if re.search(r"(text|ask|result)$", path) else one_line)
    assert measured(name, everywhere) <= limit_of(name)


@pytest.mark.slow
@given(texts=st.lists(hostile, min_size=1, max_size=6), times=st.integers(1, 400), offset=st.integers(0, 5))
@examples(6, nightly=150)
@in_every_limited_format
def test_hostile_texts_of_any_length_fit(name: str, texts: list[str], times: int, offset: int) -> None:
    told = with_hostile_texts(
        changed(NIGHT, tried=NIGHT.tried[:20], notes=NIGHT.notes[:10]), [text * times for text in texts], offset
    )
    assert measured(name, told) <= limit_of(name)


@pytest.mark.slow
@given(st.integers(400, 4_000), st.sampled_from([FULL, NIGHT, STORIES["closed"], STORIES["since"], DIGEST, SHIFT]))
def test_any_room_is_kept(room: int, told: Progress | Digest) -> None:
    """Down to what the labels and the link alone take."""
    text, _ = fit(told, room, render_text, len)
    assert len(text) <= max(room, 1_000)


# A text


@given(st.text(max_size=400), st.integers(16, 300))
def test_a_text_is_cut_to_little_more_than_was_asked_for(text: str, most: int) -> None:
    cut = abridge(text, most)
    short = len(text) <= most and text.count("\n") < most // 24
    assert cut == text if short else len(cut) <= most + len("… (400 more characters)")


def test_a_text_is_cut_behind_a_word() -> None:
    assert abridge("No labels come out of WH-LAB-02.", 20) == "No labels come out…"
    assert abridge("No labels come out of WH-LAB-02.", 32) == "No labels come out of WH-LAB-02."
    assert abridge("x" * 100, 80) == "x" * 80 + "… (20 more characters)"
    assert abridge("label\n" * 1_000, 100).endswith("label… (5,971 more characters)")


# The program


@pytest.mark.slow
def test_the_program_fits_a_session_of_5000_steps_with_megabytes_of_output(tmp_path: Path) -> None:
    """All of it comes from a document, as another tool would write it."""
    steps = [{"text": f"Printed label {number:,} of the batch", "result": "blank"} for number in range(1, 5_001)]
    notes = [{"text": f"Batch {number} was carried over by hand. " * 40} for number in range(300)]
    evidence = [{"label": f"spooler's log {number}", "output": f"{LINE}\n" * 5_000} for number in range(4)]
    brief = {"ask": "Can second level look at print-01?"}
    document = {
        "version": 1,
        "title": "No labels",
        "brief": brief,
        "steps": steps,
        "notes": notes,
        "evidence": evidence,
    }
    file = tmp_path / "night.json"
    file.write_text(json.dumps(document), "utf-8")
    ana = Program(home=tmp_path)
    ana.ok("import", str(file))
    for name in LIMITED:
        text = ana.ok("progress", "-f", name).out
        assert format_named(name).measure(text) <= limit_of(name), name
        assert "Can second level look at print-01?" in text.replace("\\", ""), name
        assert "Printed label 5,000 of the batch" in text.replace("\\", ""), name
        assert re.search(r"4,\d\d\d (earlier )?steps", text), name
