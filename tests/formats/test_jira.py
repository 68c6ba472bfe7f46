"""Jira's wiki markup: what people write shows literally, and Atlassian's own parser is the judge."""

import itertools
from typing import NamedTuple

import pytest
from hypothesis import given
from msgspec.structs import replace

from judges.jira import assert_literal_in_jira, kinds, links, read, shown_lines
from rflow.core.summary.progress import Progress
from rflow.core.text import clean
from rflow.formats import render
from rflow.formats.environment import environment
from support.formats import strategies
from support.formats.builders import FULL, TOLD, changed
from support.formats.strategies import hostile, with_hostile_texts
from support.nightly import examples

NOTES = (
    *strategies.NOTES,
    *("h1. x", "h1.x", "H6. x", "bq. x", "BQ.x", "h1", "bq", "a h1. x", "\\h1. x"),
    *(
        "{noformat}",
        "{noformat",
        "{NoFormat}",
        "{code}x{code}",
        "{code:java}",
        "{quote}x{quote}",
        "{color:red}x{color}",
    ),
    *("{panel}x{panel}", "{*}x{*}", "{{x}}", "{}", "a}", "{a", "a{b}c"),
    *("a\\", "\\", "\\\\", "a\\\\b", "C:\\new\\*x", "\\{x", "a\\ b", "\\-", "\\\\*x*"),
    *(
        "!x.png!",
        "!x.png|width=9!",
        "a!b!c",
        '"!a!"',
        "wow!!",
        "[~bob]",
        "[a|b]",
        "[#x]",
        "[^x.txt]",
        "[",
        "]",
        "a] b[",
    ),
    *(
        "||a||b||",
        "|a|b|",
        "a | b | c",
        "a||b",
        "|",
        "----",
        "--",
        "---",
        "a--b",
        "a---b",
        "a -- b",
        "- a",
        "-- a",
        "* a",
    ),
    *(
        "** a",
        "# a",
        "#* a",
        "* # a",
        "+ a",
        "a - b",
        "2 * 3 * 4",
        "2*3*4",
        "a *b c* d",
        "*a*",
        '"-a-"',
        "-a-,",
        "(*a*)",
    ),
    *(
        "x=*a*",
        "a:-b-",
        "a/*b*/c",
        "a.*b*",
        "_a_",
        "a_b_c",
        "+a+",
        "+01:00 and +02:00",
        "^a^",
        "x^2 y^2",
        "~a~",
        "H~2~O",
    ),
    *("~/a and ~/b", "??a??", "why?? no??", "?", "??", "%a%", "@bob", "ann@x.example", "a@b@c", "REQ-1", ":smile:"),
    *(
        ":)",
        ":(",
        ";)",
        ":-)",
        ":D",
        ":P",
        "a:D b",
        "a:p",
        "ID:D5",
        "dir:path",
        "x:)y",
        "(y)",
        "(n)",
        "(i)",
        "(/)",
        "(x)",
    ),
    *("(!)", "(+)", "(-)", "(?)", "(on)", "(off)", "(*)", "(*r)", "(flag)", "(flagoff)", "(ON)", "f(x) = (y)", "((x))"),
    *("http://x.example/a_b_c?d=*e*", "see https://x.example.", "ftp://x", "irc://x", "file:///x", "//x", "HTTP://X"),
    *("mailto:a@b.c", "MAILTO:a@b", "www.x.example", "<http://x>", "(http://x)", "&lt;b&gt;", "&copy; &#65;", "a & b"),
)


class Context(NamedTuple):
    """A place in a document, and the lines that it shows."""

    template: str
    shown: str


CONTEXTS = {
    "paragraph": Context("{{ x }}\n", "{}"),
    "heading": Context("h3. {{ x }}\n\nend\n", "{}\nend"),
    "item": Context("* {{ x | block }}\n* end\n", "{}\nend"),
    "inner item": Context("* a\n** {{ x | block }}\n* end\n", "a\n{}\nend"),
    "fact": Context("*Ask:* {{ x | block }}\n*Next:* {{ x }}\n\nend\n", "Ask: {}\nNext: {}\nend"),
    "step": Context("1. {{ x | block }}\n2. end\n", "1. {}\n2. end"),
    "code": Context("see {{ x | code }} there\n", "see {} there"),
    "output": Context("* a\n{{ x | fence }}\n* end\n", "a\n{}\nend"),
    "label": Context(
        "{{ 'https://x.example/' | link('see ' ~ x ~ ' there!') }}\n", "see {} there!: https://x.example/"
    ),
    "no link": Context("see {{ 'javascript:x' | link(x) }}\n", "see {} (javascript:x)"),
}


def collapsed(text: str) -> str:
    return " ".join(clean(text).replace("\u200b", "").split())


def assert_literal(context: Context, text: str) -> None:
    """Have the text read in its context: exactly that, and the kinds of parts that a harmless one has."""
    template = environment(".jira.j2").from_string(context.template)
    document = read(template.render(x=text))
    harmless = read(template.render(x="\n".join("-x" if line.strip() else line for line in clean(text).split("\n"))))
    assert " ".join(shown_lines(document)) == " ".join(context.shown.replace("{}", collapsed(text)).split()), text
    assert kinds(document) == kinds(harmless), text


in_every_context = pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)


@pytest.mark.slow
@in_every_context
def test_hostile_notes_show_literally(context: Context) -> None:
    for note in NOTES:
        if collapsed(note):
            assert_literal(context, note)


@pytest.mark.slow
@in_every_context
@given(text=hostile)
@examples(60)
def test_any_text_shows_literally(context: Context, text: str) -> None:
    if collapsed(text):
        assert_literal(context, text)


@pytest.mark.slow
@pytest.mark.parametrize("around", ["* {{ x | block }}", "*Ask:* {{ x | block }}\n"], ids=["item", "fact"])
def test_every_three_characters_show_literally(around: str) -> None:
    """All texts of three characters that Jira has a use for, many to a document."""
    template = environment(".jira.j2").from_string(f"{{% for x in texts %}}\n{around}\n{{% endfor %}}")
    texts = ["".join(text) for text in itertools.product("-*_+^~|{}[!?#:()\\xD1h. ", repeat=3)]
    texts = [text for text in texts if text.strip()]
    before = "Ask: " if "Ask" in around else ""
    for start in range(0, len(texts), 200):
        batch = texts[start : start + 200]
        document = read(template.render(texts=batch))
        assert shown_lines(document) == [before + collapsed(text) for text in batch]
        assert set(+kinds(document)) <= {
            "doc",
            "paragraph",
            "bulletList",
            "listItem",
            *(["mark strong"] * bool(before)),
        }


# Whole summaries (test_formats_hostile.py has hostile texts in all their parts)


@pytest.mark.slow
def test_every_text_that_could_break_it_shows_literally_in_every_part() -> None:
    for offset in range(0, len(NOTES), 3):
        assert_literal_in_jira(with_hostile_texts(FULL, NOTES, offset))


def test_the_full_story_has_the_markup_that_is_meant() -> None:
    found = kinds(read(render("jira", FULL)))
    meant = {"heading": 8, "bulletList": 6, "mark strong": 15, "mark link": 1, "mark code": 1}
    assert {kind: found[kind] for kind in meant} == meant
    assert set(+found) == {*meant, "doc", "paragraph", "listItem"}


@pytest.mark.parametrize("story", ["full", "since", "since-brief"])
def test_steps_keep_their_numbers(story: str) -> None:
    told = TOLD[story]
    assert isinstance(told, Progress)
    lines = shown_lines(read(render("jira", told)))
    numbers = [int(line.partition(". ")[0]) for line in lines if line.partition(". ")[0].isdecimal()]
    listed = [section.entries for section in told.sections if not section.single]
    assert numbers == [entry.number for entries in listed for entry in entries if entry.number]


@pytest.mark.parametrize(
    ("url", "led"),
    [
        ("https://x.example/a_b?c=*d*&e=~f", ["https://x.example/a_b?c=*d*&e=~f"]),
        ('https://x.example/"|]x[{}^\\', ["https://x.example/%22%7C%5Dx%5B%7B%7D%5E%5C"]),
        ("mailto:ann@x.example", ["mailto:ann@x.example"]),
        ("javascript:alert(1)", []),
        ("file:///etc/passwd", []),
    ],
)
def test_only_web_and_mail_addresses_become_links(url: str, led: list[str]) -> None:
    document = read(render("jira", changed(FULL, resume=replace(FULL.resume, link=url))))
    assert links(document) == led
    assert led or f"Link: {url} (until 2026-06-09 02:41 +01:00)" in shown_lines(document)
