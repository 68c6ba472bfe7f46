"""Templates of others: they see the summary and nothing else of this computer, and they come to an end."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from rflow.errors import BadInput, Exit
from rflow.formats import render
from rflow.formats.custom.folder import TemplateFolder
from rflow.formats.custom.template import as_format
from support.format_builders import FULL
from support.format_strategies import NOTES, shown, told_with


def drawn(template: str, suffix: str = ".md.j2", **beside: str) -> str:
    """What a template makes of the night in Leeds."""
    texts = {f"wiki{suffix}": template, **{f"{name}{suffix}": text for name, text in beside.items()}}
    return render(as_format(TemplateFolder(path=Path("/nowhere"), texts=texts, problems={}), f"wiki{suffix}"), FULL)


def refused(template: str, suffix: str = ".md.j2") -> str:
    """The sentence with which a template is refused."""
    with pytest.raises(BadInput) as caught:
        drawn(template, suffix)
    assert caught.value.exit_code == Exit.BAD_INPUT
    assert caught.value.try_.endswith("nothing is lost: -f markdown works meanwhile.")
    return caught.value.what.removeprefix("The format wiki has a mistake. /nowhere/wiki.md.j2").lstrip(", ")


# What may not be touched


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__",
        "p.__class__.__mro__",
        "p['__class__']",
        "f.__init__",
        "f._body_stream",
        "f.fact._func",
        "f.fact('a', 'b').__class__",
        "runs.__globals__",
        "runs.__code__",
        "cycler.__init__.__globals__",
        "namespace(a=1).__class__",
        "self.__init__",
        "dict.mro()",
        "[p] | map(attribute='__class__') | first",
        "p.tried | sort(attribute='__class__') | first",
        "p.tried | groupby('__class__') | list",
        "p.tried | selectattr('__class__') | list",
        "'{0.__class__}'.format(p)",
        "'{a.__class__}'.format_map({'a': p})",
        "p.ask.encode()",
        "(1).to_bytes(9)",
        "p.session.as_of.tzinfo",
        "p.session.as_of.now()",
        "[].append(1)",
        "{}.update(a=1)",
    ],
)
def test_nothing_but_the_summary_can_be_touched(expression: str) -> None:
    assert "A template may not touch" in refused(f"\n{{{{ {expression} }}}}")
    assert refused(f"\n{{{{ {expression} }}}}").startswith("line 2: ")


@pytest.mark.parametrize("name", ["attr('ask')", "safe", "e", "escape", "forceescape", "tojson", "xmlattr", "pprint"])
def test_filters_that_reach_further_are_gone(name: str) -> None:
    assert refused(f"{{{{ p | {name} }}}}").startswith("line 1: The filter `")


@pytest.mark.parametrize("name", ["lipsum", "config", "request", "environment", "context", "open", "__builtins__"])
def test_there_are_no_other_names(name: str) -> None:
    assert f'There is nothing named "{name}".' in refused(f"{{{{ {name} }}}}")


@pytest.mark.parametrize("name", ["/etc/passwd", "../wiki.md.j2", "../../../../etc/passwd", "sub/x.md.j2", "C:\\x", ""])
@pytest.mark.parametrize("how", ["include", "import", "extends"])
def test_other_files_are_out_of_reach(how: str, name: str) -> None:
    tag = f'{{% {how} "{name}"{" as x" if how == "import" else ""} %}}'.replace("\\", "\\\\")
    assert f'There is no template "{name}"' in refused(tag)


def test_what_it_is_given_can_not_be_changed() -> None:
    assert refused("{% set p.ask = 'nothing' %}").startswith("line 1: ")
    assert refused("{% for x in p.tried %}{{ p.tried.append(x) }}{% endfor %}") == 'line 1: A list has no "append".'


# What comes to an end

BOMBS = {
    "a text times a number": '{{ "x" * 10**9 }}',
    "a list times a number": "{{ ([1] * 10**9) | length }}",
    "a power": "{{ 9 ** 99999 }}",
    "a power of a power": "{{ 2 ** 10 ** 8 ** 9 ** 99 }}",
    "squares of squares": "{% set n = namespace(x=10) %}{% for _ in range(60) %}{% set n.x = n.x * n.x %}{% endfor %}",
    "doubling with +": "{% set n = namespace(x='ab') %}{% for _ in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "doubling with ~": "{% set n = namespace(x='ab') %}{% for _ in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "doubling in a block": "{% macro a(n) %}{% set z %}{{ n }}{{ n }}{% endset %}{{ a(z) }}{% endmacro %}{{ a('x') }}",
    "doubling lists": "{% set n = namespace(x=[1]) %}{% for _ in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}",
    "doubling dicts": "{% set n = namespace(x=1) %}{% for _ in range(60) %}"
    "{% set n.x = {1: n.x, 2: n.x} %}{% endfor %}",
    "growing lists": "{% set n = namespace(x=[1]) %}{% for _ in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "doubling with batch": "{% set n = namespace(x=[1]) %}{% for _ in range(60) %}{% for y in [n.x] | batch(2, n.x) %}"
    "{% set n.x = y %}{% endfor %}{% endfor %}",
    "doubling arguments": "{% macro a(n) %}{% set n.x = varargs %}{% endmacro %}{% set n = namespace(x=1) %}"
    "{% for _ in range(60) %}{{ a(n, n.x, n.x) }}{% endfor %}",
    "a range": "{{ range(10**9) | list }}",
    "loops in loops": "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
    "loops that say nothing": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "macros that call themselves": "{% macro a(n) %}{% if n %}{{ a(n-1) }}{{ a(n-1) }}{% endif %}{% endmacro %}"
    "{{ a(99) }}",
    "much of the template's own text": f"{{% set a %}}{{% for _ in range(99999) %}}{'x' * 999}"
    "{% endfor %}{% endset %}",
    "a field's width": '{{ "%1000000000d" % 1 }}',
    "a format's width": '{{ "{:1000000000}".format(1) }}',
    "center": '{{ "x" | center(1000000000) }}',
    "indent": '{{ "x\ny" | indent(1000000000) }}',
    "indent many lines": '{{ ("x\n" * 50000) | indent(50000) }}',
    "block": "{{ p.ask | block(1000000000) }}",
    "fence": '{{ ("x\n" * 50000) | fence(50000) }}',
    "wrap": "{{ p.ask | wrap(80, 1000000000) }}",
    "replace": '{{ ("x" * 50000) | replace("x", "y" * 50000) }}',
    "join": '{{ range(99999) | join("x" * 90000) }}',
    "batch": "{{ [1] | batch(1000000000, 1) | list }}",
    "slice": "{{ [1] | slice(1000000000) | list }}",
    "round": "{{ 1.5 | round(1000000000) }}",
    "select": '{{ range(99999) | select("in", range(99999) | list | reverse | list) | list | length }}',
    "strip": '{{ ("a" * 90000).strip("b" * 90000 ~ "a") }}' * 99,
    "trim": '{{ ("a" * 90000) | trim("b" * 90000 ~ "a") }}{{ ("a" * 90000) | trim("b" * 90000 ~ "a") }}' * 99,
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "SECONDS", 0.5)


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("bomb", BOMBS)
def test_no_template_runs_for_long(bomb: str) -> None:
    start = time.monotonic()
    said = refused(BOMBS[bomb])
    assert time.monotonic() - start < 20  # on a busy machine; some of these took hours, or all memory
    assert said.startswith("line ")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process can be limited on Linux")
def test_no_template_fills_the_memory() -> None:
    """All of them in one process that may have 400 MB more than it begins with."""
    script = (
        "import resource; from formats.test_sandbox import BOMBS, meter, refused; meter.SECONDS = 0.5;"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize();"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 400_000_000,) * 2);"
        "print([name for name, bomb in BOMBS.items() if 'too much' in refused(bomb)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.slow
@pytest.mark.parametrize(
    "template",
    [
        "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
        "{{ " + "-" * 5_000 + "1 }}",
        "{% if 1 %}" * 300 + "{% endif %}" * 300,
        "{{ " + "9" * 5_000 + " }}",
        "{% for x in [1] %}" * 60 + "{% endfor %}" * 60,
        "{{ 1" + "+1" * 20_000 + " }}",
        "{% include 'wiki.md.j2' %}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    ],
    ids=range(8),
)
def test_what_is_nested_too_deeply_is_refused(template: str) -> None:
    assert refused(template)


def test_what_a_summary_needs_is_within_the_limits() -> None:
    assert drawn("{{ range(1000) | join(', ') }}").endswith("998, 999")
    assert drawn("{{ 2 ** 10 }} {{ 'ab' * 3 }} {{ 7 % 4 }}") == "1024 ababab 3"
    assert drawn("{{ p.session.as_of.strftime('%d.%m.%Y') }}") == "02.06.2026"
    assert drawn("{{ (p.session.as_of - p.session.started_at).total_seconds() | duration }}") == "2 h 49 min"
    assert drawn("{{ p.position.choices[:2] | map('upper') | join(' / ') }}") == "YES / NO"
    assert drawn("{{ p.evidence[2].bytes_total }} {{ p.evidence[2].bytes_total | size }}") == "812340 793 KiB"


# What a user wrote stays literal

CUNNING = [
    "{{ p.ask }}",
    "{{ p.ask ~ '' }}",
    "{{ p.ask + '' }}",
    "{{ [p.ask] | join }}",
    "{{ p.ask | default('x') }}",
    "{{ [p.ask] | first }}",
    "{{ p.ask | upper | lower }}",
    "{% set x = p.ask %}{{ x }}",
    "{% set x %}{{ p.ask }}{% endset %}{{ x }}",
    "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(p.ask) }}",
    "{% autoescape false %}{{ p.ask }}{% endautoescape %}",
    "{% autoescape false %}{% set x %}{{ p.ask }}{% endset %}{{ x }}{% endautoescape %}",
    "{% filter lower %}{{ p.ask }}{% endfilter %}",
    "{{ dict(a=p.ask).a }}",
    "{{ namespace(a=p.ask).a }}",
    "{{ p.ask.strip() }}",
    "{{ p.ask.split('|') | join('|') }}",
    "{{ p.ask[:] }}",
    "{% set x %}{{ p.ask }}{% endset %}{{ x | trim }}",
    "{% set x %}{{ p.ask }}{% endset %}{{ x | indent(2) }}",
    "{% set x %}{{ p.ask }}{% endset %}{{ x | list | join }}",
]


@pytest.mark.parametrize("template", CUNNING)
@pytest.mark.parametrize("suffix", [".md.j2", ".html.j2", ".jira.j2"])
def test_no_detour_makes_markup_of_a_text(template: str, suffix: str) -> None:
    """It may be refused, or escaped twice, but `<b>` and `*b*` never come out as they are."""
    told = told_with(FULL, ["<b>*b*"])
    folder = TemplateFolder(path=Path("/nowhere"), texts={f"wiki{suffix}": template}, problems={})
    try:
        text = render(as_format(folder, f"wiki{suffix}"), told).lower()
    except BadInput:
        return
    assert "<b>" not in text.replace("\\<b", "") or suffix == ".jira.j2"
    assert "*b*" not in text or suffix == ".html.j2"


@pytest.mark.parametrize(
    "change", ["replace('\\\\', '')", "upper", "lower", "title", "reverse", "truncate(3)", "center(9)"]
)
def test_what_is_drawn_can_not_be_changed(change: str) -> None:
    said = refused(f"{{% set x %}}{{{{ p.ask }}}}{{% endset %}}{{{{ x | {change} }}}}")
    assert "takes a text, not what is drawn already" in said
    for cut in ("x[1:]", "x[1]", "x.1", "[x] | map(attribute=1) | join"):
        assert "can't be cut" in refused(f"{{% set x %}}{{{{ p.ask }}}}{{% endset %}}{{{{ {cut} }}}}")
    assert "may not touch" in refused("{% set x %}{{ p.ask }}{% endset %}{{ x.replace('a', 'b') }}")


def test_hostile_texts_are_drawn_as_by_the_built_in_format() -> None:
    told = told_with(FULL, [note for note in NOTES if shown(note)])
    folder = TemplateFolder(path=Path("/nowhere"), texts={"wiki.md.j2": "{% include layout %}"}, problems={})
    assert render(as_format(folder, "wiki.md.j2"), told) == render("markdown", told)


def test_where_nothing_is_markup_drawn_text_can_be_changed() -> None:
    made = "{% set x %}{{ p.session.customer }}{% endset %}{{ x[:3] }} {{ x[0] }} {{ x | upper }} {{ x.split()[0] }}"
    assert drawn(made, ".txt.j2") == "Nor N NORTHERN PARCELS Northern"


# Mistakes

MISTAKES = {
    "{{ p.aks }}": 'The summary has no "aks". Did you mean "ask"?',
    "{{ p.tried[99].text }}": "A list has no entry number 99; they count from 0.",
    "{{ tryed }}": 'There is nothing named "tryed". Did you mean "p.tried"?',
    "{{ p.sesion.title }}": 'The summary has no "sesion". Did you mean "session"?',
    "{{ p.waiting.foo }}": 'A ProgressWaiting has no "foo". It has: text, until.',
    "{{ p.since.year }}": 'What stands before ".year" is not there in this summary. Ask first: {% if … %}.',
    "{{ f.fakt('x', p.ask) }}": 'What draws (`f`) has no "fakt". Did you mean "fact"?',
    "{{ p.ask | blok }}": 'There is no filter "blok". Did you mean "block"?',
    "{{ p.ask | safe }}": "The filter `safe` is not for summaries. Text always appears literally: write markup outside"
    " of {{ }}.",
    "{{ '%s' % p.ask }}": "Texts are put together with `~`, not with `%`.",
    "{{ p.tried }}": "This does not work: a tuple can't be shown: loop over it, use `| join`, or call it.",
    "{{ f.step(1, 'x') }}": "Parameter 'gap' was not provided.",
    "{{ title() }}": "This does not work: title() missing 1 required positional argument: 'session'.",
    "{{ 1 + p.ask }}": "This does not work: unsupported operand type(s) for +: 'int' and 'str'.",
    "{{ p.ask": "Unexpected end of template, expected 'end of print statement'.",
    "{% endfor %}": "Encountered unknown tag 'endfor'.",
    "{{ caller() }}": 'There is nothing named "caller". It is known only elsewhere in a template.',
    "{% include '_footer.md.j2' %}": 'There is no template "_footer.md.j2" in its folder, nor in rflow itself.',
}


@pytest.mark.parametrize("template", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_to_write(template: str) -> None:
    assert refused(f"one\ntwo\n{template}") == f"line 3: {MISTAKES[template]}"


def test_a_mistake_in_an_included_file_names_that() -> None:
    with pytest.raises(BadInput, match=r"/nowhere/_footer.md.j2, line 2: The summary has no \"aks\""):
        drawn("{% include '_footer.md.j2' %}", _footer="\n{{ p.aks }}")
