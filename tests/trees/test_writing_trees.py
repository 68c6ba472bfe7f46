"""`rflow tree new` and `edit`, and `rflow tree check --json` for editors."""

from pathlib import Path

import pytest

from support.program import SCRIPT, Program


@pytest.fixture
def ann(tmp_path: Path) -> Program:
    return Program(tmp_path, user="Ann", cwd=tmp_path)


def test_a_new_tree_file_has_no_problems_and_can_be_started(ann: Program) -> None:
    ann.ok("tree", "new", "vpn-809", "--title", 'The "VPN" \\ does not connect')
    assert ann.ok("tree", "check", "vpn-809.toml", "--json").json == []
    ann.ok("tree", "add", "vpn-809.toml")
    assert ann.ok("tree", "show", "vpn-809", "--json").json["title"] == 'The "VPN" \\ does not connect'
    ann.ok("start", "vpn-809")


def test_a_file_that_exists_is_never_overwritten(ann: Program) -> None:
    (ann.home / "vpn.toml").write_text("mine", "utf-8")
    refused = ann.run("tree", "new", "vpn")
    assert (refused.code, "exists already" in refused.err) == (2, True)
    assert (ann.home / "vpn.toml").read_text("utf-8") == "mine"
    assert ann.run("tree", "new", "../vpn").code == 2


TREE = """id = "till"
title = "Till"
start = "on"
[nodes.on]
text = "On?"
choices = [
  { label = "Yes", to = "fine" },
  { label = "No", to = "fin" },
]
[nodes.fine]
text = "Fine"
outcome = "resolved"
"""


def test_problems_for_editors_have_line_and_column(ann: Program) -> None:
    (ann.home / "till.toml").write_text(TREE, "utf-8")
    checked = ann.run("tree", "check", "till.toml", "--json")
    assert checked.code == 6
    (problem,) = checked.json
    assert problem == {
        "file": "till.toml",
        "line": 8,
        "column": 19,
        "node": "on",
        "severity": "error",
        "message": 'The target "fin" is not a node.',
        "remedy": 'Did you mean "fine"?',
    }


@pytest.mark.parametrize(
    ("file", "text", "line", "column"),
    [
        ("a.json", '{"id": 1,\n  x}', 2, 3),
        ("a.toml", "id = 1\nx = = 2\n", 2, 5),
        ("a.yaml", "id: 1\nb: [1\nc: 2\n", 3, 2),
    ],
)
def test_what_is_no_valid_file_has_line_and_column(ann: Program, file: str, text: str, line: int, column: int) -> None:
    (ann.home / file).write_text(text, "utf-8")
    checked = ann.run("tree", "check", file, "--json")
    assert checked.code == 6
    assert [(problem["line"], problem["column"]) for problem in checked.json] == [(line, column)]


EDITOR = """#!/bin/sh
sed -i 's/text = "Solved"/text = "All good"/' "$1"
"""


def editor(ann: Program, script: str) -> str:
    path = ann.home / "editor"
    path.write_text(script, "utf-8")
    path.chmod(0o755)
    return str(path)


def test_a_tree_is_edited_in_the_editor_and_what_changed_is_listed(ann: Program) -> None:
    ann.ok("tree", "new", "vpn")
    ann.ok("tree", "add", "vpn.toml")
    edited = ann.ok("tree", "edit", "vpn", EDITOR=editor(ann, EDITOR), VISUAL="")
    assert '~ solved: text "Solved" is now "All good"' in edited.err
    assert ann.ok("tree", "show", "vpn", "--json").json["nodes"]["solved"]["text"] == "All good"
    assert "vpn: no change." in ann.ok("tree", "edit", "vpn", EDITOR="true", VISUAL="").err


def test_a_draft_with_errors_is_kept_and_continued(ann: Program) -> None:
    ann.ok("tree", "new", "vpn")
    ann.ok("tree", "add", "vpn.toml")
    broken = editor(ann, '#!/bin/sh\nsed -i \'s/to = "solved"/to = "solv"/\' "$1"\n')
    refused = ann.run("tree", "edit", "vpn", EDITOR=broken, VISUAL="")
    assert refused.code == 6
    assert 'The target "solv" is not a node.' in refused.err
    assert "Your draft is kept" in refused.err
    repaired = editor(ann, '#!/bin/sh\nsed -i \'s/"solv"/"solved"/; s/Solved/All good/\' "$1"\n')
    again = ann.ok("tree", "edit", "vpn", EDITOR=repaired, VISUAL="")
    assert "Continuing with your draft" in again.err
    assert ann.ok("tree", "show", "vpn", "--json").json["nodes"]["solved"]["text"] == "All good"


@pytest.mark.slow
def test_what_somebody_else_changed_meanwhile_is_not_overwritten(ann: Program) -> None:
    ann.ok("tree", "new", "vpn")
    ann.ok("tree", "add", "vpn.toml")
    theirs = ann.home / "vpn.toml"
    theirs.write_text(theirs.read_text("utf-8").replace("Restart the service", "Reboot"), "utf-8")
    script = editor(ann, f'{EDITOR}\n"$RFLOW" tree add {theirs}\n')
    refused = ann.run("tree", "edit", "vpn", EDITOR=script, VISUAL="", RFLOW=SCRIPT)
    assert refused.code == 4
    assert '~ restart: text "Restart the service" is now "Reboot"' in refused.err
    assert ann.ok("tree", "show", "vpn", "--json").json["nodes"]["solved"]["text"] == "Solved"


def test_an_editor_that_can_not_be_started_is_named(ann: Program) -> None:
    ann.ok("tree", "new", "vpn")
    ann.ok("tree", "add", "vpn.toml")
    refused = ann.run("tree", "edit", "vpn", EDITOR="no-such-editor", VISUAL="")
    assert (refused.code, "The editor no-such-editor could not be started." in refused.err) == (2, True)
