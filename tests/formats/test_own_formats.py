"""A team's own formats: created, checked, trusted, and loaded from folders and packages."""

import os
import re
import shlex
import sys
import textwrap
from pathlib import Path

import pytest
from jinja2 import DictLoader, StrictUndefined

from rflow.cli.custom_formats import copy_of
from rflow.errors import BadInput
from rflow.formats import FORMATS, Format, format_named, render
from rflow.formats.custom import entry_points
from rflow.formats.custom.check import check
from rflow.formats.custom.folder import TemplateFolder, read_folder
from rflow.formats.custom.samples import SAMPLES
from rflow.formats.custom.sandbox import Sandbox
from rflow.formats.custom.template import as_format, description_of
from rflow.formats.flavours import ESCAPERS, flavour_of
from rflow.formats.phrases import PHRASES
from support.completion import explained, offered
from support.formats.builders import DIGEST, FULL, TOLD
from support.program import Program

TEMPLATES = tuple(name for name, format_ in FORMATS.items() if format_.drawing or format_.page)
BUILT = tuple(name for name in FORMATS if name not in TEMPLATES)
SHORT = "{# For the ticket system. #}\n**{{ p.session.title }}**: {{ p.ask or 'nothing asked' }}\n"
SHOWN = "**Labels are \\*blank\\***: nothing asked\n"
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows, and there are no pipes")


def folder_of(**texts: str) -> TemplateFolder:
    """A folder of templates; "__" stands for the dot of a suffix: wiki__md."""
    files = {f"{name.replace('__', '.')}.j2": text for name, text in texts.items()}
    return TemplateFolder(path=Path("/templates"), texts=files, problems={})


def copied(name: str) -> tuple[TemplateFolder, str]:
    """A copy of a built-in format, as `format new` writes it."""
    file, text = copy_of(FORMATS[name], "wiki")
    return TemplateFolder(path=Path("/templates"), texts={file: text}, problems={}), file


def checked(text: str, suffix: str = "md") -> list[str]:
    """The mistakes that a check reports, without the name of the file."""
    mistakes = check(folder_of(**{f"wiki__{suffix}": text}), f"wiki.{suffix}.j2")
    return [str(one).removeprefix(f"/templates/wiki.{suffix}.j2").lstrip(",: ") for one in mistakes]


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    (tmp_path / "work").mkdir()
    me = Program(tmp_path, cwd=tmp_path / "work").with_tree()
    me.start("--title", "Labels are *blank*")
    return me


def templates(me: Program) -> Path:
    """The folder of somebody's own templates."""
    return me.home / "config" / "rflow" / "templates"


def project(me: Program) -> Path:
    """The folder of the templates of the project that somebody works in."""
    assert me.cwd is not None
    return me.cwd / ".rflow" / "templates"


def write(folder: Path, file: str, text: str = SHORT) -> Path:
    """Put a template into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text, "utf-8")
    return folder / file


# Copies


@pytest.mark.slow
@pytest.mark.parametrize("name", TEMPLATES)
def test_an_unchanged_copy_renders_what_the_built_in_format_does(name: str) -> None:
    wiki = as_format(*copied(name))
    for story, summary in [*TOLD.items(), *SAMPLES.items()]:
        assert render(wiki, summary) == render(name, summary), story


@pytest.mark.slow
@pytest.mark.parametrize("name", TEMPLATES)
def test_an_unchanged_copy_has_no_mistakes(name: str) -> None:
    assert check(*copied(name)) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_copy_has_the_limits_of_its_format(name: str) -> None:
    made = as_format(*copied(name))
    same = ("media_type", "suffix", "everything", "limit", "measure", "outline")
    assert [getattr(made, field) for field in same] == [getattr(FORMATS[name], field) for field in same]
    assert made.description.startswith(f"Like {name}, ")


@pytest.mark.parametrize("name", BUILT)
def test_a_format_made_by_a_function_cant_be_copied(name: str, ana: Program) -> None:
    assert ana.refused(2, "format", "new", "wiki", "--from", name) == (
        f"rflow: The format {name} is a program, not a template.\n       Use one of {', '.join(TEMPLATES)}.\n"
    )


@pytest.mark.slow
def test_a_format_is_created_changed_and_used(ana: Program) -> None:
    for step in ("Changed the roll", "Changed the cable"):
        ana.ok("step", step)
    made = ana.ok("format", "new", "wiki", "--from", "markdown")
    path = templates(ana) / "wiki.md.j2"
    assert made.out == f"{path}\n"
    assert "rflow format check wiki" in made.err
    assert "rflow progress -f wiki" in made.err
    assert ana.ok("progress", "-f", "wiki").out.count("### ") == ana.ok("progress").out.count("### ") > 0
    path.write_text(
        path.read_text("utf-8").replace("heading(group)", '"So far" if heading(group) == "Tried" else heading(group)'),
        "utf-8",
    )
    said = ana.ok("format", "check", "wiki").err
    assert said == f"{path}: no errors, no warnings.\n"
    assert "### So far\n" in ana.ok("progress", "-f", "wiki").out
    assert "So far" not in ana.ok("progress", "--brief", "-f", "wiki").out


def test_a_template_is_copied_by_hand(ana: Program) -> None:
    path = write(templates(ana), "wiki.txt.j2", "mine\n")
    said = ana.refused(2, "format", "new", "other", "--from", "wiki")
    assert said == f"rflow: wiki is a template itself: {path}.\n       Copy it under another name: other.txt.j2\n"


def test_a_format_of_the_settings_that_is_not_there_is_told_with_where_it_comes_from(ana: Program) -> None:
    said = ana.refused(2, "progress", RFLOW_FORMAT="team")
    assert "It is the setting progress.format (environment); until it is fixed, use -f markdown." in said
    assert "progress.format" not in ana.refused(2, "progress", "-f", "team")


def test_nothing_is_overwritten(ana: Program) -> None:
    path = write(templates(ana), "wiki.txt.j2", "mine\n")
    assert ana.refused(2, "format", "new", "wiki").startswith(f"rflow: There is already a format wiki: {path}.")
    assert path.read_text("utf-8") == "mine\n"


@pytest.mark.parametrize("name", ["a b", "../x", ".hidden", "_part", "x/y", "", "é"])
def test_a_name_is_letters_digits_and_hyphens(name: str, ana: Program) -> None:
    assert f'rflow: "{name}" can\'t be the name of a format.' in ana.refused(2, "format", "new", name)
    assert not templates(ana).exists()


@pytest.mark.parametrize("name", FORMATS)
def test_names_of_built_in_formats_stay_theirs(name: str, ana: Program) -> None:
    assert ana.refused(2, "format", "new", name).startswith(f"rflow: {name} is one of rflow's own formats.")
    write(templates(ana), f"{name}.md.j2", "stolen\n")
    assert ana.ok("progress", "-f", name).out != "stolen\n"


@pytest.mark.slow
def test_a_check_warns_of_the_names_of_built_in_formats(ana: Program) -> None:
    paths = {name: write(templates(ana), f"{name}.md.j2", "stolen\n") for name in FORMATS}
    said = ana.ok("format", "check").err
    for name, path in paths.items():
        assert f'{path}: warning: It is never used: "{name}" is one of rflow\'s own formats. Rename it.' in said


# What a template gets


def test_a_whole_template_can_be_two_lines(ana: Program) -> None:
    write(templates(ana), "ticket.md.j2")
    assert ana.ok("progress", "-f", "ticket").out == SHOWN


@pytest.mark.parametrize(
    ("suffix", "shown"),
    [
        ("md", "a \\*b\\* \\<i\\>"),
        ("txt", "a *b* <i>"),
        ("slack", "a *b* <i>"),
        ("jira", "a \\*b\\* <i>"),
        ("html", "a *b* &lt;i&gt;"),
    ],
)
def test_the_end_of_its_name_picks_the_escaping(suffix: str, shown: str, ana: Program) -> None:
    ana.ok("brief", "--ask", "a *b* <i>")
    write(templates(ana), f"one.{suffix}.j2", "{{ p.ask }}")
    assert ana.ok("progress", "-f", "one").out.strip() == shown


@pytest.mark.parametrize("file", ["one.j2", "one.doc.j2", "one.md.txt.j2", "one.slack.html.j2"])
def test_another_end_of_a_name_is_refused_with_those_there_are(file: str, ana: Program) -> None:
    path = write(templates(ana), file)
    assert ana.refused(6, "progress", "-f", "one") == (
        f"rflow: The name {path} has no known ending, which says how text is escaped.\n"
        "       Rename it: one.md.j2, one.txt.j2, one.slack.j2, one.html.j2, one.jira.j2.\n"
    )
    assert "has no known ending" in ana.ok("format", "list", "--json").out


def test_a_digest_is_laid_out_as_usual_unless_the_template_says_otherwise() -> None:
    assert render(as_format(folder_of(wiki__md=SHORT), "wiki.md.j2"), DIGEST) == render("markdown", DIGEST)
    asking = "{% if digest %}{{ p.sessions | length }} open{% else %}one{% endif %}"
    wiki = as_format(folder_of(wiki__md=asking), "wiki.md.j2")
    assert (render(wiki, DIGEST), render(wiki, FULL)) == ("3 open", "one")


def test_the_brief_form_goes_through_the_template(ana: Program) -> None:
    write(templates(ana), "wiki.txt.j2", "{{ 'brief' if p.brief else 'whole' }}")
    assert ana.ok("progress", "-f", "wiki").out == "whole\n"
    assert ana.ok("progress", "-f", "wiki", "--brief").out == "brief\n"


def test_a_template_draws_with_the_macros_it_imports() -> None:
    """And is held to the length that their format has."""
    folder = folder_of(wiki__txt='{% import "teams.txt.j2" as f %}{{ f.fact("Because", p.hypothesis) }}')
    wiki = as_format(folder, "wiki.txt.j2")
    assert render(wiki, FULL).startswith("BECAUSE: Yesterday's firewall")
    assert wiki.limit == FORMATS["teams"].limit != FORMATS["text"].limit


@pytest.mark.slow
def test_a_part_of_several_templates_stands_in_a_file_of_its_own(ana: Program) -> None:
    write(templates(ana), "_footer.md.j2", "Owner: {{ p.session.owner }}\n")
    write(templates(ana), "wiki.md.j2", "{% include '_footer.md.j2' %}")
    assert ana.ok("progress", "-f", "wiki").out == "Owner: Ana Ruiz\n"
    assert "_footer" not in ana.ok("format", "list").out
    assert ana.ok("format", "check").err.count("no errors") == 1


def test_it_is_a_format_like_any_other(ana: Program) -> None:
    write(templates(ana), "wiki.md.j2")
    ana.ok("config", "set", "progress.format", "wiki")
    assert ana.ok("progress").out == SHOWN
    ana.ok("progress", "-o", str(ana.home / "out"))
    assert (ana.home / "out").read_text("utf-8") == SHOWN
    ana.ok("progress", "--copy", RFLOW_CLIPBOARD_CMD=f"cat > {ana.home / 'copied'}")
    assert (ana.home / "copied").read_text("utf-8") == SHOWN
    assert ana.ok("format", "show", "wiki").err.startswith("wiki: For the ticket system. An example:")
    assert SHOWN in ana.ok("handoff", "Ben", "--new-user", "-f", "wiki").out


def test_another_configuration_has_other_templates(ana: Program) -> None:
    other = ana.home / "other"
    made = ana.ok("--config", str(other / "config.toml"), "format", "new", "wiki")
    assert made.out == f"{other / 'templates' / 'wiki.md.j2'}\n"
    assert 'no format "wiki"' in ana.refused(2, "progress", "-f", "wiki")


def test_formats_are_listed_with_where_they_come_from(ana: Program) -> None:
    mine, theirs = write(templates(ana), "wiki.md.j2"), write(project(ana), "team.md.j2")
    ana.ok("format", "trust", "--yes")
    rows = {row["name"]: row for row in ana.json("format", "list", "--json")}
    assert rows["wiki"] == {
        "name": "wiki",
        "description": "For the ticket system",
        "media_type": "text/markdown",
        "from": "yours",
        "path": str(mine),
    }
    assert (rows["team"]["from"], rows["team"]["path"]) == ("project", str(theirs))
    assert (rows["markdown"]["from"], rows["markdown"]["path"]) == ("rflow", None)
    assert re.search(r"^wiki +yours +For the ticket system$", ana.ok("format", "list").out, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("{# For the wiki. #}\n{# Not this. #}", "For the wiki"),
        ("\n{#- For the wiki\n   and more -#}", "For the wiki"),
        ("{#\n\n  For the wiki\n#}", "For the wiki"),
        ("Hello {# not this #}", ""),
        ("{{ p.ask }}", ""),
        ("", ""),
    ],
)
def test_its_first_comment_says_what_it_is_for(text: str, description: str) -> None:
    assert description_of(text) == description


def test_the_tab_key_offers_them(ana: Program) -> None:
    write(templates(ana), "wiki.md.j2")

    assert explained(ana, "progress", "-f", "wi") == {"wiki": "For the ticket system"}
    assert explained(ana, "format", "check", "") == {"wiki": "For the ticket system"}


def test_an_unknown_name_is_answered_with_the_nearest_of_all(ana: Program) -> None:
    write(templates(ana), "wiki.md.j2")
    said = ana.refused(2, "progress", "-f", "wikki")
    assert 'Did you mean "wiki"?' in said
    assert said.endswith(", wiki.\n")


# Mistakes


def test_a_mistake_loses_nothing(ana: Program) -> None:
    path = write(templates(ana), "wiki.md.j2", "\n{{ p.aks }}\n")
    assert ana.refused(6, "progress", "-f", "wiki") == (
        f'rflow: The format wiki has a mistake. {path}, line 2: The summary has no "aks". Did you mean "ask"?\n'
        "       Fix it (rflow format check wiki); nothing is lost: -f markdown works meanwhile.\n"
    )
    assert ana.ok("progress", "-f", "markdown").out


def test_a_template_that_can_not_be_read_stops_a_handoff_before_it_is_one(ana: Program) -> None:
    write(templates(ana), "wiki.md.j2", "{{ p.ask")
    assert "Unexpected end" in ana.refused(6, "handoff", "Ben", "--new-user", "-f", "wiki")
    assert ana.show()["owner"]["name"] == "Ana Ruiz"


@pytest.mark.slow
def test_a_check_tells_each_mistake_with_its_line(ana: Program) -> None:
    lines = ("x", "{{ tryed }}", "{% if digest %}{{ p.notes }}{% endif %}", "{% if p.brief %}{{ p.sesion }}{% endif %}")
    text = "\n".join(lines).replace("{% if p", "{% if not digest and p")
    path = write(templates(ana), "wiki.md.j2", text)
    result = ana.run("format", "check", "wiki")
    assert (result.code, result.out) == (6, "")
    assert result.err.splitlines()[0] == f'{path}, line 2: There is nothing named "tryed". Did you mean "p.tried"?'
    write(templates(ana), "wiki.md.j2", text.replace("{{ tryed }}", ""))
    others = ana.run("format", "check", "wiki").err.splitlines()
    brief = f'{path}, line 4: The summary has no "sesion". Did you mean "session"? (Seen with the brief form.)'
    assert others[1] == brief
    assert others[0].startswith(f'{path}, line 3: The digest has no "notes".')
    assert others[0].endswith("(Seen with a digest.)")
    assert len(others) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "told"), [("{{ p.ask | blok }}", 'There is no filter "blok". Did you'), ("{{ 1 is od }}", 'no test "od".')]
)
def test_a_check_tells_of_filters_and_tests_that_are_not_there(text: str, told: str, ana: Program) -> None:
    path = write(templates(ana), "wiki.md.j2", f"x\n{text}")
    result = ana.run("format", "check", "wiki")
    assert (result.code, result.out) == (6, "")
    assert result.err.startswith(f"{path}, line 2: ")
    assert told in result.err


@pytest.mark.slow
def test_a_check_takes_names_files_or_all(ana: Program) -> None:
    assert ana.ok("format", "check").err == "You have no formats of your own. To make one: rflow format new NAME\n"
    good, bad = write(templates(ana), "good.md.j2"), write(templates(ana), "bad.md.j2", "{{ x }}")
    assert ana.run("format", "check").code == 6
    assert ana.ok("format", "check", "good").err.startswith(f"{good}: no errors")
    assert ana.ok("format", "check", str(good)).err.startswith(f"{good}: no errors")
    assert ana.run("format", "check", str(bad)).code == 6
    assert "There is no template" in ana.refused(3, "format", "check", "gone.md.j2")
    assert "is not made of a template" in ana.refused(2, "format", "check", "slack")
    assert 'There is no format "god".\n       Did you mean "good"?' in ana.refused(2, "format", "check", "god")


@pytest.mark.parametrize(
    ("suffix", "text", "said"),
    [
        ("md", "x\n```\n{{ p.ask }}\n```", "line 2: warning: `````: a fence must be longer than any in the text:"),
        ("md", "x `{{ p.ask }}`", "line 1: warning: ``{{`: backslashes have no effect between backticks:"),
        ("md", "[x]({{ p.resume.link }})", "line 1: warning: `]({{`: a link may lead anywhere:"),
        ("slack", "```\n{{ p.ask }}\n```", "line 1: warning: `````: the text may hold such a line itself:"),
        ("jira", "{noformat}{{ p.ask }}{noformat}", "line 1: warning: `{noformat`: the text may end it:"),
        ("jira", "[x|{{ p.ask }}]", "line 1: warning: `[x|{{ p.ask }}]`: a link may lead anywhere:"),
        ("html", '<a href="{{ p.ask }}">', 'line 1: warning: `href="{{`: an address may be a script:'),
        ("html", "<p class={{ p.ask }}>", "line 1: warning: `<p class={{`: an attribute needs quotes"),
        ("html", '<p onclick="{{ p.ask }}">', 'line 1: warning: `onclick="{{`: any text in it runs as a script'),
        ("html", "<script>{{ p.ask }}</script>", "line 1: warning: `<script`: a text in it runs as a script"),
        ("txt", "{{ p.ask | block }}", "warning: The second line of a text begins at the margin"),
        ("txt", "", "warning: The output is empty for a usual session."),
    ],
)
def test_what_would_break_with_some_text_is_warned_of(suffix: str, text: str, said: str) -> None:
    assert any(line.startswith(said) for line in checked(text, suffix)), checked(text, suffix)


def test_a_check_shows_that_half_of_an_escape_is_markup() -> None:
    cut = "{% set x %}{{ p.ask }}{% endset %}{{ x[1:] }}"
    assert checked(cut) == ["warning: What a user writes can become markup here, as `# zqhead` did."]


@pytest.mark.slow
def test_warnings_do_not_keep_a_format_from_being_used(ana: Program) -> None:
    path = write(templates(ana), "wiki.md.j2", "`{{ p.session.title }}`")
    said = ana.ok("format", "check", "wiki").err.splitlines()
    assert said[0].startswith(f"{path}, line 1: warning: ")
    assert said[1] == f"{path}: no errors."


@pytest.mark.parametrize("suffix", ["md", "jira", "html", "slack"])
def test_a_check_recognises_markup_in_the_output(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The escaping is switched off here."""
    monkeypatch.setitem(ESCAPERS, f".{suffix}.j2", "plain:Plain")
    text = "{{ p.ask }}\n{{ p.impact }}\n{{ p.session.title }}\n{% for n in p.tried %}\n{{ n.text }}\n{% endfor %}"
    assert any("What a user writes can become markup here" in said for said in checked(text, suffix))


# Files that are none, or lead elsewhere


@on_posix
def test_a_link_out_of_the_folder_is_not_followed(ana: Program) -> None:
    secret = ana.home / "secret"
    secret.write_text("the key", "utf-8")
    write(templates(ana), "wiki.md.j2", "{% include 'secret.md.j2' %}")
    (templates(ana) / "secret.md.j2").symlink_to(secret)
    for name in ("wiki", "secret"):
        said = ana.refused(6, "progress", "-f", name)
        assert "secret.md.j2 can't be used: it is a link to a file outside the folder." in said
    write(templates(ana), "real.md.j2")
    (templates(ana) / "alias.md.j2").symlink_to("real.md.j2")
    assert ana.ok("progress", "-f", "alias").out == SHOWN


@pytest.mark.slow
@on_posix
def test_what_is_no_template_is_refused_at_once_and_stops_no_other(ana: Program) -> None:
    write(templates(ana), "wiki.md.j2")
    os.mkfifo(templates(ana) / "pipe.md.j2")
    (templates(ana) / "folder.md.j2").mkdir()
    (templates(ana) / "large.md.j2").write_text("x" * 300_000, "utf-8")
    (templates(ana) / "latin.md.j2").write_bytes(b"caf\xe9")
    (templates(ana) / "lost.md.j2").symlink_to("nowhere")
    reasons = {
        "pipe": "it is not a regular file",
        "folder": "",
        "large": "it is larger than 256 KiB",
        "latin": "it is not UTF-8",
    }
    for name, reason in {**reasons, "lost": "No such file"}.items():
        assert f"{name}.md.j2 can't be used: {reason}" in ana.refused(6, "progress", "-f", name)
    assert ana.ok("progress", "-f", "wiki").out == SHOWN
    assert ana.ok("format", "list").out
    assert ana.run("format", "check").code == 6


def test_two_templates_of_one_name_are_refused(ana: Program) -> None:
    write(templates(ana), "wiki.md.j2")
    write(templates(ana), "wiki.txt.j2")
    assert "There are two templates for wiki" in ana.refused(2, "progress", "-f", "wiki")


# Projects


def test_a_project_is_trusted_only_as_it_was_looked_at(ana: Program) -> None:
    path = write(project(ana), "team.md.j2")
    assert ana.refused(5, "progress", "-f", "team") == (
        f"rflow: The format team is one of this project's ({path.parent}), which you don't trust as they are now.\n"
        "       Read and trust them: rflow format trust\n"
    )
    asked = ana.run("format", "trust")
    assert asked.code == 2
    assert "no terminal to ask" in asked.err
    ana.refused(5, "progress", "-f", "team")
    trusted = ana.ok("format", "trust", "--yes")
    assert trusted.out == f"--- {path}\n{SHORT}\n"
    assert trusted.err.endswith(f"{path.parent} is trusted until one of its files changes. Formats: team.\n")
    assert ana.ok("progress", "-f", "team").out == SHOWN
    assert ana.json("format", "list", "--json")[-1]["from"] == "project"


def test_any_change_of_a_project_asks_again(ana: Program) -> None:
    write(project(ana), "team.md.j2")
    ana.ok("format", "trust", "--yes")
    write(project(ana), "_part.md.j2", "only included\n")
    ana.refused(5, "progress", "-f", "team")
    assert "You trusted this folder before; it has changed since." in ana.ok("format", "trust", "--yes").err
    assert ana.ok("progress", "-f", "team").out == SHOWN
    ana.ok("format", "trust", "--no")
    ana.refused(5, "progress", "-f", "team")


def test_what_a_template_holds_is_shown_without_its_control_characters(ana: Program) -> None:
    write(project(ana), "team.md.j2", "{# \x1b]52;c;eA==\x07 #}{{ p.ask }}")
    assert "\x1b" not in ana.ok("format", "trust", "--yes").out


def test_trust_belongs_to_a_folder_where_it_is(ana: Program, tmp_path: Path) -> None:
    write(project(ana), "team.md.j2")
    ana.ok("format", "trust", "--yes")
    clone = ana.at(cwd=tmp_path / "clone")
    write(project(clone), "team.md.j2")
    clone.refused(5, "progress", "-f", "team")
    ana.ok("format", "trust", "--yes", str(clone.cwd))
    assert clone.ok("progress", "-f", "team").out == SHOWN


def test_a_project_is_looked_for_up_to_its_repository(ana: Program) -> None:
    write(project(ana), "team.md.j2")
    ana.ok("format", "trust", "--yes")
    assert ana.cwd is not None
    inside = ana.cwd / "deep" / "inside"
    inside.mkdir(parents=True)
    assert ana.at(cwd=inside).ok("progress", "-f", "team").out == SHOWN
    (ana.cwd / "deep" / ".git").mkdir()
    assert 'no format "team"' in ana.at(cwd=inside).refused(2, "progress", "-f", "team")


def test_a_users_own_format_comes_before_the_projects(ana: Program) -> None:
    write(project(ana), "wiki.md.j2", "theirs")
    write(templates(ana), "wiki.md.j2", "mine")
    assert ana.ok("progress", "-f", "wiki").out == "mine\n"
    assert [row["from"] for row in ana.json("format", "list", "--json") if row["name"] == "wiki"] == ["yours"]


def test_who_makes_a_projects_format_trusts_it_but_not_what_lies_beside_it(ana: Program) -> None:
    made = ana.ok("format", "new", "team", "--project")
    assert made.out == f"{project(ana) / 'team.md.j2'}\n"
    assert ana.ok("progress", "-f", "team").out
    write(project(ana), "planted.md.j2")
    ana.ok("format", "new", "another", "--project")
    ana.refused(5, "progress", "-f", "planted")


@pytest.mark.slow
def test_an_untrusted_format_can_be_checked(ana: Program) -> None:
    """It renders sample sessions only, in a process with limits, and its output is not shown."""
    write(project(ana), "team.md.j2")
    assert "no errors" in ana.ok("format", "check", "team").err


def test_trusting_nothing_is_refused(ana: Program) -> None:
    assert "There is no .rflow/templates here or above." in ana.refused(3, "format", "trust")
    assert "There are no templates in nowhere." in ana.refused(3, "format", "trust", "nowhere")


def test_a_damaged_list_of_what_is_trusted_trusts_nothing(ana: Program) -> None:
    write(project(ana), "team.md.j2")
    ana.ok("format", "trust", "--yes")
    (ana.home / "state" / "rflow" / "trusted-templates.json").write_text("{", "utf-8")
    ana.refused(5, "progress", "-f", "team")


def test_an_untrusted_project_offers_nothing(ana: Program) -> None:
    """Not in lists, not as a suggestion, not to the Tab key; a message says how to read and trust it."""
    write(project(ana), "crew.md.j2", "{# Planted #}planted")
    listed = ana.ok("format", "list", "--json")
    assert "crew" not in listed.out
    assert listed.err == (
        f"{project(ana)} has formats that you don't trust as they are now. To read them: rflow format trust\n"
    )
    assert "crew" not in ana.refused(2, "progress", "-f", "crow")
    commands = (("progress", "-f", "cr"), ("format", "check", "cr"))
    assert [offered(ana, *words) for words in commands] == [[], []]
    ana.ok("format", "trust", "--yes")
    assert [offered(ana, *words) for words in commands] == [["crew"], ["crew"]]
    listed = ana.ok("format", "list")
    assert ("crew" in listed.out, listed.err) == (True, "")


def test_an_untrusted_project_keeps_no_other_format_from_being_used(ana: Program) -> None:
    write(templates(ana), "wiki.md.j2")
    write(project(ana), "wiki.md.j2", "theirs")
    write(project(ana), "wiki.txt.j2", "theirs, too")
    for number in range(201):
        write(project(ana), f"many{number}.md.j2", "x")
    assert ana.ok("progress", "-f", "wiki").out == SHOWN
    assert "wiki" in ana.ok("format", "list").out
    assert "more than 200 templates" in ana.refused(6, "format", "trust", "--yes")


@on_posix
def test_a_file_whose_name_cant_be_shown_is_refused_and_stops_no_other(ana: Program) -> None:
    write(templates(ana), "wiki.md.j2")
    write(project(ana), "team.md.j2")
    for folder in (templates(ana), project(ana)):
        os.close(os.open(os.fsencode(folder) + b"/caf\xe9.md.j2", os.O_CREAT))
        write(folder, "two\nlines.md.j2")
    assert ana.ok("progress", "-f", "wiki").out == SHOWN
    assert ana.ok("format", "list").out
    ana.refused(5, "progress", "-f", "team")
    assert "can't be trusted: its name has characters that can't be shown." in ana.refused(6, "format", "trust")


@pytest.mark.slow
@on_posix
def test_a_project_may_lie_in_a_folder_whose_name_is_not_utf_8(ana: Program) -> None:
    inside = ana.at(cwd=ana.home / os.fsdecode(b"caf\xe9"))
    write(project(inside), "team.md.j2")
    assert "no errors" in inside.ok("format", "check", "team").err
    inside.ok("format", "trust", "--yes")
    assert inside.ok("progress", "-f", "team").out == SHOWN
    assert "team" in inside.ok("format", "list", "--json").out


# Packages

ACME = '''
from rflow.formats import Format

def acme(told):
    """for Acme's ticket system.

    Details."""
    return f"ACME {told.session.title}\\n"

whole = Format(name="any", description="Acme's own", media_type="text/x-acme", suffix=".acme",
               build=lambda told: "WHOLE\\n")
five = 5

def number(told):
    return 5

def fails(told):
    return 1 / 0
'''
POINTS = ("acme", "whole", "gone", "five", "number", "fails", "text")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package as an installer leaves it: modules, and the metadata that names its entry points."""
    site = tmp_path / "site"
    info = site / "acme_rflow-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rflow\nVersion: 1.0\n")
    points = [*(f"{name} = acme_rflow:{name}" for name in POINTS), "broken = acme_rflow_broken:x"]
    (info / "entry_points.txt").write_text("\n".join(["[rflow.formats]", *points, ""]))
    (site / "acme_rflow.py").write_text(textwrap.dedent(ACME))
    (site / "acme_rflow_broken.py").write_text("import a_library_that_is_not_there\n")
    monkeypatch.syspath_prepend(str(site))
    for name in ("acme_rflow", "acme_rflow_broken"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return site


@pytest.mark.usefixtures("package")
def test_a_package_brings_formats_along(ana: Program) -> None:
    assert ana.ok("progress", "-f", "acme").out == "ACME Labels are *blank*\n"
    assert ana.ok("progress", "-f", "whole").out == "WHOLE\n"
    rows = {row["name"]: row for row in ana.json("format", "list", "--json")}
    assert (rows["acme"]["description"], rows["acme"]["from"]) == ("for Acme's ticket system", "package acme-rflow")
    assert (rows["whole"]["media_type"], rows["whole"]["description"]) == ("text/x-acme", "Acme's own")
    assert rows["text"]["from"] == "rflow"
    assert "can't be loaded" in rows["broken"]["description"]


@pytest.mark.usefixtures("package")
def test_an_untrusted_project_takes_no_name_of_a_package(ana: Program) -> None:
    write(project(ana), "acme.md.j2", "planted")
    assert ana.ok("progress", "-f", "acme").out == "ACME Labels are *blank*\n"


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("broken", "can't be loaded: ModuleNotFoundError: No module named 'a_library_that_is_not_there'."),
        ("gone", "can't be loaded: AttributeError: module 'acme_rflow' has no attribute 'gone'."),
        ("five", "is of the type int, neither a Format nor a function."),
        ("number", "returned a value of the type int instead of a text."),
        ("fails", "failed: ZeroDivisionError: division by zero."),
    ],
)
def test_a_broken_package_is_one_sentence(name: str, how: str, ana: Program) -> None:
    assert ana.refused(6, "progress", "-f", name) == (
        f"rflow: The format {name} of the package acme-rflow {how}\n"
        "       Report it to its author; nothing is lost: -f markdown works meanwhile.\n"
    )


def test_packages_are_looked_up_only_for_a_name_that_nobody_knows(
    ana: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(templates(ana), "acme.md.j2")
    monkeypatch.setattr(entry_points, "packaged", lambda: pytest.fail("looked up"))
    assert ana.ok("progress", "-f", "acme").out == SHOWN
    assert ana.ok("progress", "-f", "text").out


def test_a_format_of_a_package_needs_something_that_builds_it() -> None:
    class Point:
        def load(self) -> Format:
            return FORMATS["markdown"]

    with pytest.raises(BadInput, match="has no `build` function"):
        entry_points.loaded("x", "acme", Point())  # type: ignore[arg-type]


def test_without_folders_only_built_in_formats_are_known() -> None:
    assert format_named("markdown") is FORMATS["markdown"]
    assert read_folder(Path("/nowhere/at/all")).texts == {}


# docs/own-formats.md

DOCS = (Path(__file__).parents[2] / "docs" / "own-formats.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    """The blocks of one kind of code in the docs."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_tutorial_works_as_it_stands(tmp_path: Path) -> None:
    me = Program(tmp_path, cwd=tmp_path)
    lines = [line for block in blocks("console") for line in block.splitlines()]
    assert len(lines) > 10
    for line in lines:
        me.ok(*shlex.split(line)[2:])


def test_the_template_of_the_docs_has_no_mistakes() -> None:
    assert [checked(text) for text in blocks("jinja")] == [[]]


def test_the_package_of_the_docs_makes_every_summary() -> None:
    made: dict[str, object] = {}
    for code in blocks("python"):
        exec(code, made)
    acme = made["acme"]
    assert callable(acme)
    assert [acme(told) for told in (FULL, DIGEST)] == ["Label printer in Leeds prints nothing\n", "3 sessions\n"]


def test_all_that_the_docs_name_is_there() -> None:
    table = {row.split("|")[1].strip(): row for row in DOCS.splitlines() if row.startswith("| ")}
    phrases = re.findall(r"`(\w+)\(", table["phrases"])
    assert {*phrases} == {*PHRASES}
    known = Sandbox(flavour_of(".md.j2"), DictLoader({}), StrictUndefined).filters
    assert set(re.findall(r"`(\w+)[(`]", table["filters"])) <= {*known}
