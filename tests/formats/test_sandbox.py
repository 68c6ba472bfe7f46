"""Templates that do not come with rflow: they see the summary and nothing else, and every text stays literal."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from rflow.errors import BadInput, Exit
from rflow.formats import layout_of, render
from rflow.formats.custom import check_process
from rflow.formats.custom.folder import TemplateFolder
from rflow.formats.custom.samples import SAMPLES
from rflow.formats.custom.template import as_format
from rflow.formats.parts import sheet
from support.formats.builders import FULL
from support.formats.strategies import NOTES, shown, with_hostile_texts
from support.program import SCRIPT, Program
from support.waiting import until

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="memory can be limited on Linux only")
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="processor time can't be limited on Windows")


def rendered(template: str, suffix: str = ".md.j2", **others: str) -> str:
    """The night in Leeds in a template; `others` are files beside it."""
    texts = {f"wiki{suffix}": template, **{f"{name}{suffix}": text for name, text in others.items()}}
    return render(as_format(TemplateFolder(path=Path("/nowhere"), texts=texts, problems={}), f"wiki{suffix}"), FULL)


def refused(template: str, suffix: str = ".md.j2") -> str:
    """The message with which a template is refused."""
    with pytest.raises(BadInput) as caught:
        rendered(template, suffix)
    assert caught.value.exit_code == Exit.BAD_INPUT
    assert caught.value.try_.endswith("nothing is lost: -f markdown works meanwhile.")
    return caught.value.what.removeprefix("The format wiki has a mistake. /nowhere/wiki.md.j2").lstrip(", ")


# Escapes


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__",
        "p.__class__.__mro__",
        "p['__class__']",
        "p['\\x5f\\x5fclass\\x5f\\x5f']",
        "p.__init__.__globals__",
        "p | attr('__class__')",
        "p | attr('__cl' ~ 'ass__')",
        "[p] | map('attr', '__class__') | first",
        "f.__init__",
        "f._body_stream",
        "f.fact._func",
        "f.fact('a', 'b').__class__",
        "runs.__globals__",
        "runs.__code__",
        "cycler.__init__.__globals__",
        "joiner.__init__.__globals__",
        "namespace(a=1).__class__",
        "namespace.__init__.__globals__",
        "self.__init__",
        "self._TemplateReference__context",
        "dict.mro()",
        "range.__class__",
        "(p.tried | map('upper')).gi_frame",
        "[].__class__.__base__.__subclasses__()",
        "[p] | map(attribute='__class__') | first",
        "p.tried | sort(attribute='__class__') | first",
        "p.tried | groupby('__class__') | list",
        "p.tried | selectattr('__class__') | list",
        "'{0.__class__}'.format(p)",
        "('{0.__cla' ~ 'ss__}').format(p)",
        "('{0.__class__}' | attr('format'))(p)",
        "['{0.__class__}'.format][0](p)",
        "'{a.__class__}'.format_map({'a': p})",
        "'{0[__class__]}'.format(p)",
        "[].append(1)",
        "{}.update(a=1)",
        "([].append)(1)",
    ],
)
def test_a_template_cant_get_at_pythons_internals(expression: str) -> None:
    assert refused(f"\n{{{{ {expression} }}}}").startswith("line 2: A template may not use ")


def test_a_format_method_that_was_kept_is_refused_too() -> None:
    said = refused("{% set show = '{0.__init__.__globals__}'.format %}{{ show(p) }}")
    assert said.startswith('line 1: A template may not use "__init__" of a ')


@pytest.mark.parametrize("name", ["lipsum", "config", "request", "environment", "context", "open", "__builtins__"])
def test_there_are_no_other_names(name: str) -> None:
    assert f'There is nothing named "{name}".' in refused(f"{{{{ {name} }}}}")


@pytest.mark.parametrize("name", ["safe", "e", "escape", "forceescape", "striptags", "tojson", "xmlattr"])
def test_filters_that_know_only_html_are_not_available(name: str) -> None:
    said = refused(f"{{{{ p.ask | {name} }}}}")
    assert said == (
        f"line 1: The filter `{name}` is not for summaries. Text always appears literally: write markup outside of"
        " {{ }}."
    )


@pytest.mark.parametrize(
    ("name", "instead"), [("urlize", "link"), ("wordwrap", "wrap"), ("filesizeformat", "size"), ("format", "~")]
)
def test_a_filter_that_summaries_have_in_their_own_way_is_named(name: str, instead: str) -> None:
    assert f"`{instead}`" in refused(f"{{{{ p.ask | {name} }}}}")


@pytest.mark.parametrize("name", ["/etc/passwd", "../wiki.md.j2", "../../../../etc/passwd", "sub/x.md.j2", "C:\\x", ""])
@pytest.mark.parametrize("how", ["include", "import", "extends"])
def test_other_files_are_out_of_reach(how: str, name: str) -> None:
    tag = f'{{% {how} "{name}"{" as x" if how == "import" else ""} %}}'.replace("\\", "\\\\")
    assert f'There is no template "{name}"' in refused(tag)


def test_a_summary_cant_be_changed() -> None:
    assert refused("{% set p.ask = 'nothing' %}").startswith("line 1: ")
    assert refused("{% for x in p.tried %}{{ p.tried.append(x) }}{% endfor %}") == 'line 1: A list has no "append".'


def parts(value: object) -> Iterator[msgspec.Struct]:
    """All structs that a template can reach from a value; anything else must be plain data."""
    if isinstance(value, msgspec.Struct):
        yield value
        for field in value.__struct_fields__:
            yield from parts(getattr(value, field))
    elif isinstance(value, tuple):
        for entry in value:
            yield from parts(entry)
    else:
        assert value is None or type(value) in (str, int, float, bool, datetime), value


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_template_is_given_plain_data_without_methods(sample: str) -> None:
    given = [*parts(SAMPLES[sample]), *parts(sheet(SAMPLES[sample], layout_of(SAMPLES[sample])))]
    assert given
    for part in given:
        assert {name for name in dir(part) if not name.startswith("_")} == {*part.__struct_fields__}
        assert type(part).__struct_config__.frozen


# Limits of time and memory: what is not trusted is only checked

ENDLESS = {
    "loops in loops": "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
    "loops without output": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "a macro that calls itself twice": "{% macro a(n) %}{% if n %}{{ a(n-1) }}{{ a(n-1) }}{% endif %}{% endmacro %}"
    "{{ a(99) }}",
    "squares of squares": "{% set n = namespace(x=10) %}{% for _ in range(60) %}{% set n.x = n.x * n.x %}{% endfor %}",
    "a filter": '{{ range(99999) | select("in", range(99999) | list | reverse | list) | list | length }}',
}
TOO_LARGE = {
    "a text times a number": '{{ "x" * 10**10 }}',
    "a list times a number": "{{ ([1] * 10**10) | length }}",
    "a text that doubles": "{% set n = namespace(x='ab') %}{% for _ in range(60) %}{% set n.x = n.x + n.x %}"
    "{% endfor %}",
    "a format's width": '{{ "{:10000000000}".format(1) }}',
    "a filter's width": '{{ "x" | center(10000000000) }}',
    "a filter of rflow": "{{ 'a\\nb' | block(10000000000) }}",
}
STOPPED = "The check was stopped: the template takes too long or too much memory, or Python crashes on it."


@pytest.fixture
def ana(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setattr(check_process, "SECONDS", 1)
    (tmp_path / "work" / ".rflow" / "templates").mkdir(parents=True)
    me = Program(tmp_path, cwd=tmp_path / "work")
    me.start("--title", "Labels are blank")
    return me


def template(me: Program, text: str, file: str = "team.md.j2") -> Path:
    """Put a template into the project that somebody works in, which they don't trust."""
    assert me.cwd is not None
    path = me.cwd / ".rflow" / "templates" / file
    path.write_text(text, "utf-8")
    return path


@pytest.mark.slow
@on_posix
@pytest.mark.parametrize("name", ENDLESS)
def test_a_check_ends_with_the_line_that_takes_too_long(name: str, ana: Program) -> None:
    path = template(ana, f"\n{ENDLESS[name]}")
    said = ana.refused(6, "format", "check", "team")
    assert said.startswith(f"{path}, line 2: It takes too long: does it loop or call itself without end?")


@pytest.mark.slow
@on_linux
@pytest.mark.parametrize("name", TOO_LARGE)
def test_a_check_ends_with_the_line_that_takes_too_much_memory(
    name: str, ana: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_process, "SECONDS", 30)  # Memory ends before time does, on a busy machine too.
    path = template(ana, f"\n{TOO_LARGE[name]}")
    said = ana.refused(6, "format", "check", "team")
    assert said.startswith(f"{path}, line 2: It takes too much memory")


@pytest.mark.slow
@on_linux
def test_a_check_that_python_cant_interrupt_is_killed(ana: Program) -> None:
    path = template(ana, '{{ ("a" * 90000) | trim("b" * 90000 ~ "a") }}{{ ("a" * 900000) | trim("b" * 900000 ~ "a") }}')
    assert ana.refused(6, "format", "check", "team") == f"{path}: {STOPPED}\n"


@pytest.mark.parametrize("way", ["segfault", "exit"])
def test_a_check_whose_process_ends_early_is_a_mistake(way: str, ana: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends it: here an interpreter that ends before it has read the template."""
    assert ana.cwd is not None
    script = ana.cwd / "python"
    script.write_text(f"#!/bin/sh\n{'kill -SEGV $$' if way == 'segfault' else 'exit 3'}\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    path = template(ana, "{{ p.ask }}")
    assert ana.refused(6, "format", "check", "team") == f"{path}: {STOPPED}\n"


@pytest.mark.slow
def test_a_check_loads_no_modules_of_the_project(ana: Program) -> None:
    template(ana, "{{ p.ask }}")
    assert ana.cwd is not None
    for module in ("jinja2", "msgspec", "rflow", "sitecustomize", "resource"):
        (ana.cwd / f"{module}.py").write_text("open('ran', 'w').close()\n")
    assert ana.ok("format", "check", "team").err.endswith("team.md.j2: no errors, no warnings.\n")
    assert not (ana.cwd / "ran").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
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
def test_a_template_nested_too_deeply_is_refused(text: str) -> None:
    assert refused(text)


@pytest.mark.slow
@on_linux
def test_ctrl_c_stops_a_template_that_takes_too_long(ana: Program) -> None:
    """A trusted template runs in rflow's own process. Nothing was written, and the session is as before."""
    template(ana, ENDLESS["loops in loops"])
    ana.ok("format", "trust", "--yes")
    before, out = ana.show(), ana.home / "summary.md"
    with subprocess.Popen(
        [SCRIPT, "progress", "-f", "team", "-o", str(out)],
        env=ana.variables,
        cwd=ana.cwd,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert until(lambda: processor_seconds(running.pid) > 2)  # it renders by then
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert (running.returncode, "Traceback" in said, out.exists()) == (130, False, False)
    assert ana.show() == before


def processor_seconds(process: int) -> float:
    """The processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_summary_can_be_computed_with() -> None:
    assert rendered("{{ range(1000) | join(', ') }}").endswith("998, 999")
    assert rendered("{{ 2 ** 10 }} {{ 'ab' * 3 }} {{ 7 % 4 }}") == "1024 ababab 3"
    assert rendered("{{ p.session.as_of.strftime('%d.%m.%Y') }}") == "02.06.2026"
    assert rendered("{{ (p.session.as_of - p.session.started_at).total_seconds() | duration }}") == "2 h 49 min"
    assert rendered("{{ p.position.choices[:2] | map('upper') | join(' / ') }}") == "YES / NO"
    assert rendered("{{ p.evidence[2].bytes_total }} {{ p.evidence[2].bytes_total | size }}") == "812340 793 KiB"


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
    "{% set x %}a{% endset %}{{ x + p.ask }}",
    "{% set x %}a{% endset %}{{ p.ask + x }}",
    "{% set x %}a{% endset %}{{ [x, p.ask] | sum(start='') }}",
    "{% set x %}%s{% endset %}{{ x % p.ask }}",
    "{% set x %}%s{% endset %}{{ '%s' % [x, p.ask] | last }}",
    "{% set x %}{}{% endset %}{{ x.format(p.ask) }}",
    "{% set x %}{}{% endset %}{{ x['format'](p.ask) }}",
    "{% set x %}{}{% endset %}{{ (x | attr('format'))(p.ask) }}",
    "{% set x %}{a}{% endset %}{{ x.format_map({'a': p.ask}) }}",
    "{% set x %}a{% endset %}{{ x.join([p.ask, p.ask]) }}",
    "{% set x %}a{% endset %}{{ x.replace('a', p.ask) }}",
    "{% set x %}a{% endset %}{{ x | replace('a', p.ask) }}",
    "{% set x %}a{% endset %}{{ p.ask | replace('z', x) }}",
    "{% set x %}{{ p.ask }}{% endset %}{{ x.unescape() }}",
]


@pytest.mark.parametrize("template", CUNNING)
@pytest.mark.parametrize("suffix", [".md.j2", ".html.j2", ".jira.j2"])
def test_no_detour_makes_markup_of_a_text(template: str, suffix: str) -> None:
    """It may be refused or escaped twice, but `<b>` and `*b*` never become markup."""
    told = with_hostile_texts(FULL, ["<b>*b*"])
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
def test_escaped_text_cant_be_changed(change: str) -> None:
    said = refused(f"{{% set x %}}{{{{ p.ask }}}}{{% endset %}}{{{{ x | {change} }}}}")
    assert "takes a text, not what is escaped already" in said


@pytest.mark.parametrize("part", ["x[1]", "x.1", "[x] | map(attribute=1) | join", "x.replace('a', 'b')", "x.format()"])
def test_escaped_text_has_no_parts(part: str) -> None:
    assert "may not use" in refused(f"{{% set x %}}{{{{ p.ask }}}}{{% endset %}}{{{{ {part} }}}}")


@pytest.mark.parametrize("operator", ["+", "%"])
def test_escaped_text_is_joined_in_one_way(operator: str) -> None:
    said = refused(f"{{% set x %}}a{{% endset %}}{{{{ x {operator} p.ask }}}}")
    assert said == f"line 1: This does not work: put texts together with `~`, not with `{operator}`."


def test_hostile_texts_are_rendered_as_by_the_built_in_format() -> None:
    told = with_hostile_texts(FULL, [note for note in NOTES if shown(note)])
    folder = TemplateFolder(path=Path("/nowhere"), texts={"wiki.md.j2": "{% include layout %}"}, problems={})
    assert render(as_format(folder, "wiki.md.j2"), told) == render("markdown", told)


def test_where_nothing_is_markup_any_text_can_be_changed() -> None:
    text = "{% set x %}{{ p.session.customer }}{% endset %}{{ x[:3] }} {{ x[0] }} {{ x | upper }} {{ x.split()[0] }}"
    assert rendered(text, ".txt.j2") == "Nor N NORTHERN PARCELS Northern"


# Mistakes

MISTAKES = {
    "{{ p.aks }}": 'The summary has no "aks". Did you mean "ask"?',
    "{{ p.tried[99].text }}": "A list has no entry number 99; they count from 0.",
    "{{ tryed }}": 'There is nothing named "tryed". Did you mean "p.tried"?',
    "{{ p.sesion.title }}": 'The summary has no "sesion". Did you mean "session"?',
    "{{ (p.waiting | first).foo }}": (
        'A ProgressWaiting has no "foo". It has: seq, text, until, by, overdue, contingencies, short.'
    ),
    "{{ p.since.year }}": 'What stands before ".year" is missing in this summary. Ask first: {% if … %}.',
    "{{ f.fakt('x', p.ask) }}": '`f` has no "fakt". Did you mean "fact"?',
    "{{ p.ask | blok }}": 'There is no filter "blok". Did you mean "block"?',
    "{{ p.ask | safe }}": "The filter `safe` is not for summaries. Text always appears literally: write markup outside"
    " of {{ }}.",
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
def test_a_mistake_is_reported_with_its_line_and_a_remedy(template: str) -> None:
    assert refused(f"one\ntwo\n{template}") == f"line 3: {MISTAKES[template]}"


def test_a_mistake_in_an_included_file_names_that() -> None:
    with pytest.raises(BadInput, match=r"/nowhere/_footer.md.j2, line 2: The summary has no \"aks\""):
        rendered("{% include '_footer.md.j2' %}", _footer="\n{{ p.aks }}")
