"""What a summary shows: cut only at the end of texts, within its words, nothing undone as valid, everything counted."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rflow.core.people import person
from rflow.core.session import commands as c
from rflow.core.session.events import Brief, Contingency
from rflow.core.session.state import Change, Note, Step
from rflow.core.summary.budget import arrange
from rflow.core.summary.budget.arrange import arranged, sections_only
from rflow.core.summary.budget.cutting import CUT, Limits, levels, word_count
from rflow.core.summary.budget.filling import Filling, Shown, by_importance
from rflow.core.summary.budget.shares import brief_words, whole_words
from rflow.core.summary.progress import Progress, SectionEntry
from rflow.core.summary.summarise import summarise
from rflow.core.summary.units.times import span
from rflow.core.summary.units.unit import Unit
from rflow.formats import FORMATS, format_named, render
from support.core.builders import ANN, BEN, CLEO, TIER2, Scene, free, looking, output, printing
from support.nightly import examples

WORDS = (
    *"the queue is empty, printer says: no paper. restarted it; twice (in vain) since 01:50 but not on web-3".split(),
    *"Mr. Doe said 60s -> 350s of port 9100 – Störung um 2.10 Uhr, z.B. beim Drucken; error=0x3 C:\\spool".split(),
)
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=60).map(" ".join)
short_texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join)


def progress_of(scene: Scene, *, brief: bool = False) -> Progress:
    """Return the summary of a scene."""
    return summarise(scene.session, scene.trees, looking(brief=brief))


def entries(progress: Progress, *keys: str) -> list[SectionEntry]:
    """Return the entries of the sections with these keys, of all without any."""
    return [entry for section in progress.sections if not keys or section.key in keys for entry in section.entries]


def text_of(progress: Progress, *keys: str) -> str:
    """Return the text of sections."""
    return "\n".join("\n".join([entry.text, *entry.below]) for entry in entries(progress, *keys))


# Cutting


@given(
    text=texts, least=st.integers(1, 12), more=st.integers(0, 12), further=st.integers(0, 30), readable=st.booleans()
)
def test_a_text_is_cut_only_at_its_end_and_never_between_words(
    text: str, least: int, more: int, further: int, readable: bool
) -> None:
    shown = levels(text, Limits(least, least + more, least + more + further, readable)).texts
    assert [word_count(level) for level in shown] == sorted({word_count(level) for level in shown})
    for level in shown[:-1] if shown[-1] == text else shown:
        kept = level.removesuffix(CUT)
        assert text.startswith(kept)
        assert kept != level
        assert re.fullmatch(r"[,;:.\-–—]*(\s.*)?", text[len(kept) :])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("All pods restart. Nothing was deployed since Monday morning at nine", "All pods restart…"),
        ("It is off, but nobody knows since when or by whom it was done", "It is off, but nobody knows since when…"),
        ("Timeout set from 60s -> 350s on both of the load balancers in Leeds", "Timeout set from 60s -> 350s…"),
        ("It is slower on all those than 60 s per request was before it", "It is slower on all those than 60 s…"),
        ("Memory limit (MR 812 in the deploy repository of the platform team)", "Memory limit…"),
        (
            "Locks still get older than 60 s. Sessions that were open before that don't get the setting at all",
            "Locks still get older than 60 s…",
        ),
        (
            "Störung seit ca. 25.11. in Halle vier, betroffen sind alle Drucker dort",
            "Störung seit ca. 25.11. in Halle vier…",
        ),
        ("印刷できません。ネットワークは正常です。再起動しても変わりませんでした。", "印刷できません…"),
    ],
)
def test_a_cut_is_made_where_a_clause_ends(text: str, shown: str) -> None:
    assert levels(text, Limits(2, 8, 8)).texts[0] == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("those 20 hold locks on rates, price updates of partners hang", None),
        ("no entry. but the log of the app is sampled to 10%, so that proves nothing", None),
        (
            "read once, but only while the others of its pool are idle, and " + "more " * 14,
            "read once, but only while the others of its pool are idle…",
        ),
        ("opens the file, then it waits for a slot of the server", None),
        ("no entry since but those of the probe " + "and more " * 20, "no entry since but those of the probe…"),
    ],
)
def test_with_room_a_text_is_cut_only_where_that_saves_half_and_not_within_a_but(text: str, shown: str | None) -> None:
    """A clause that begins with "but" or the like is shown to its end; None: nothing is cut."""
    assert levels(text, Limits(2, 8, 24, readable=True)).texts[0] == (shown or text)


@pytest.mark.parametrize(
    "text",
    [
        "https://logs.example/search?q=" + "a" * 3_000,
        "x" * 10_000,
        "Traceback (most recent call last):\n" + '  File "/srv/app.py", line 3, in main\n    run()\n' * 40,
        "プリンターが動きません" * 200,
        "Donaudampfschifffahrtsgesellschaftskapitän " * 50,
    ],
    ids=["address", "one word", "stack trace", "Japanese", "German"],
)
def test_long_words_and_other_scripts_are_cut_too(text: str) -> None:
    [first, *_] = levels(text, Limits(5, 10, 20)).texts
    assert len(first) <= 12 * 60
    assert word_count(first) <= 12
    assert text.startswith(first.removesuffix(CUT))


@pytest.mark.parametrize(
    "text",
    [
        "เครื่องพิมพ์ป้ายในคลังสินค้าไม่ทำงานตั้งแต่เมื่อคืนนี้และพนักงานต้องเขียนด้วยมือทั้งหมด" * 2,
        "ﾌﾟﾘﾝﾀｶﾞ動ｶﾅｲﾉﾃﾞ倉庫ﾉ作業者ｶﾞ手書ｷﾃﾞ対応ｼﾃｵﾘﾏｽ" * 4,
        "フ\u309aリンタか\u3099動かない" * 10,
    ],
    ids=["Thai", "half-width kana", "kana taken apart"],
)
def test_no_cut_takes_a_vowel_or_a_mark_from_its_letter(text: str) -> None:
    for most in range(4, 40):
        for shown in levels(text, Limits(3, most, most + 5)).texts:
            following = text[len(shown) - 1 :][:1] if shown.endswith(CUT) else ""
            assert not following or (unicodedata.category(following) != "Mn" and following not in "ﾞﾟ"), (most, shown)


# Sessions


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """A session with all that can be entered, in which each entry has a word of its own."""
    scene = printing("Yes", "No") if draw(st.booleans()) else free()
    for number in range(draw(st.integers(0, 22))):
        _enter(draw, scene, f"n{number}n")
    if draw(st.booleans()):
        fields = [draw(st.none() | short_texts) for _ in range(3)]
        brief = Brief(situation=fields[0], impact=fields[1], hypothesis=fields[2], ask=draw(st.none() | short_texts))
        if brief != Brief():
            scene.do(ANN, c.SetBrief(brief=brief))
    return scene


def _enter(draw: st.DrawFn, scene: Scene, word: str) -> None:
    text, result, pin = f"{word} {draw(short_texts)}", draw(short_texts), draw(st.booleans())
    kind = draw(st.sampled_from(("step", "step", "note", "warn", "assume", "change", "revert", "undo", "run", "wait")))
    who = draw(st.sampled_from((ANN, ANN, BEN)))
    match kind:
        case "step":
            scene.do(who, c.AddStep(text=text, result=result, assume=draw(st.integers(0, 4)) == 0, pin=pin))
        case "note" | "assume":
            scene.do(who, c.AddNote(text=text, kind="note" if kind == "note" else "assumption", pin=pin))
        case "warn":
            scene.do(who, c.AddNote(text=" ".join(text.split()[:12]), kind="warning"))
        case "change":
            scene.do(ANN, c.MakeChange(text=text, revert=f"undo-{word} --now"))
        case "revert" if in_place := [change for change in scene.session.changes.values() if change.in_place]:
            scene.do(ANN, c.RevertChange(change=in_place[-1].seq))
        case "run":
            scene.do(who, c.AddEvidence(evidence=output(f"first\n{result}", label=word)))
        case "wait":
            scene.do(ANN, c.SetWaiting(waiting_for=text))
        case "undo" if scene.session.kinds[scene.session.version].__name__ in ("StepAdded", "NoteAdded"):
            author = scene.session.people[scene.session.authors[scene.session.version]]
            scene.do(author, c.Undo())


many = examples(60)
both_forms = pytest.mark.parametrize("brief", [True, False], ids=["brief", "whole"])


def word_in(text: str) -> str:
    """Return the word that belongs to one entry only."""
    return re.findall(r"n\d+n", text)[0]  # type: ignore[no-any-return]


def entered_texts(scene: Scene) -> Iterator[str]:
    """Return every text that a summary may show a part of."""
    session, brief = scene.session, scene.session.brief
    for step in session.steps.values():
        yield from (step.text, step.result, step.reason)
    yield from (note.text for note in session.notes.values())
    for change in session.changes.values():
        yield from (change.text, change.revert)
    for piece in session.evidence.values():
        yield from piece.what.excerpt.split("\n")
    yield from (brief.ask or "", brief.situation or "", brief.impact or "", brief.hypothesis or "")
    yield from (wait.waiting_for for wait in session.waiting)
    for tree in scene.trees.values():
        for node in tree.nodes.values():
            yield node.text
            yield from (f"{choice.label}: {tree.nodes[choice.to].text}" for choice in getattr(node, "choices", ()))


@pytest.mark.slow
@both_forms
@many
@given(scene=scenes())
def test_each_cut_ends_the_beginning_of_an_entered_text(brief: bool, scene: Scene) -> None:
    texts = [" ".join(text.split()) for text in entered_texts(scene)]
    for entry in entries(progress_of(scene, brief=brief)):
        for before in entry.text.split(CUT)[:-1]:
            assert any(_ends_with_beginning(before, text) for text in texts), entry.text


def _ends_with_beginning(before: str, text: str) -> bool:
    words = text.split()
    return any(before.endswith(" ".join(words[:count]).rstrip(" ,;:.-–—")) for count in range(1, len(words) + 1))


@pytest.mark.slow
@both_forms
@many
@given(scene=scenes())
def test_a_summary_keeps_to_its_words_except_for_the_ask_and_warnings(brief: bool, scene: Scene) -> None:
    progress = progress_of(scene, brief=brief)
    words = len(render("text", progress).split())
    valid = sum(not step.undone for step in progress.tried) + len(progress.notes) + len(progress.changes)
    uncut = word_count(text_of(progress, "ask", "caution"))
    typed = sum(len(text.split()) for text in _typed(progress))
    budget = (
        brief_words(word_count(text_of(progress, "caution")))
        if brief
        else whole_words(valid, len(progress.evidence), typed, uncut)
    )
    always = [f"{section.label} {text_of(progress, section.key)}" for section in progress.sections]
    forced = sum(
        len(text.split()) for text in always if text.startswith(("Ask", "Caution", "Tree", "Not shown", "Omitted"))
    )
    assert words <= max(budget, forced + len(f"{progress.session.title} {progress.header}".split()) + 4)


def _typed(progress: Progress) -> Iterator[str]:
    yield from (f"{step.text} {step.result} {step.reason}" for step in progress.tried if not step.undone)
    yield from (note.text for note in progress.notes)
    yield from (f"{change.text} {change.revert}" for change in progress.changes)


@pytest.mark.slow
@both_forms
@many
@given(scene=scenes())
def test_warnings_and_ways_back_are_shown_in_full(brief: bool, scene: Scene) -> None:
    progress = progress_of(scene, brief=brief)
    for note in scene.session.notes.values():
        if note.kind == "warning" and not note.undone:
            assert note.text in text_of(progress, "caution")
    in_place = {word_in(change.text): change for change in scene.session.changes.values() if change.in_place}
    shown = entries(progress, "changes")
    if not in_place and progress.changes:
        assert [entry.text for entry in shown] == ["nothing"]
        return
    for entry in shown:
        assert in_place[word_in(entry.text)].revert in entry.text


@pytest.mark.slow
@both_forms
@many
@given(scene=scenes())
def test_nothing_that_was_undone_reverted_or_assumed_reads_as_valid(brief: bool, scene: Scene) -> None:
    progress = progress_of(scene, brief=brief)
    session = scene.session
    undone = [entry for table in session.entries for entry in table.values() if entry.undone]
    for entry in undone:
        valid = [
            section.key for section in progress.sections if section.key not in ("taken_back", "caution", "outputs")
        ]
        assert word_in(getattr(entry, "text", "") or "n9999n") not in text_of(progress, *valid)
    for change in session.changes.values():
        if change.reverted:
            assert word_in(change.text) not in text_of(progress, "changes", "facts", "tried")
    for step in session.steps.values():
        if step.assumed and step.kind == "own":
            assert word_in(step.text) not in text_of(progress, "facts", "tried")


@pytest.mark.slow
@both_forms
@many
@given(scene=scenes())
def test_what_is_shown_and_what_is_counted_is_all_that_is_valid(brief: bool, scene: Scene) -> None:
    progress, session = progress_of(scene, brief=brief), scene.session
    counted = Counter(dict(_counts(text_of(progress, "not_shown"))))
    shown = set(re.findall(r"n\d+n", text_of(progress, *(s.key for s in progress.sections if s.key not in _ASIDE))))
    then = {
        number
        for change in progress.changes
        for number in (change.then_step, change.later_step)
        if word_in(change.text) in shown
    }
    numbers = {step.seq: step.number for step in progress.tried}
    own = [step for step in session.steps.values() if step.kind == "own" and numbers[step.seq] not in then]
    hidden = {
        "step": _hidden(own, shown),
        "note": _hidden((note for note in session.notes.values() if note.kind == "note"), shown),
        "assumption": _hidden((note for note in session.notes.values() if note.kind == "assumption"), shown),
        "change": _hidden((change for change in session.changes.values() if change.in_place), shown),
        "reverted": _hidden((change for change in session.changes.values() if change.reverted), shown),
    }
    choices = sum(step.kind != "own" for step in session.steps.values())
    if brief:
        assert counted["change"] == hidden.pop("change")
        outputs = sum(not piece.undone for piece in session.evidence.values())
        assert sum(hidden.values()) + outputs <= counted["entries"] <= sum(hidden.values()) + outputs + choices
    else:
        assert hidden["step"] <= counted["step"] <= hidden["step"] + choices
        assert counted["change"] == hidden["change"] + hidden["reverted"]
        assert (counted["note"], counted["assumption"]) == (hidden["note"], hidden["assumption"])


def _hidden(entries: Iterable[Step | Note | Change], shown: set[str]) -> int:
    """Return how many valid entries are not shown."""
    return sum(not entry.undone and word_in(entry.text) not in shown for entry in entries)


_ASIDE = ("caution", "not_shown")


@pytest.mark.slow
@both_forms
@examples(15)
@given(scene=scenes(), room=st.integers(0, 150))
def test_an_entry_is_missing_only_if_it_does_not_fit_beside_those_before_it(
    brief: bool, scene: Scene, room: int
) -> None:
    """Each at its shortest, in the order in which they are presented."""
    units = list(arrange._units(progress_of(scene, brief=brief)))

    def present(some: list[Unit], words: int) -> Shown:
        filling = Filling(by_importance(some), words, lambda key, shown: 1)
        filling.present(reserve=0)
        return filling.shown

    order, shown = list(present(units, 100_000)), present(units, room)
    for place, unit in enumerate(order):
        if unit not in shown:
            assert unit not in present([*(before for before in order[:place] if before in shown), unit], room)


def _counts(text: str) -> Iterator[tuple[str, int]]:
    for number, noun in re.findall(r"(\d[\d,]*) (entries|\w+?(?=s?\b))", text):
        yield "entries" if noun == "entry" else noun, int(number.replace(",", ""))


# One by one


def test_an_ask_of_sixty_words_is_shown_in_full() -> None:
    scene = free()
    ask = " ".join(f"word{number}" for number in range(60))
    scene.do(ANN, c.SetBrief(brief=Brief(ask=ask)))
    for brief in (True, False):
        assert text_of(progress_of(scene, brief=brief), "ask") == ask


def test_forty_warnings_make_the_brief_form_longer_instead_of_being_cut() -> None:
    scene = free()
    warnings = [f"Do NOT restart w{number} {'really ' * 30}" for number in range(40)]
    for text in warnings:
        scene.do(ANN, c.AddNote(text=text.strip(), kind="warning"))
    shown = text_of(progress_of(scene, brief=True), "caution")
    assert all(text.strip() in shown for text in warnings)


def test_the_outcome_of_a_change_is_shown_with_it_and_not_among_the_steps() -> None:
    scene = free()
    scene.do(ANN, c.MakeChange(text="Firewall off", revert="netsh firewall on"))
    scene.do(ANN, c.AddStep(text="Tried without firewall", result="809 too"))
    progress = progress_of(scene)
    [change] = entries(progress, "changes")
    assert change.text == "Firewall off (03:15). Then: 809 too (step 1). Revert: netsh firewall on"
    assert entries(progress, "tried") == []


def test_a_reverted_change_shows_its_time_range() -> None:
    scene = free()
    [made] = scene.do(ANN, c.MakeChange(text="Firewall off", revert="netsh firewall on"))
    scene.do(ANN, c.AddStep(text="Tried without firewall", result="809 too"), c.RevertChange(change=made.seq))
    progress = progress_of(scene, brief=True)
    assert [entry.text for entry in entries(progress, "reverted")] == ["Firewall off (03:15–03:17): 809 too"]
    assert text_of(progress, "changes") == "nothing", "all is as it was before"
    later = replace(looking(), as_of=looking().as_of + timedelta(days=1), brief=True)
    [old] = entries(summarise(scene.session, scene.trees, later), "reverted")
    assert old.text == "Firewall off (2026-03-02 03:15–03:17): 809 too", "the day stands there once"
    scene.do(ANN, c.MakeChange(text="IPv6 off", revert="on"))
    night = scene.session.version
    scene.now += timedelta(hours=22)
    scene.do(ANN, c.RevertChange(change=night))
    assert entries(progress_of(scene), "reverted")[-1].text == "IPv6 off (03:18–2026-03-03 01:19)"


def test_a_span_over_the_end_of_summer_time_says_both_offsets() -> None:
    summer, winter = (timezone(timedelta(hours=hours)) for hours in (2, 1))
    start, end = datetime(2026, 10, 25, 2, 50, tzinfo=summer), datetime(2026, 10, 25, 2, 10, tzinfo=winter)
    assert span(start, end, datetime(2027, 6, 1, tzinfo=summer)) == "2026-10-25 02:50–2026-10-25 02:10 +01:00"


def test_of_several_results_the_last_before_a_change_was_reverted_says_why() -> None:
    scene = free()
    [made] = scene.do(ANN, c.MakeChange(text="SIP ALG off on fw-gdy-1", revert="SIP ALG on"))
    scene.do(ANN, c.AddStep(text="4 calls in", result="none dropped, still no audio"))
    scene.do(ANN, c.AddStep(text="Phones show no service", result="19 of 28 unregistered, worse"))
    scene.do(ANN, c.RevertChange(change=made.seq))
    assert "19 of 28 unregistered, worse" in text_of(progress_of(scene, brief=True), "reverted")


def test_without_changes_there_is_no_section_of_changes() -> None:
    scene = free()
    scene.do(ANN, c.AddStep(text="4 calls in", result="none dropped"))
    assert entries(progress_of(scene), "changes") == []


def test_a_result_that_names_nothing_of_a_change_does_not_hide_the_one_that_does() -> None:
    scene = free()
    [made] = scene.do(ANN, c.MakeChange(text="MTU of wg0 to 1380", revert="MTU 1420"))
    scene.do(ANN, c.AddStep(text="Pinged with the MTU at 1380", result="still loses every third packet"))
    scene.do(ANN, c.AddStep(text="Looked at the disk of the mail archive", result="61 % used"))
    scene.do(ANN, c.RevertChange(change=made.seq))
    progress = progress_of(scene)
    assert "still loses every third packet" in text_of(progress, "reverted")
    assert "61 % used" in text_of(progress, "tried")


def test_many_warnings_of_a_closed_session_leave_room_for_its_end_and_what_is_in_place() -> None:
    scene = free()
    for number in range(8):
        scene.do(ANN, c.AddNote(text=f"Do NOT restart node {number}: " + "its disk is local " * 6, kind="warning"))
    scene.do(ANN, c.MakeChange(text="Shop in maintenance", revert="shopctl on"))
    scene.do(ANN, c.Close(outcome="resolved", summary="It was the lease time"))
    progress = progress_of(scene, brief=True)
    assert "It was the lease time" in text_of(progress, "closed")
    assert "Revert: shopctl on" in text_of(progress, "changes")


def test_many_words_of_warnings_let_the_brief_form_grow() -> None:
    scene = free()
    for number in range(4):
        scene.do(ANN, c.AddNote(text=f"Do NOT restart node {number}: " + "its disk is local " * 8, kind="warning"))
        scene.do(ANN, c.AddStep(text=f"Step {number} " + "about the lost disk " * 4, result="no difference " * 9))
    words = len(render("text", progress_of(scene, brief=True)).split())
    assert 200 < words <= brief_words(word_count(text_of(progress_of(scene, brief=True), "caution")))


def test_a_late_result_or_one_of_somebody_else_is_not_the_outcome_of_a_change() -> None:
    scene = free()
    scene.do(ANN, c.MakeChange(text="Firewall off", revert="netsh firewall on"))
    scene.do(BEN, c.AddStep(text="Looked at the switch", result="fine"))
    scene.now = scene.now.replace(hour=4)
    scene.do(ANN, c.AddStep(text="Had lunch", result="good"))
    assert "Then" not in text_of(progress_of(scene), "changes")


def test_a_step_without_a_word_of_a_change_is_not_its_outcome() -> None:
    scene = free()
    scene.do(ANN, c.MakeChange(text="Shop in maintenance", revert="shopctl on"))
    scene.do(ANN, c.AddStep(text="Asked for a login", result="only Dave has it"))
    progress = progress_of(scene)
    assert "Then" not in text_of(progress, "changes")
    assert text_of(progress, "tried") == "Asked for a login: only Dave has it"


def test_a_warning_right_after_a_step_says_what_it_is_about() -> None:
    scene = free()
    scene.do(ANN, c.AddStep(text="Rolled back to 46", result="gone!"), c.Undo())
    scene.do(ANN, c.AddNote(text="STOP, that was staging", kind="warning"))
    for brief, about in ((True, "about “Rolled back to 46”"), (False, "about step 1, “Rolled back to 46”")):
        assert text_of(progress_of(scene, brief=brief), "caution") == f"STOP, that was staging ({about}, taken back)"
    assert text_of(progress_of(scene), "taken_back") == "Rolled back to 46"


@both_forms
def test_a_step_that_was_taken_back_stands_with_the_note_that_says_why(brief: bool) -> None:
    scene = free()
    scene.do(ANN, c.AddStep(text="Rolled back to 46", result="gone!"), c.Undo())
    scene.do(ANN, c.AddNote(text="Staging only, prod is still on 47"))
    progress = progress_of(scene, brief=brief)
    assert text_of(progress, "taken_back") == "Rolled back to 46. Then: Staging only, prod is still on 47"
    assert entries(progress, "notes", "not_shown") == []


def test_the_step_that_corrects_one_that_was_taken_back_is_tried_as_others_are() -> None:
    scene = free()
    scene.do(ANN, c.AddStep(text="Rolled back to 46", result="gone!"), c.Undo())
    scene.do(ANN, c.AddStep(text="Rolled back to 46 on staging", result="proves nothing"))
    assert text_of(progress_of(scene), "taken_back") == "Rolled back to 46. Then: step 2"
    for brief in (True, False):
        [tried] = entries(progress_of(scene, brief=brief), "tried")
        assert (tried.number, tried.text) == (2, "Rolled back to 46 on staging: proves nothing")
    assert entries(progress_of(scene, brief=True), "taken_back") == []


def test_a_note_after_an_answer_was_taken_back_stands_with_it_only_if_it_names_something_of_it() -> None:
    for note, said in (("The customer calls at three", ""), ("That is the power lamp, not the printer", " Then: {}")):
        scene = printing()
        scene.do(ANN, c.Choose(choice="Yes"), c.Undo(), c.AddNote(text=note))
        progress = progress_of(scene)
        assert text_of(progress, "taken_back").endswith(f"Yes{'.' * bool(said)}{said.format(note)}")
        assert text_of(progress, "last_note") == note


def test_what_somebody_else_enters_next_is_not_why_a_step_was_taken_back() -> None:
    scene = free()
    scene.do(ANN, c.AddStep(text="Rolled back to 46", result="gone!"), c.Undo())
    scene.do(BEN, c.AddNote(text="Lunch is here"))
    scene.do(ANN, c.AddStep(text="Asked the vendor", result="no answer"))
    assert text_of(progress_of(scene), "taken_back") == "Rolled back to 46"


def test_a_text_is_not_cut_where_that_saves_little_of_it() -> None:
    text = "FIN from node, 3ms later the balancer sends the next request on the same connection"
    assert levels(text, Limits(4, 12, 30)).texts == (text,)


def test_a_pinned_note_that_repeats_the_ask_comes_after_other_facts() -> None:
    scene = free()
    facts = ["Killed by the probe, not by memory", "Made 815: cpu limit 2, timeout 5s"]
    scene.do(ANN, *(c.AddNote(text=text, pin=True) for text in facts))
    scene.do(ANN, c.SetBrief(brief=Brief(ask="Merge 815: cpu limit 2, timeout 5s")))
    units = [unit for unit in arrange._units(progress_of(scene, brief=True)) if unit.section == "facts"]
    assert [unit.rank for unit in units] == [0, -1]


def test_a_wait_shows_its_deadline_author_and_whether_it_is_overdue() -> None:
    scene = free()
    until = looking().as_of.replace(hour=6)
    scene.do(ANN, c.SetWaiting(until=until, waiting_for="the network team"))
    [section] = [section for section in progress_of(scene).sections if section.key == "waiting"]
    assert (section.label, section.detail) == ("Waiting", "until 07:00 (set by Ann)")
    overdue = summarise(scene.session, scene.trees, replace(looking(), as_of=until.replace(hour=8)))
    [section] = [section for section in overdue.sections if section.key == "waiting"]
    assert section.detail == "overdue since 07:00"


def test_of_several_waits_each_says_its_time_the_first_due_first() -> None:
    scene = free()
    due = {hour: looking().as_of.replace(hour=hour) for hour in (6, 8, 11)}
    scene.do(ANN, c.SetWaiting(until=due[11], waiting_for="Bogdan: sets 48 h"), c.SetWaiting(waiting_for="the audit"))
    scene.do(ANN, c.SetWaiting(until=due[8], waiting_for="Sef: wants to look first"))
    late = replace(looking(), as_of=due[8].replace(minute=30))
    for brief, whose in ((False, "(set by Ann)"), (True, "(Ann)")):
        progress = summarise(scene.session, scene.trees, replace(late, brief=brief))
        [section] = [section for section in progress.sections if section.key == "waiting"]
        assert (section.label, section.detail) == ("Waiting", whose)
        assert [entry.text for entry in section.entries] == [
            "overdue since 09:00: Sef: wants to look first",
            "until 12:00: Bogdan: sets 48 h",
            "the audit",
        ]
        assert [part.overdue for part in progress.waiting] == [True, False, False]


def test_a_wait_for_what_is_asked_does_not_say_it_again_in_the_brief_form() -> None:
    scene = free()
    scene.do(ANN, c.SetBrief(brief=Brief(ask="Renske: may we upgrade wlc-2 tonight, 22:00 to 22:45?")))
    scene.do(ANN, c.SetWaiting(waiting_for="Renske (deputy): upgrade wlc-2 tonight, 22:00 to 22:45"))
    scene.do(ANN, c.SetWaiting(waiting_for="Wavetrack: license for wlc-1, case WT-30418"))
    for brief, first in (
        (True, "Renske (deputy), as asked"),
        (False, "Renske (deputy): upgrade wlc-2 tonight, 22:00 to 22:45"),
    ):
        progress = summarise(scene.session, scene.trees, replace(looking(), brief=brief))
        [section] = [section for section in progress.sections if section.key == "waiting"]
        assert [entry.text for entry in section.entries] == [first, "Wavetrack: license for wlc-1, case WT-30418"]


def test_an_ask_of_an_earlier_owner_says_whose_it_is() -> None:
    scene = free()
    scene.do(ANN, c.SetBrief(brief=Brief(ask="Restart it or wait? I'd wait", situation="Nothing prints")))
    assert text_of(progress_of(scene), "ask") == "Restart it or wait? I'd wait"
    assert [whose(scene, brief=brief) for brief in (True, False)] == ["", ""]
    scene.do(ANN, c.HandOff(to=BEN))
    scene.do(BEN, c.Accept())
    assert [whose(scene, brief=brief) for brief in (True, False)] == ["(Ann)", "(by Ann)"]
    for shown in (progress_of(scene), sections_only(progress_of(scene))):
        assert (shown.ask_by, f"{shown.ask_at:%H:%M}") == ("Ann", "03:15")
    scene.do(BEN, c.SetBrief(brief=Brief(situation="Half of it prints")))
    assert whose(scene, brief=True) == "(Ann)"
    scene.do(BEN, c.SetBrief(brief=Brief(ask="Restart it?")))
    assert (whose(scene, brief=True), progress_of(scene).ask_by) == ("", None)


def whose(scene: Scene, *, brief: bool) -> str:
    [section] = [section for section in progress_of(scene, brief=brief).sections if section.key == "ask"]
    return section.detail


def test_at_first_is_what_was_said_first_of_several_situations() -> None:
    scene = free()
    for situation in ("Nobody can book since 02:05", "Half of the agents can book", "All book again, imports hang"):
        scene.do(ANN, c.SetBrief(brief=Brief(situation=situation)))
        scene.now += timedelta(minutes=20)
    assert text_of(progress_of(scene), "before") == "Nobody can book since 02:05"


def test_what_somebody_was_asked_gives_way_in_the_brief_form_where_they_are_waited_for() -> None:
    scene = free()
    scene.do(ANN, c.AskQuestion(to=BEN, text="May the value be 2 for all of payroll until tomorrow?"))
    scene.do(ANN, c.SetWaiting(waiting_for="Ben (security): his yes to value 2, in a meeting until 11:00"))
    asked = "Ben was asked: May the value be 2 for all of payroll until tomorrow?"
    for brief in (True, False):  # with room for all of it
        [section] = [section for section in progress_of(scene, brief=brief).sections if section.key == "waiting"]
        assert section.entries[-1].text == asked
    way_back = "set it to 0, restart it and look in the event log whether it was taken over"
    scene.do(ANN, c.MakeChange(text="Set value 2 on the first laptop", revert=way_back))
    for number in range(60):
        scene.do(ANN, c.AddNote(text=f"laptop {number} is fine", pin=True))
    shown = {part.key: [entry.text for entry in part.entries] for part in progress_of(scene, brief=True).sections}
    assert [text.partition(":")[0] for text in shown["waiting"]] == ["Ben (security)"]
    assert [text.partition("Revert: ")[2] for text in shown["changes"]][-1] == way_back


@pytest.mark.parametrize(("asked", "waited_for"), [("tier-2", "tier-1"), ("Jo", "Vendor"), ("???", "Vendor")])
def test_what_somebody_was_asked_does_not_give_way_to_a_wait_for_somebody_else(asked: str, waited_for: str) -> None:
    scene = free()
    scene.do(ANN, c.AskQuestion(to=person(asked), text="Can you open port 9100 to the printer today?"))
    scene.do(ANN, c.SetWaiting(waiting_for=f"{waited_for}: to call back about the badge"))
    for number in range(60):
        scene.do(ANN, c.AddNote(text=f"laptop {number} is fine", pin=True))
    shown = text_of(progress_of(scene, brief=True), "waiting")
    assert f"{asked} was asked: Can you open port 9100" in shown


@pytest.mark.parametrize(
    "said",
    [
        "Ann: no failover of the database",
        "DBA team: no failover of the database",
        "DBA team: the failover of the database at 9 am",
        "DBA team: OK",
        "change window: 9 am",
        ": approve the failover of the database",
        "Ann: approve the failover of the database",
    ],
)
@pytest.mark.parametrize("more", ["", ". Not before noon!", "; no restart"])
def test_a_wait_for_something_or_somebody_else_is_shown_in_full(said: str, more: str) -> None:
    scene = free()
    scene.do(ANN, c.SetBrief(brief=Brief(ask=f"DBA team: approve the failover of the database{more}")))
    scene.do(ANN, c.SetWaiting(waiting_for=said))
    assert text_of(progress_of(scene, brief=True), "waiting") == said


def test_a_situation_carries_its_time_once_results_are_half_an_hour_newer() -> None:
    scene = free()
    scene.do(ANN, c.SetBrief(brief=Brief(situation="All is down since 02:00")))
    scene.do(ANN, c.AddStep(text="Restarted it", result="no change"))
    assert said_of_now(scene) == "Now: All is down since 02:00"
    scene.now += timedelta(minutes=40)
    scene.do(ANN, c.AddNote(text="Lunch is here"), c.AddStep(text="Asked the vendor"))
    assert said_of_now(scene) == "Now: All is down since 02:00"
    scene.do(ANN, c.AddStep(text="Moved the cable", result="half of it works"))
    assert said_of_now(scene) == "Now (03:15): All is down since 02:00"
    scene.do(ANN, c.SetBrief(brief=Brief(impact="Half of the labels come out")))
    assert said_of_now(scene) == "Now: All is down since 02:00. Half of the labels come out"


def said_of_now(scene: Scene) -> str:
    [section] = [section for section in progress_of(scene).sections if section.key == "now"]
    return f"{section.label} {section.detail}".strip() + f": {section.entries[0].text}"


def test_a_handoff_stays_visible_for_its_new_owner() -> None:
    scene = free()
    plan = Contingency(condition="no answer by 09:30", action="call the vendor, case 00418833")
    scene.do(ANN, c.HandOff(to=BEN, note="Parts come at nine.", warnings=("Don't reboot it.",), contingencies=(plan,)))
    scene.do(BEN, c.Accept(read_back="wait for parts"), c.AddStep(text="Called Dave", result="no answer"))
    progress = progress_of(scene)
    assert text_of(progress, "caution") == "Don't reboot it."
    assert "if no answer by 09:30: call the vendor, case 00418833" in text_of(progress, "next")
    assert "Ann handed off to Ben 03:15: Parts come at nine." in text_of(progress, "handed_over")
    assert "Ben accepted 03:16: wait for parts" in text_of(progress, "handed_over")
    assert "owner Ben (from Ann 03:15)" in progress_of(scene, brief=True).header


def test_without_ask_and_note_the_brief_form_begins_with_what_the_handoff_said() -> None:
    scene = free()
    scene.do(ANN, c.HandOff(to=BEN, note="Please decide whether the export is killed."))
    assert "handed_over" not in {section.key for section in progress_of(scene, brief=True).sections}
    scene.do(BEN, c.Accept(read_back="decide on the export"))
    progress = progress_of(scene, brief=True)
    assert text_of(progress, "last_note") == "Please decide whether the export is killed."
    details = {section.key: section.detail for section in progress.sections}
    assert re.fullmatch(r"\(\d\d:\d\d Ann\)", details["last_note"])
    whole = progress_of(scene)
    assert (entries(whole, "last_note"), "killed" in text_of(whole, "handed_over")) == ([], True)
    scene.do(BEN, c.AddNote(text="Waiting for the bank"))
    assert text_of(progress_of(scene, brief=True), "last_note") == "Waiting for the bank"


def test_without_an_ask_the_owners_last_note_stands_in_its_place() -> None:
    scene = free()
    scene.do(ANN, c.AddNote(text="I need somebody with a login on print-01"))
    scene.do(BEN, c.AddNote(text="Not me"))
    assert text_of(progress_of(scene), "last_note") == "I need somebody with a login on print-01"
    scene.do(ANN, c.SetBrief(brief=Brief(ask="Who has a login?")))
    progress = progress_of(scene)
    assert entries(progress, "last_note") == []
    assert "login on print-01" in text_of(progress, "notes")


def test_a_step_names_its_author_and_time_if_the_author_changes() -> None:
    scene = free()
    for who, text in ((ANN, "Restarted it"), (BEN, "Pinged it"), (BEN, "Looked at the switch"), (ANN, "Moved it")):
        scene.do(who, c.AddStep(text=text, result="no change"))
    assert [entry.text for entry in entries(progress_of(scene), "tried")] == [
        "Restarted it: no change",
        "Pinged it: no change (03:16 Ben)",
        "Looked at the switch: no change",
        "Moved it: no change (03:18 Ann)",
    ]
    assert "Ben" not in text_of(progress_of(scene, brief=True), "tried")


def test_outputs_stand_below_the_step_they_belong_to_and_not_in_the_brief_form() -> None:
    scene = free()
    scene.do(ANN, c.AddEvidence(evidence=output("one\n2 packets lost", label="ping leeds")))
    scene.do(ANN, c.AddStep(text="Pinged it", result="slow"))
    [step] = entries(progress_of(scene), "tried")
    assert step.below == ("ping leeds: 2 packets lost",)
    assert "packets" not in text_of(progress_of(scene, brief=True))


def test_what_is_noted_after_a_revert_says_why_a_change_is_gone() -> None:
    """People write down what came of a change when it is gone, or when something else has put it back."""
    scene = free()
    [made] = scene.do(ANN, c.MakeChange(text="Probe delay 60 s", revert="back to 5 s"))
    scene.do(ANN, c.AddStep(text="Watched the pods", result="killed all the same"), c.RevertChange(change=made.seq))
    scene.do(ANN, c.AddStep(text="Looked at the probe", result="self-heal put it back"))
    assert text_of(progress_of(scene), "reverted") == (
        "Probe delay 60 s (03:15–03:17): killed all the same. Reverted: self-heal put it back (steps 1 and 2)"
    )
    assert entries(progress_of(scene), "tried") == []


def test_by_whom_a_change_was_reverted_comes_before_what_may_explain_it() -> None:
    scene = free()
    [made] = scene.do(ANN, c.MakeChange(text="Probe delay 60 s", revert="back to 5 s"))
    scene.do(ANN, c.RevertChange(change=made.seq, note="Argo CD put it back"))
    scene.do(ANN, c.AddStep(text="Looked at the probe", result="5 s"))
    progress = progress_of(scene)
    assert text_of(progress, "reverted") == "Probe delay 60 s (03:15–03:16): Argo CD put it back"
    assert text_of(progress, "tried") == "Looked at the probe: 5 s"


def test_changes_that_are_reverted_in_the_same_way_say_so_once() -> None:
    scene = free()
    for laptop in ("Ann's laptop", "Ben's laptop"):
        scene.do(ANN, c.MakeChange(text=f"{laptop} exempt", revert="take it out of the group"))
    scene.do(ANN, c.MakeChange(text="Spooler off", revert="sc start spooler"))
    assert [entry.text for entry in entries(progress_of(scene), "changes")] == [
        "Ann's laptop exempt (03:15). Ben's laptop exempt (03:16). Revert both: take it out of the group",
        "Spooler off (03:17). Revert: sc start spooler",
    ]


def test_a_warning_that_is_over_has_left_caution() -> None:
    scene = free()
    [first] = scene.do(ANN, c.AddNote(text="Don't restart print-01", kind="warning"))
    scene.do(ANN, c.AddNote(text="Don't reboot it", kind="warning"))
    scene.do(BEN, c.SettleAssumption(target=first.seq, text="Ben is done"))
    for brief in (True, False):
        progress = progress_of(scene, brief=brief)
        assert text_of(progress, "caution") == "Don't reboot it"
        assert text_of(progress, "reverted") == "the warning “Don't restart print-01” (Ben is done)"


def test_a_rewritten_warning_is_not_shown_as_ended() -> None:
    scene = free()
    [first] = scene.do(ANN, c.AddNote(text="The debug log on lb-1 writes 2 GB/h, 11 GB free", kind="warning"))
    scene.do(ANN, c.SettleAssumption(target=first.seq, text="7 GB free, the debug log stays"))
    scene.do(ANN, c.AddNote(text="The debug log on lb-1 writes 2 GB/h, 7 GB free, it stays on", kind="warning"))
    for brief in (True, False):
        assert entries(progress_of(scene, brief=brief), "reverted") == []


@pytest.mark.parametrize(
    ("over", "why", "other"),
    [
        (
            "Don't restart app-web: the run writes to it",
            "the run on app-web ended",
            "Don't restart app-db: the run reads it",
        ),
        (
            "Never stop the mail queue on the old host",
            "empty now, may be stopped",
            "Never stop the print queue on the new host",
        ),
        ("Don't restart web-2 while Lena debugs", "Lena is done", "Don't restart web-3 while Lena debugs"),
    ],
)
def test_a_warning_that_is_over_is_not_hidden_by_one_about_something_else(over: str, why: str, other: str) -> None:
    scene = free()
    [first] = scene.do(ANN, c.AddNote(text=over, kind="warning"))
    scene.do(ANN, c.AddNote(text=other, kind="warning"))
    scene.do(ANN, c.SettleAssumption(target=first.seq, text=why))
    for brief in (True, False):
        assert text_of(progress_of(scene, brief=brief), "reverted") == f"the warning “{over}” ({why})"


def test_whole_sentences_are_joined_without_their_full_stop() -> None:
    scene = free()
    scene.do(ANN, c.MakeChange(text="Merged !812, memory limit 1Gi.", revert="Revert !812."))
    scene.do(ANN, c.AddStep(text="Watched pods with 1Gi.", result="Three restarts."))
    scene.do(ANN, c.AddStep(text="Called Noor.", result="No answer."))
    progress = progress_of(scene)
    assert text_of(progress, "changes") == (
        "Merged !812, memory limit 1Gi. (03:15). Then: Three restarts. (step 1). Revert: !812."
    )
    assert text_of(progress, "tried") == "Called Noor: No answer."


def test_a_warning_that_several_handoffs_came_with_is_shown_once() -> None:
    scene = free()
    scene.do(ANN, c.HandOff(to=BEN, warnings=("no restart before nine", "leave queue 4 alone")))
    scene.do(BEN, c.Accept())
    scene.do(BEN, c.HandOff(to=CLEO, warnings=("No restart before nine!",)))
    scene.do(CLEO, c.Accept())
    for brief in (True, False):
        shown = [entry.text for entry in entries(progress_of(scene, brief=brief), "caution")]
        assert shown == ["No restart before nine!", "leave queue 4 alone"]
    scene.do(CLEO, c.SettleAssumption(target=scene.session.handoffs[-1].seq, text=""))
    assert [entry.text for entry in entries(progress_of(scene), "caution")] == [
        "no restart before nine",
        "leave queue 4 alone",
    ]


def test_a_warning_of_a_handoff_that_only_repeats_another_is_shown_once() -> None:
    scene = free()
    scene.do(ANN, c.AddNote(text="Do NOT restart print-01: two warehouses use it", kind="warning"))
    again = ("No restart of print-01", "No restart of print-02", "Restart print-01")
    scene.do(ANN, c.HandOff(to=BEN, warnings=again))
    warnings = [entry.text for entry in entries(progress_of(scene, brief=True), "caution")]
    assert warnings == [*again[1:], "Do NOT restart print-01: two warehouses use it"]


def test_what_to_do_while_waiting_stands_under_next() -> None:
    scene = free()
    plan = Contingency(condition="no answer by 02:00", action="page the lead")
    scene.do(ANN, c.SetWaiting(waiting_for="the platform team", contingencies=(plan,)))
    assert text_of(progress_of(scene, brief=True), "next") == "if no answer by 02:00: page the lead"


def test_what_to_do_if_is_counted_where_it_has_no_room() -> None:
    scene = free()
    names = ("Ada", "Bob", "Cleo", "Dan", "Eve", "Fay", "Gil")
    plans = [Contingency(condition=f"{name} has no answer", action=" ".join([name] * 36)) for name in names]
    scene.do(ANN, c.SetWaiting(waiting_for="the platform team", contingencies=tuple(plans)))
    progress = progress_of(scene, brief=True)
    left = len(names) - len(entries(progress, "next"))
    assert (left > 0, text_of(progress, "not_shown")) == (True, f"{left} if-thens")


def test_an_impact_that_has_become_another_is_shown_as_it_was_at_first() -> None:
    scene = free()
    scene.do(ANN, c.SetBrief(brief=Brief(impact="40 agents can't open bookings, nobody can pay")))
    scene.do(ANN, c.SetBrief(brief=Brief(impact="Works again since 02:55")))
    assert text_of(progress_of(scene), "before") == "40 agents can't open bookings, nobody can pay"
    scene.do(ANN, c.SetBrief(brief=Brief(impact="Works again since 02:55, but slowly")))
    assert text_of(progress_of(scene), "before") == "40 agents can't open bookings, nobody can pay"


def test_an_impact_that_is_only_more_precise_shows_no_earlier_one() -> None:
    scene = free()
    scene.do(ANN, c.SetBrief(brief=Brief(impact="12 people of payroll, who close today at 14:00")))
    scene.do(ANN, c.SetBrief(brief=Brief(impact="12 people of payroll, 2 are in; they close today at 14:00")))
    assert entries(progress_of(scene), "before") == []


def test_a_position_that_own_steps_have_left_behind_gives_way_to_what_was_found() -> None:
    scene = printing("Yes")
    scene.do(ANN, c.SetBrief(brief=Brief(ask="Who has a login?")))
    assert text_of(progress_of(scene, brief=True), "at").endswith("steps left)")
    scene.do(ANN, c.AddStep(text="Asked Dave", result="no login"))
    assert text_of(progress_of(scene, brief=True), "at") == "Does it show a paper jam?"
    for number in range(9):
        scene.do(ANN, c.AddNote(text=f"Port {number} is open, as it was last week and the week before", pin=True))
    progress = progress_of(scene, brief=True)
    assert len(entries(progress, "facts")) == 9
    assert "Does it show a paper jam?" in text_of(progress_of(scene), "at")


NO_LIGHT = c.AddStep(text="Looked at the switch", result="no light")
OTHER_PORT = c.MakeChange(text="Moved it to another port", revert="port 4")
WAIT = c.SetWaiting(waiting_for="the vendor")


@pytest.mark.parametrize(
    ("commands", "label"),
    [
        ([], "At"),
        ([c.SetBrief(brief=Brief(ask="Who has a key?"))], "Stuck at"),
        ([NO_LIGHT, WAIT], "Stuck at"),
        ([NO_LIGHT, c.Pin(), WAIT], "Tree at"),
        ([NO_LIGHT, OTHER_PORT, WAIT], "Tree at"),
        ([OTHER_PORT, NO_LIGHT, WAIT], "Stuck at"),
        ([NO_LIGHT, c.Pin(), c.SetBrief(brief=Brief(ask="Who can clear a paper jam?"))], "Stuck at"),
        ([NO_LIGHT, c.Pin(), c.SetBrief(brief=Brief(ask="Who has a key?"))], "Tree at"),
    ],
)
def test_work_that_continued_outside_the_tree_is_not_shown_as_stuck(commands: list[c.Command], label: str) -> None:
    scene = printing("Yes")
    scene.do(ANN, *commands)
    assert [section.label for section in progress_of(scene).sections if section.key == "at"] == [label]


def test_an_assumption_that_was_settled_is_no_longer_assumed() -> None:
    scene = free()
    [note] = scene.do(ANN, c.AddNote(text="The cable is new", kind="assumption"))
    assert text_of(progress_of(scene), "assumed") == "The cable is new"
    scene.do(ANN, c.SettleAssumption(target=note.seq, text="it is ten years old"))
    assert text_of(progress_of(scene), "assumed") == ""
    assert "Settled: it is ten years old" in text_of(progress_of(scene), "notes")


def test_an_assumed_answer_rules_out_nothing_for_sure() -> None:
    scene = printing("Yes")
    scene.do(ANN, c.Choose(choice="No", assume=True, reason="nobody is there"))
    progress = progress_of(scene)
    assert all(entry.text.startswith("only assumed: ") for entry in entries(progress, "ruled_out"))
    assert entries(progress_of(scene, brief=True), "ruled_out") == []
    assert "Does it show a paper jam? No, because: nobody is there" in text_of(progress, "assumed")


def test_one_more_step_leaves_what_is_more_important_in_its_place() -> None:
    scene = free()
    scene.do(ANN, c.SetBrief(brief=Brief(ask="Who has a login?", situation="All labels are missing.")))
    scene.do(ANN, c.MakeChange(text="Spooler off", revert="sc start spooler"))
    for number in range(40):
        scene.do(ANN, c.AddStep(text=f"Tried port {number}", result="no difference at all"))
    before = progress_of(scene, brief=True)
    scene.do(ANN, c.AddStep(text="Tried port 40", result="no difference at all"))
    after = progress_of(scene, brief=True)
    for key in ("ask", "now", "changes"):
        assert entries(before, key) == entries(after, key)
    assert entries(after, "tried")[-1].text == "Tried port 40: no difference at all"


# Large ones


def test_two_answers_in_a_tree_of_1_365_nodes_take_sixty_lines_at_most() -> None:
    from rflow.core.tree.model import End, Node
    from support.core.builders import decision, tree_of

    nodes: dict[str, Node] = {}
    for number in range(341):
        nodes[f"n{number}"] = decision(f"Question {number}?", **{f"Way_{k}": f"n{4 * number + k}" for k in range(1, 5)})
    for number in range(341, 1_365):
        nodes[f"n{number}"] = End(text=f"Replace part {number}", outcome="escalate", cause=f"Part {number} is broken")
    scene = printing("Way 1", "Way 2", tree=tree_of(nodes))
    text = render("text", progress_of(scene))
    assert len(text.splitlines()) <= 60
    assert "192 causes" in text


@pytest.mark.slow
def test_a_free_session_of_300_steps_is_readable_and_fits_everywhere() -> None:
    scene = free()
    for number in range(300):
        text = f"Checked host web-{number} and all that runs on it, one service after the other"
        scene.do(
            ANN, c.AddStep(text=text, result=f"nothing over {number} ms, so it is not that one either, as expected")
        )
        if number % 10 == 0:
            scene.do(
                BEN, c.AddNote(text=f"Seen again at minute {number}, for the third time today; nobody knows why yet")
            )
    for brief in (True, False):
        progress = progress_of(scene, brief=brief)
        assert len(render("text", progress).split()) <= (200 if brief else 900)
        for name, format_ in FORMATS.items():
            rendered = render(name, progress)
            assert format_.limit is None or format_named(name).measure(rendered) <= format_.limit
    assert len(entries(progress_of(scene, brief=True), "tried")) >= 3


def test_fewer_words_can_be_asked_for() -> None:
    scene = free()
    for number in range(30):
        scene.do(CLEO if number % 2 else ANN, c.AddStep(text=f"Tried port {number}", result="no difference"))
    scene.do(ANN, c.HandOff(to=TIER2, note="See above"))
    assert len(render("text", arranged(progress_of(scene), words=60)).split()) <= 60


# Closed


@pytest.mark.parametrize("brief", [True, False])
def test_what_may_be_over_in_a_closed_session_is_not_shown_as_if_it_were_so(brief: bool) -> None:
    scene = free()
    facts = Brief(ask="Can you look at the switch?", situation="Nothing prints in Leeds")
    scene.do(ANN, c.SetBrief(brief=facts), c.MakeChange(text="Set the port to TCP/IP", revert="Choose WSD again"))
    change = scene.session.version
    scene.do(ANN, c.AddNote(text="don't reboot the server before 03:00", kind="warning"))
    scene.do(ANN, c.AddNote(text="TCP/IP breaks the scanner", kind="warning", on=change))
    scene.do(ANN, c.AddNote(text="the cable is fine", kind="assumption"))
    scene.do(ANN, c.AskQuestion(to=BEN, text="which VLAN?"), c.SetWaiting(waiting_for="the caretaker"))
    before = {section.label for section in progress_of(scene, brief=brief).sections}
    assert {"Ask", "Now", "Caution", "Waiting", "Assumed" if brief else "Assumed, not verified"} <= before
    scene.do(ANN, c.Close(outcome="resolved", summary="the port was wrong"))
    progress = progress_of(scene, brief=brief)
    texts = {section.label: [entry.text for entry in section.entries] for section in progress.sections}
    assert next(iter(texts)) == "Closed with"
    assert texts["Asked"] == ["Can you look at the switch?"]
    assert texts["Situation then"] == ["Nothing prints in Leeds"]
    assert [text.partition(" (about")[0] for text in texts["Caution"]] == ["TCP/IP breaks the scanner"]
    assert texts["Warned" if brief else "Warnings at the time"] == ["don't reboot the server before 03:00"]
    assert texts["Never verified"] == ["the cable is fine"]
    assert texts["Not answered"] == ["Ben was asked: which VLAN?"]
    assert not {"Ask", "Now", "Assumed", "Waiting"} & set(texts)
    assert progress.waiting == ()


@pytest.mark.parametrize("brief", [True, False])
def test_a_note_written_on_a_step_is_shown_with_it_and_says_whose_it_is(brief: bool) -> None:
    scene = free()
    result = "the link came up after the swap and then died again within one minute"
    scene.do(ANN, c.AddStep(text="Swapped the cable", result=result))
    for by, label in ((ANN, "Note"), (BEN, "Note by Ben")):
        scene.do(by, c.AddNote(text="it was another cable, so it proves nothing", on=2))
        progress = progress_of(scene, brief=brief)
        shown = f"Swapped the cable: {result}. {label}: it was another cable, so it proves nothing"
        assert text_of(progress, "tried") == shown
    left = text_of(progress_of(scene, brief=brief), "not_shown" if brief else "notes")
    assert left in (
        "it was another cable, so it proves nothing",
        "1 entry",
    )


def test_a_note_on_a_step_that_stands_elsewhere_is_not_lost() -> None:
    scene = printing("Yes", "No", "Now and then")
    scene.do(ANN, c.AddNote(text="it was the page before", on=scene.session.version))
    assert text_of(progress_of(scene), "notes") == "it was the page before"
    assert text_of(progress_of(scene, brief=True), "not_shown") == "1 entry"
    scene.do(ANN, c.AddStep(text="Looked at the lamp"), c.Undo(), c.AddStep(text="Looked at the other lamp"))
    scene.do(ANN, c.AddNote(text="it blinks", on=scene.session.version))
    shown = str(progress_of(scene).sections)
    assert ("it was the page before" in shown, "it blinks" in shown) == (True, True)


def test_the_last_note_and_a_reverted_change_say_that_they_were_corrected() -> None:
    scene = free()
    change = scene.do(ANN, c.MakeChange(text="Set MTU 1400", revert="mtu 1500"))[0].seq
    scene.do(ANN, c.AmendEntry(target=change, text="Set MTU 1300"))
    scene.do(ANN, c.RevertChange(change=change))
    note = scene.do(ANN, c.AddNote(text="Firmware is 2.1"))[0].seq
    scene.do(ANN, c.AmendEntry(target=note, text="Firmware is 2.2"))
    for brief in (True, False):
        progress = progress_of(scene, brief=brief)
        assert text_of(progress, "last_note") == "Firmware is 2.2 (corrected)"
        assert re.fullmatch(r"Set MTU 1300 \(\S+, corrected\)", text_of(progress, "reverted"))


def test_what_was_corrected_of_a_change_bears_the_mark() -> None:
    """Six readers asked what "corrected" meant behind a change of which only the way back had become exact."""
    scene = free()
    change = scene.do(ANN, c.MakeChange(text="Set MTU 1400", revert="mtu 1500"))[0].seq
    scene.do(ANN, c.AmendEntry(target=change, revert="netsh set mtu 1500"))
    assert re.fullmatch(
        r"Set MTU 1400 \(\S+\)\. Revert \(corrected\): netsh set mtu 1500", text_of(progress_of(scene), "changes")
    )
    scene.do(ANN, c.AmendEntry(target=change, text="Set MTU 1300"))
    assert re.fullmatch(
        r"Set MTU 1300 \(\S+, corrected\)\. Revert \(corrected\): netsh set mtu 1500",
        text_of(progress_of(scene), "changes"),
    )


def test_a_step_that_was_corrected_comes_before_other_old_ones() -> None:
    scene = free()
    for place in range(120):
        scene.do(
            ANN, c.AddStep(text=f"Looked at server {place} and all of its logs for errors", result="nothing there")
        )
        if place == 40:
            scene.do(ANN, c.AddStep(text="Rolled back", result="gone"))
            scene.do(
                ANN, c.AmendEntry(target=scene.session.version, text="Rolled back STAGING", result="proves nothing")
            )
    assert "Rolled back STAGING" in text_of(progress_of(scene), "tried")


@pytest.mark.parametrize("brief", [True, False])
def test_a_contingency_that_a_warning_repeats_is_shown_once(brief: bool) -> None:
    scene = free()
    scene.do(ANN, c.AddNote(text="If 5xx goes over 5 % again: call Piet (dba), +47 555 0119.", kind="warning"))
    once = Contingency(condition="5xx goes over 5 % again", action="call Piet, +47 555 0119")
    other = Contingency(condition="Filara raises the limit", action="give it 40 connections")
    scene.do(ANN, c.HandOff(to=BEN, note="Good night.", contingencies=(once, other)))
    assert text_of(progress_of(scene, brief=brief), "next") == "if Filara raises the limit: give it 40 connections"


@pytest.mark.parametrize(
    "warning",
    [
        "If the disk fills up, call Robin; if replication stops, fail over to db2",
        "If the disk fills up, call Robin. If replication stops, fail over to db2.",
        "If the disk fills up, call Robin\nIf replication stops, fail over to db2",
        "If the disk fills up, call Robin, if replication stops, fail over to db2",
    ],
)
@pytest.mark.parametrize("brief", [True, False])
def test_a_plan_stays_where_a_warning_says_to_do_something_else_then(warning: str, brief: bool) -> None:
    scene = free()
    scene.do(ANN, c.AddNote(text=warning, kind="warning"))
    plan = Contingency(condition="replication stops", action="call Robin")
    scene.do(ANN, c.HandOff(to=BEN, note="Good night.", contingencies=(plan,)))
    assert text_of(progress_of(scene, brief=brief), "next") == "if replication stops: call Robin"


@both_forms
def test_a_warning_that_holds_is_in_a_summary_of_what_is_new_too(brief: bool) -> None:
    scene = free()
    scene.do(ANN, c.AddNote(text="Don't restart print-01", kind="warning"))
    scene.do(ANN, c.AddNote(text="Don't reboot it", kind="warning"))
    [since] = scene.do(ANN, c.AddStep(text="Tried a cable", result="no change"))
    scene.do(ANN, c.AddNote(text="The lamp is red", kind="note"))
    progress = summarise(scene.session, scene.trees, replace(looking(brief=brief), since=since.seq))
    assert [entry.text for entry in entries(progress, "caution")] == ["Don't reboot it", "Don't restart print-01"]
    assert entries(progress, "tried") == []


# The line below the title


def test_the_brief_form_says_when_the_session_began_from_15_minutes_to_12_hours_before() -> None:
    scene = free()
    began = scene.session.started_at
    assert began is not None
    for later, time in (
        (timedelta(minutes=14), "2026-03-02 03:28 +01:00"),
        (timedelta(minutes=15), "2026-03-02 03:14–03:29 +01:00"),
        (timedelta(hours=2), "2026-03-02 03:14–05:14 +01:00"),
        (timedelta(hours=11, minutes=59), "2026-03-02 03:14–15:13 +01:00"),
        (timedelta(hours=12), "2026-03-02 15:14 +01:00"),
    ):
        view = replace(looking(), as_of=began.astimezone(looking().as_of.tzinfo) + later)
        assert summarise(scene.session, scene.trees, replace(view, brief=True)).header.endswith(f", {time}")
        assert summarise(scene.session, scene.trees, view).header.endswith(", as of " + re.sub(r"\d\d:\d\d–", "", time))
