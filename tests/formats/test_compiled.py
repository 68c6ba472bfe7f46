"""rflow's own templates run without Jinja, as modules that Jinja's compiler made: they show what Jinja would show."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.core.fingerprint import fingerprint
from rflow.core.summary.progress import Digest, Progress
from rflow.formats import FORMATS, layout_of, render_page, render_whole, suffix_of
from rflow.formats.compiling import COMPILED, module, sources
from rflow.formats.environment import environment as jinja
from rflow.formats.page import PAGE
from rflow.formats.parts import sheet
from rflow.formats.phrases import PHRASES
from rflow.formats.runtime import Context, Undefined
from rflow.formats.templates import environment, module_name
from support.formats.builders import TOLD
from support.formats.strategies import hostile, with_hostile_texts
from support.nightly import examples

DRAWN = [format_ for format_ in FORMATS.values() if format_.drawing]
PAGES = sorted({page for format_ in FORMATS.values() for page in (format_.page, format_.rich)} - {""})


def drawn_by_jinja(drawing: str, summary: Progress | Digest) -> str:
    """Return a summary in a text format, as Jinja renders it from the templates themselves."""
    env = jinja(suffix_of(drawing))
    macros = env.get_template(drawing, globals=PHRASES).module
    return env.get_template(layout_of(summary), globals=PHRASES).render(p=summary, f=macros)


def page_by_jinja(page: str, summary: Progress | Digest) -> str:
    """Return a summary as a page, as Jinja renders it from the templates themselves."""
    template = jinja(suffix_of(page)).get_template(page, globals=PHRASES | PAGE)
    return template.render(p=summary, sheet=sheet(summary, layout_of(summary)))


@pytest.mark.parametrize("name", sources())
def test_every_template_is_compiled_as_it_is_now(name: str) -> None:
    """If this fails: `python -m rflow.formats.compiling`."""
    compiled = (COMPILED / f"{module_name(name)}.py").read_text("utf-8")
    assert f"SHA-256 of the template: {fingerprint(sources()[name].encode())}\n" in compiled


def test_no_module_is_left_of_a_template_that_is_gone() -> None:
    modules = {file.stem for file in COMPILED.glob("*.py")} - {"__init__"}
    assert modules == {module_name(name) for name in sources()}


@pytest.mark.parametrize("summary", TOLD.values(), ids=TOLD)
@pytest.mark.parametrize("format_", DRAWN, ids=lambda format_: format_.name)
def test_a_text_reads_as_jinja_would_render_it(format_: Any, summary: Progress | Digest) -> None:
    assert render_whole(format_, summary) == drawn_by_jinja(format_.drawing, summary)


@pytest.mark.parametrize("summary", TOLD.values(), ids=TOLD)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_as_jinja_would_render_it(page: str, summary: Progress | Digest) -> None:
    assert render_page(page, summary) == page_by_jinja(page, summary)


@pytest.mark.slow
@given(st.sampled_from([*TOLD.values()]), st.lists(hostile, min_size=1, max_size=4))
@examples(50)
def test_hostile_texts_read_as_jinja_would_render_them(summary: Progress | Digest, texts: list[str]) -> None:
    hostile_summary = with_hostile_texts(summary, texts)
    for format_ in DRAWN:
        assert render_whole(format_, hostile_summary) == drawn_by_jinja(format_.drawing, hostile_summary)
    for page in PAGES:
        assert render_page(page, hostile_summary) == page_by_jinja(page, hostile_summary)


def run(source: str, **values: object) -> str:
    """Compile a template and render it."""
    names: dict[str, Any] = {}
    exec(module("note.md.j2", source), names)
    return "".join(names["template"](environment(".md.j2"))[0](Context(values, {})))


def test_a_name_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(LookupError, match="tikcet is undefined"):
        run("{{ tikcet }}", ticket="INC-1")
    with pytest.raises(LookupError, match="ask is undefined"):
        run("{{ p.ask }}", p=object())
    assert run("{% if p.ask is defined %}{{ p.ask }}{% else %}none{% endif %}", p=object()) == "none"
    with pytest.raises(LookupError):
        bool(Undefined(name="ask"))
