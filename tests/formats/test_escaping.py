"""What people write appears literally in every format, whatever it contains; two renderers and a parser judge it."""

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import Template, TemplateSyntaxError, UndefinedError

from judges.visible import collapsed, render_all, tags, unmarked, visible_text
from rflow.core.summary.units.times import duration
from rflow.core.text import clean
from rflow.data import data_dir
from rflow.errors import UsageProblem
from rflow.formats.environment import environment
from rflow.formats.flavours import ESCAPERS
from support.nightly import examples

ODDMENTS = (
    *("\\`*_[]<>&~|#+-=:.!()\"'$^{}/@aé1 \t\n"),
    *("\n\n", "    ", "1.", "1)", "12345678901.", "10.0.0.1", "---", "===", "```", "~~~", "~~", "**", "__", "\\\n"),
    *(" \n", "- ", "* ", "> ", "# ", " #", ":-", "-:", "|-|", "[ ] ", "[x] ", "[x]", "[^1]", "[^1]: ", "(y)", "!["),
    *("](", "http://", "ftp://", "//", "www.", "a.com", ".py", "xn--a", "localhost", "x@y.zz", "mailto:", "xmpp:"),
    *("@bob", "javascript:", "<http://x>", "<b>", "</b>", "<!--", "-->", "<?", "<![CDATA[", "&amp;", "&#35;"),
    *("&nbsp;", "@here", "\r", "\x85", "\u2028", "\x00", "\x1b[31m", "\u00a0", "\u3000", "\u200b", "\ufeff", "\ufffe"),
    *("\ufdd0", "\u0301", "😀", "\ud800"),
)
hostile = st.lists(st.sampled_from(ODDMENTS) | st.text(max_size=4), min_size=1, max_size=10).map("".join)

NOTES = (
    *ODDMENTS,
    *("# Not a heading #", "- not\n- a list", "1. not\n2) a list", "+ x", "not\n===", "not\n---", "* * *"),
    *("> no quote", "a | b\n--- | ---\n1 | 2", "a\n:-", "a\n-", "|a|\n|:-:|", "[x]: http://evil.example"),
    *("[^1]: note", "[!NOTE]\nx", "    indented\n\tcode", "```\nfence\n```", "~~~\nfence", "`` ` ``", "``", "a`"),
    *("`a", " ` ", "\\\\", "a\\\nb", "a\\", "**bold** __bold__ *em* _em_ ~~gone~~ ~gone~", "***"),
    *("snake_case_name and 2*3*4", "a*b*", "wow!", "!!", "^ ~ ^^", "<script>alert(1)</script>"),
    *("<img src=x onerror=alert(1)>", "<!-- gone? -->", "<http://x.example>", "</li></ul>", "<br>"),
    *("&lt;b&gt; &copy; &#x41;", "[label](http://x.example)", "![image](http://x.example/i.png)", "[a][b]"),
    *("http://x.example/%41?a=b_c_d*e", "HTTPS://X.example", "ftp://x.example", "//x.example", "///x"),
    *("file:///etc/x", "www.x.example", "WWW.x.example", "x.com", "setup.py.", "xn--80ak6aa92e.com"),
    *("a.xn--80ak6aa92e", "a.com_b", "пример.рф", "ann@x.example", "ann@10.0.0.1", "mailto:ann@x.example"),
    *("xmpp:ann@x.example/y", "mailto:ann@x.exämple", "@\u200bann", "@ann and (@bob) but not c@d"),
    *("C:\\Windows\\System32 and \\\\server\\share$", "grep 'a\\|b' x | wc -l", "echo $HOME `id` $(id) ${x}"),
    *("{{ 7*7 }} {% x %} {# y #}", "x = 1.5; y = -1; z = +1", "10.0.0.1 is down. 3) is not", "a\n\n\n\nb", "\n\nb\n"),
    *("  a  b  ", "a\n  - b\n    - c", "…", "\t-\tx", "a\u00a0b", "\u00a0# a", "\u3000* a", "\ufeff# a", "\u200b# a"),
    *("\u202e# a", "a\r\n# b\r- c", "a\u2028# b", "a\x0b# b", "\x1b]52;c;x\x07", "null\x00byte", "\ud83d"),
    *("e\u0301 and 👩\u200d💻", "م\u200fرحبا", "<!channel> <@U123> <http://x|y>", ":smile: #123 abc#1"),
)


class Context(NamedTuple):
    """A place in a document: its template, the elements it means (`p` and `br` as many as the text has), its text."""

    template: str
    elements: str
    shown: str = "{}"


INLINE = {
    "paragraph": Context("{{ x }}\n", "p"),
    "item": Context("- {{ x }}\n- end\n", "ul li li", "{} end"),
    "numbered item": Context("3. {{ x }}\n4. end\n", "ol li li", "{} end"),
    "quote": Context("> {{ x }}\n", "blockquote p"),
    "heading": Context("## {{ x }}\n", "h2"),
    "bold": Context("see **{{ x }}** there\n", "p strong", "see {} there"),
    "bold at the start": Context("- **{{ x }}**: there\n", "ul li strong", "{}: there"),
    "emphasis": Context("see *{{ x }}* there\n", "p em", "see {} there"),
    "underlined emphasis": Context("see _{{ x }}_, there\n", "p em", "see {}, there"),
    "label of a link": Context("see {{ 'https://x.example/a_b' | link(x) }} there\n", "p a", "see {} there"),
    "text of no link": Context("see {{ 'vbscript:x' | link(x) }}\n", "p", "see {} (vbscript:x)"),
    "code": Context("see {{ x | code }} there\n", "p code", "see {} there"),
    "cell": Context(
        "| {{ x | cell }} | b |\n|---|---|\n| {{ x | cell }} | {{ x | code(cell=true) }} |\n",
        "table thead tr th th tbody tr td td code",
        "{} b {} {}",
    ),
    "neighbours": Context("({{ x }}){{ x | code }}-{{ x }}{{ 'http://y/' | link('z') }}\n", "p code a", "({}){}-{}z"),
    "glued": Context("{{ (x | code) ~ ' + ' ~ x }}\n", "p code", "{} + {}"),
    "joined": Context("{{ [x | code, x] | join(', ') }}\n", "p code", "{}, {}"),
}
BLOCKS = {
    "paragraphs": Context("{{ x | block }}\n", ""),
    "paragraphs in an item": Context("- {{ x | block(2) }}\n\n  end\n", "ul li p", "{} end"),
    "paragraphs in a quote": Context("> {{ x | block('> ') }}\n", "blockquote"),
}
FENCES = {
    "fence": Context("{{ x | fence }}\nend\n", "pre code p"),
    "fence in an item": Context("- see:\n\n  {{ x | fence(2) }}\n- end\n", "ul li p pre code li p"),
    "fence in a tight item": Context("- see:\n  {{ x | fence(2, 'text') }}\n- end\n", "ul li pre code li"),
    "fence in a quote": Context("> {{ x | fence('> ') }}\n", "blockquote pre code"),
}


@cache
def markdown_template(source: str) -> Template:
    """Compile a Markdown template."""
    return environment(".md.j2").from_string(source)


def rendered(context: Context, text: str) -> str:
    """Fill a text into a context's template."""
    return markdown_template(context.template).render(x=text)


def expected(context: Context) -> Counter[str]:
    """Return the elements of a context, without code spans, as `tags` counts them."""
    elements = context.elements.split()
    return Counter(element for element in elements if element != "code" or "pre" in elements)


def assert_literal(context: Context, text: str, more: dict[str, int] | None = None) -> None:
    """Let every renderer show the text in its context: exactly that, and no markup of its own making."""
    for renderer, html in render_all(rendered(context, text)).items():
        shown = context.shown.replace("{}", collapsed(clean(text)))
        assert collapsed(visible_text(html)) == shown, (renderer, text, html)
        assert tags(html) == expected(context) + Counter(more), (renderer, text, html)


def assert_block(context: Context, text: str) -> None:
    """Judge a text of several lines, which has its own paragraphs and line breaks."""
    lines = [line.strip() for line in clean(text).split("\n")]
    paragraphs = [list(part) for filled, part in itertools.groupby(lines, bool) if filled]
    assert_literal(context, text, {"p": len(paragraphs), "br": sum(len(part) - 1 for part in paragraphs)})


def assert_fence(context: Context, text: str) -> None:
    """Judge output in a fence: every character of it, its spaces too."""
    for renderer, html in render_all(rendered(context, text)).items():
        shown = unmarked(clean(text).removesuffix("\n"))
        assert f"{shown}\n" in visible_text(html), (renderer, text, html)
        assert tags(html) == expected(context), (renderer, text, html)


JUDGED: list[tuple[str, Context, Callable[[Context, str], None]]] = [
    *((name, context, assert_literal) for name, context in INLINE.items()),
    *((name, context, assert_block) for name, context in BLOCKS.items()),
    *((name, context, assert_fence) for name, context in FENCES.items()),
]
in_every_context = pytest.mark.parametrize(
    ("context", "judge"), [(context, judge) for _, context, judge in JUDGED], ids=[name for name, *_ in JUDGED]
)


@pytest.mark.slow
@in_every_context
def test_hostile_notes_show_literally(context: Context, judge: Callable[[Context, str], None]) -> None:
    for note in NOTES:
        if collapsed(clean(note)):
            judge(context, note)


@pytest.mark.slow
@in_every_context
@given(text=hostile)
@examples(60)
def test_any_text_shows_literally(context: Context, judge: Callable[[Context, str], None], text: str) -> None:
    if collapsed(clean(text)):
        judge(context, text)


@pytest.mark.slow
def test_every_three_characters_show_literally_in_a_list() -> None:
    """Exhaustive where it counts: all texts of three characters that Markdown has a use for, 200 to a document."""
    items = markdown_template("{% for x in texts %}\n- {{ x | block(2) }}\n- end\n{% endfor %}")
    texts = ["".join(text) for text in itertools.product("\\`*_[]<&~|/#+-=:.!1a @\n)", repeat=3)]
    texts = [text for text in texts if text.strip()]
    for start in range(0, len(texts), 200):
        batch = texts[start : start + 200]
        shown = [line for text in batch for line in (*filter(None, map(collapsed, text.split("\n"))), "end")]
        for html in render_all(items.render(texts=batch)).values():
            assert visible_text(html).split("\n") == shown
            assert set(tags(html)) <= {"ul", "li", "p", "br"}


def test_only_web_and_mail_addresses_become_links() -> None:
    def targets(url: str, *label: str) -> set[str]:
        markdown = environment(".md.j2").from_string("{{ url | link(*label) }}").render(url=url, label=label)
        return {part.partition('"')[0] for html in render_all(markdown).values() for part in html.split('href="')[1:]}

    home = "https://x.example"
    assert targets(f"{home}/s/a_b*c") == targets(f"{home}/s/a_b*c", "l") == {f"{home}/s/a_b*c"}
    assert targets(f"{home}/(a)?b&copy;&c=d", "l") == {f"{home}/(a)?b&amp;copy;&amp;c=d"}
    assert targets(f"{home}/(a)?b&copy;&c=d") == {f"{home}/(a)?b&amp;copy;&amp;c=d"}
    assert targets(f'{home}/">`|\\', "l") == targets(f'{home}/">`|\\') == {f"{home}/%22%3E%60%7C%5C"}
    assert targets("mailto:ann@x.example", "l") == {"mailto:ann@x.example"}
    for url in ("javascript:alert(1)", "data:text/html,x", "x.example", f"{home}/ y", "https:x", f" {home}", ""):
        assert targets(url, "l") == set(), url


# The environment: what is text, what is markup


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ '*a* & <b>' }}", r"\*a\* \& \<b\>"),
        ("{{ x ~ '&' }}", r"a\*b\&"),
        ("{{ (x | code) ~ ' & ' ~ x }}", r"`a*b` \& a\*b"),
        ("{{ (x | code) + ' & *' }}", r"`a*b` \& \*"),
        ("{{ x + '&' }}", r"a\*b\&"),
        ("{{ [x, x | code] | join(' & ') }}", r"a\*b \& `a*b`"),
        ("{{ [x, x] | join(', ') }}", r"a\*b, a\*b"),
        ("{{ [x | code, x] | join('\n') }}", "`a*b`\na\\*b"),
        ("{% macro m(y) %}**{{ y }}**{% endmacro %}{{ m(x) ~ x }}", r"**a\*b**a\*b"),
        ("{% set y %}**{{ x }}**{% endset %}{{ y }}", r"**a\*b**"),
        ("{{ x | upper }}{{ x | replace('a', '_') }}", r"A\*B\_\*b"),
        ("{{ '%s_' | format(x) }}", r"a\*b\_"),
        ("{{ nothing }}{{ nothing | block }}.", "."),
        ("{{ 1.5 }} {{ 3 }}", "1.5 3"),
        ("{% autoescape false %}{{ x }}{% endautoescape %}", r"a\*b"),
    ],
)
def test_what_an_expression_gives_is_text_and_what_filters_and_macros_give_is_markup(template: str, shown: str) -> None:
    assert environment(".md.j2").from_string(template).render(x="a*b", nothing=None) == shown


@pytest.mark.parametrize("name", ["e", "escape", "forceescape", "safe", "striptags", "tojson", "urlize", "xmlattr"])
@pytest.mark.parametrize("suffix", ESCAPERS)
def test_filters_for_html_or_around_the_escaping_do_not_exist(suffix: str, name: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="No filter named"):
        environment(suffix).from_string(f"{{{{ x | {name} }}}}")


def test_escaping_twice_is_refused_where_it_would_show() -> None:
    with pytest.raises(TypeError, match="escaped already"):
        environment(".md.j2").from_string("{{ x | code | cell }}").render(x="a|b")


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment(".txt.j2").from_string("{{ tikcet }}").render(ticket="INC-1")


def test_an_unknown_suffix_names_the_known_ones() -> None:
    with pytest.raises(UsageProblem, match=r"\.md\.j2"):
        environment(".docx.j2")


NOTE = "Jams:\n  *tray 2*\n\n@channel see `x` & <b>"


@pytest.mark.parametrize(
    ("suffix", "template", "shown"),
    [
        (".txt.j2", "{{ x }}", "Jams: *tray 2* @channel see `x` & <b>"),
        (".txt.j2", "- {{ x | block(2) }}", "- Jams:\n    *tray 2*\n\n  @channel see `x` & <b>"),
        (".txt.j2", "{{ x | fence }}", "    Jams:\n      *tray 2*\n\n    @channel see `x` & <b>"),
        (".txt.j2", "- {{ x | wrap(14, 2) }}", "- Jams:\n    *tray 2*\n\n  @channel see\n  `x` & <b>"),
        (".txt.j2", "{{ 'ab abcdefghij c' | wrap(5) }}", "ab\nabcdefghij\nc"),
        (".txt.j2", "{{ 'https://x/' | link('Live') }} {{ 'https://x/' | link }}", "Live: https://x/ https://x/"),
        (".slack.j2", "{{ x }}", "Jams: *tray 2* @\u2060channel see `x` & <b>"),
        (".slack.j2", "- {{ x | block(2) }}", "- Jams:\n    *tray 2*\n\n  @\u2060channel see `x` & <b>"),
        (".slack.j2", "{{ x | fence }}", "```\nJams:\n  *tray 2*\n\n@\u2060channel see `x` & <b>\n```"),
        (".slack.j2", "{{ '```\nx' | fence(2) }}", "    ```\n      x"),
        (".slack.j2", "{{ 'ls -l' | code }} {{ 'a`b' | code }}", "`ls -l` a`b"),
        (".slack.j2", "{{ '@Everyone a@here @hereby <!channel>' }}", "@\u2060Everyone a@here @hereby <!channel>"),
        (".html.j2", "<p>{{ x }}</p>", "<p>Jams: *tray 2* @channel see `x` &amp; &lt;b&gt;</p>"),
        (".html.j2", "{{ x | block }}", "Jams:<br>&nbsp;&nbsp;*tray 2*<br><br>@channel see `x` &amp; &lt;b&gt;"),
        (".html.j2", "{{ 'a\n\tb' | fence }}", '<pre tabindex="0">\na\n\tb</pre>'),
        (".html.j2", "{{ 'a<b' | code }}", "<code>a&lt;b</code>"),
        (".html.j2", '<p title="{{ x }}">', '<p title="Jams: *tray 2* @channel see `x` &amp; &lt;b&gt;">'),
        (".html.j2", """<p title="{{ '"' ~ "'" }}">""", '<p title="&quot;&#39;">'),
        (".slack.html.j2", "{{ 'a\n@here' | block(2) }}", "a<br>&nbsp;&nbsp;@\u2060here"),
        (".teams.html.j2", "{{ '  a @here' | fence }}", "<pre>\n&nbsp;&nbsp;a @here</pre>"),
        (".jira.j2", "* {{ x | block }}", r"* Jams: \\ \*tray 2\* \\  \\ @channel see `x` & <b>"),
        (".jira.j2", "1. {{ 'a\n2. b' | block(3) }}", "1. a \\\\ \u00a0\u00a0\u00a02. b"),
        (".md.j2", "{{ 'see #12, x!3, #a' }}", "see #\u200b12, x!\u200b3, #a"),
        (".jira.j2", "{{ 'print-01 - a_b *c* (x) {d}' }}", r"print-01 - a_b \*c\* \(x) \{d\}"),
        (".jira.j2", "{{ 'h1. see http://x/ :D &lt;' }}", "h\u200b1. see http:\u200b//x/ :\u200bD &\u200blt;"),
        (".jira.j2", "{{ '{noformat}' | fence }}", "{noformat}\n{\u200bnoformat}\n{noformat}"),
        (".jira.j2", "{{ 'rflow -h' | code }}", r"{{rflow \-h}}"),
        (".md.j2", "- {{ x | block(2) }}", "- Jams:\\\n  \\*tray 2\\*\n\n  @\u200bchannel see \\`x\\` \\& \\<b\\>"),
    ],
)
def test_each_flavour_shows_lines_and_output_in_its_own_way(suffix: str, template: str, shown: str) -> None:
    assert environment(suffix).from_string(template).render(x=NOTE) == shown


@pytest.mark.slow
@given(hostile)
@examples(300)
@example("@here @channel\n\n@everyone")
def test_text_for_pasting_differs_from_what_was_written_only_in_spaces_and_word_joiners(text: str) -> None:
    templates = ("{{ x }}", "{{ x | block }}", "{{ x | wrap(20) }}")
    for suffix, template in itertools.product((".txt.j2", ".slack.j2"), templates):
        shown = environment(suffix).from_string(template).render(x=text)
        between = "" if "wrap" in template else " "  # Chinese and Japanese are wrapped without a space
        words, written = (said.replace("@\u2060", "@").split() for said in (shown, clean(text)))
        assert between.join(words) == between.join(written)


CET = timezone(timedelta(hours=1))


def test_times_and_numbers_read_the_same_in_every_format() -> None:
    source = "{{ at | clock }}|{{ at | stamp }}|{{ 1 | count('step') }}|{{ [1, 2] | count('entry', 'entries') }}"
    for suffix in ESCAPERS:
        shown = environment(suffix).from_string(source).render(at=datetime(2026, 11, 23, 2, 41, 59, tzinfo=CET))
        assert shown.replace("\\", "") == "02:41|2026-11-23 02:41 +01:00|1 step|2 entries"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        *((0, "0 s"), (0.43, "0.4 s"), (2, "2 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min"), (2280, "38 min")),
        *((3599, "1 h 00 min"), (7500, "2 h 05 min"), (172_799, "2 d 0 h"), (273_600, "3 d 4 h"), (-1, "0 s")),
    ],
)
def test_durations_have_two_units_at_most(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_templates_and_examples_are_found() -> None:
    assert (data_dir("templates") / "formats").is_dir()
    assert data_dir("examples").is_dir()
