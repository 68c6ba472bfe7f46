"""Fitting: a summary that is too long for where it goes leaves out whole parts, says which, and keeps what matters."""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rflow.core.summary.brief import shorten_progress
from rflow.core.summary.fitting import fit, is_far_too_long
from rflow.core.summary.progress import Digest, FittedDigest, FittedProgress, Progress
from rflow.core.text import abridge
from rflow.formats import FORMATS, format_named, render, render_whole
from support.format_builders import DIGEST, FULL, PLACE, STORIES, TOLD
from support.format_strategies import hostile, retold, told_with
from support.nightly import examples
from support.program import Program

LIMITED = tuple(name for name, format_ in FORMATS.items() if format_.limit)
in_every_limited_format = pytest.mark.parametrize("name", LIMITED)

STEP, NOTE, PIECE = FULL.tried[1], FULL.notes[0], FULL.evidence[1]
LINE = "2026-06-02T01:40:11 spool[311]: job 307 sent 18432 bytes to 10.8.14.52:9100, status=0x00000000 (ok) " * 3
NIGHT = replace(
    FULL,
    tried=tuple(
        replace(STEP, number=number, text=f"Printed label {number:,} of the batch") for number in range(1, 201)
    ),
    notes=tuple(replace(NOTE, text=f"Carried batch {number} over by hand. " * 40) for number in range(200)),
    evidence=tuple(replace(PIECE, lines=(LINE,) * 10, left_out=12_000, bytes_total=4_000_000) for _ in range(3)),
    earlier=9_600,
)
"""A night of 5,000 steps, of which the program tells the last 200."""
LONG_NIGHT = replace(
    NIGHT, tried=tuple(replace(step, number=number) for number, step in enumerate(NIGHT.tried * 25, 1)), earlier=0
)
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
    assert render(name, told) == render_whole(format_named(name), told, None)


@pytest.mark.slow
@in_every_limited_format
@pytest.mark.parametrize(
    "told",
    [NIGHT, LONG_NIGHT, shorten_progress(LONG_NIGHT), SHIFT],
    ids=["night", "long night", "brief", "shift"],
)
def test_a_night_of_5000_steps_fits_everywhere(name: str, told: Progress | Digest) -> None:
    assert measured(name, told) <= limit_of(name)


@pytest.mark.slow
@in_every_limited_format
def test_a_summary_that_is_cut_keeps_what_matters(name: str) -> None:
    text = render(name, LONG_NIGHT).replace("\\", "").replace("\u00a0", " ")
    for kept in (
        *("Can second level look at print-01?", "Does a packet reach port 9100 of the printer", "rflow resume K7QM-2F"),
        *(
            "https://rflow.example/s/Vt3",
            "Port of WH-LAB-02 on print-01 set to TCP/IP",
            "Printed label 200 of the batch",
        ),
    ):
        assert kept in text


@pytest.mark.slow
@in_every_limited_format
def test_most_of_the_room_is_used(name: str) -> None:
    assert measured(name, LONG_NIGHT) > 0.8 * limit_of(name)


def test_few_tries_find_what_fits() -> None:
    tries: list[int] = []

    def write(told: Progress | Digest) -> str:
        tries.append(1)
        return render_text(told)

    text, told = fit(LONG_NIGHT, 20_000, write, len)
    assert len(text) <= 20_000
    assert isinstance(told, FittedProgress)
    assert len(tries) <= 12


def test_what_is_far_too_long_is_not_written_down_to_see_it() -> None:
    change, answer = FULL.changes[0], FULL.ruled_out[0]
    assert is_far_too_long(replace(FULL, changes=(replace(change, revert=GIANT),) * 50), 20_000)
    assert is_far_too_long(replace(FULL, ruled_out=(replace(answer, ends=(GIANT,)),) * 50), 20_000)
    assert not is_far_too_long(shorten_progress(replace(FULL, changes=(replace(change, revert=GIANT),) * 50)), 20_000)


def render_text(told: Progress | Digest) -> str:
    """Write all of it down as text."""
    return render_whole(format_named("text"), told, None)


def fitted(told: Progress, room: int) -> FittedProgress:
    """Cut a summary as text to a room."""
    found = fit(told, room, render_text, len)[1]
    assert isinstance(found, FittedProgress)
    return found


# What is left out first


def test_the_parts_go_in_the_order_of_their_worth() -> None:
    """The smaller the room, the more is gone; what went stays gone."""
    room = len(render_text(FULL))
    gone: list[set[str]] = []
    while room > 700:
        room -= 60
        cut = fitted(FULL, room)
        gone.append({name for name in Progress.__struct_fields__ if getattr(FULL, name) and not getattr(cut, name)})
        gone[-1] |= {"outputs"} if not any(piece.lines for piece in cut.evidence) else set()
    order = list(dict.fromkeys(part for parts in gone for part in sorted(parts)))
    assert order == "outline outputs ahead notes evidence ruled_out hypothesis impact situation".split()
    assert all(fewer <= more for fewer, more in pairwise(gone))


def test_outputs_go_before_their_pieces_oldest_first() -> None:
    cut = fitted(replace(FULL, ahead=()), len(render_text(replace(FULL, ahead=()))) - 60)
    assert [len(piece.lines) for piece in cut.evidence] == [0, 4, 0]
    assert [piece.left_out for piece in cut.evidence] == [6, 0, 0]
    assert cut.omitted.outputs == 1


def test_steps_keep_their_numbers_and_their_heading_counts_the_others() -> None:
    text = render("slack", LONG_NIGHT)
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    assert numbers == list(range(numbers[0], 5_001))
    assert len(numbers) > 10
    assert f"*Tried ({numbers[0] - 1:,} earlier steps not shown)*" in text


def test_the_heading_counts_steps_that_the_program_did_not_tell_at_all() -> None:
    step = replace(STEP, number=4_801)
    assert "TRIED (4,800 EARLIER STEPS NOT SHOWN)" in render("text", replace(FULL, tried=(step,), earlier=4_800))
    assert "TRIED (4 EARLIER STEPS" not in render("text", replace(STORIES["since"], tried=FULL.tried[4:]))


def test_a_summary_says_what_it_left_out() -> None:
    text = " ".join(render("slack", LONG_NIGHT).split())
    assert re.search(
        r"\*Not shown:\* 5,\d\d\d earlier entries, 3 outputs, 2 more pieces of evidence, 1 entry that", text
    )
    assert "what lies ahead" in text


def test_a_change_left_in_place_is_never_silently_gone() -> None:
    """They are left out last, and the heading counts them."""
    changes = tuple(replace(FULL.changes[0], text=f"Port {number} opened") for number in range(900))
    text = render("slack", replace(FULL, changes=changes))
    [count] = re.findall(r"\*Changes left in place \((\d+) earlier changes not shown\)\*", text)
    assert text.count(" opened ") == 900 - int(count)
    assert "Port 899 opened" in text


def test_the_brief_form_counts_what_it_does_not_tell() -> None:
    short = replace(shorten_progress(NIGHT), tried=NIGHT.tried, earlier=0)
    cut = fitted(short, 3_000)
    assert cut.earlier == 200 - len(cut.tried)
    assert f"TRIED ({cut.earlier} EARLIER)" in render_text(cut)
    assert len(cut.changes) == 1


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
        "note": lambda: replace(FULL, notes=(replace(NOTE, text=GIANT), *FULL.notes)),
        "result": lambda: replace(FULL, tried=(*FULL.tried, replace(STEP, number=11, result=GIANT))),
        "line": lambda: replace(FULL, evidence=(replace(PIECE, lines=("ok", "x" * 64_000)),)),
        "ask": lambda: replace(FULL, ask=GIANT),
        "word": lambda: replace(FULL, situation="x" * 64_000),
        "lines": lambda: replace(FULL, notes=(replace(NOTE, text="a\n" * 32_000),)),
        "choices": lambda: replace(FULL, position=replace(PLACE, choices=("Yes, it does",) * 5_000)),
    }
    return giants[change]()


@pytest.mark.slow
@pytest.mark.parametrize("giant", ["note", "result", "line", "ask", "word", "lines", "choices"])
@in_every_limited_format
def test_one_giant_text_does_not_push_out_the_others(name: str, giant: str) -> None:
    told = with_giant(giant)
    rendered = render(name, told)
    assert format_named(name).measure(rendered) <= limit_of(name)
    text = rendered.replace("\\", "").replace("\u00a0", " ")
    for kept in ("Changed the port from WSD to TCP/IP", "Renew the user's profile", "14 batches wait", "Vt3"):
        assert kept in text.replace("&#39;", "'").replace("&#x27;", "'")
    if rendered != render_whole(format_named(name), told, None):
        assert "more characters)" in text or "more)" in text


@pytest.mark.slow
@in_every_limited_format
@pytest.mark.parametrize("text", ["x" * 70_000, "* " * 3_000, "日本語 " * 2_000, "😀\n" * 2_000, "<&>\"' " * 1_000])
@pytest.mark.parametrize("told", [FULL, shorten_progress(FULL), DIGEST], ids=["full", "brief", "digest"])
def test_giants_everywhere_fit(name: str, told: Progress | Digest, text: str) -> None:
    one_line = text.replace("\n", " ")
    giant = retold(told, lambda path, _: text if re.search(r"(text|ask|result)$", path) else one_line)
    assert measured(name, giant) <= limit_of(name)


@pytest.mark.slow
@given(texts=st.lists(hostile, min_size=1, max_size=6), times=st.integers(1, 400), offset=st.integers(0, 5))
@examples(15)
@in_every_limited_format
def test_hostile_texts_of_any_length_fit(name: str, texts: list[str], times: int, offset: int) -> None:
    told = told_with(
        replace(NIGHT, tried=NIGHT.tried[:40], notes=NIGHT.notes[:20]), [text * times for text in texts], offset
    )
    assert measured(name, told) <= limit_of(name)


@pytest.mark.slow
@given(st.integers(400, 4_000), st.sampled_from([FULL, NIGHT, STORIES["closed"], STORIES["since"], DIGEST, SHIFT]))
def test_any_room_is_kept(room: int, told: Progress | Digest) -> None:
    """Down to what the labels and the link alone take."""
    text, cut = fit(told, room, render_text, len)
    assert len(text) <= max(room, 1_000)
    assert isinstance(cut, FittedProgress | FittedDigest)


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
        assert re.search(r"4,\d\d\d earlier steps not shown", text, re.IGNORECASE), name
