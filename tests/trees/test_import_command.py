"""`rflow tree import` and `tree diff`: what somebody with charts in a wiki does with them."""

from pathlib import Path

import pytest

from support.program import Program

CHART = """flowchart TD
    on{Is the till on?} -->|Yes| slow{Is it slow?}
    on -->|No| switch[Switch it on]
    slow -->|Yes| vendor[Call the vendor]
    slow --> fine[It works]
    switch --> fine
"""
PRINTERS = "## Printers\n\n```mermaid\ngraph TD\nA[On?] --> B[Off]\n```\n"
PAGE = f"# Tills\n\n## Slow tills\n\n```mermaid\n{CHART}```\n\n{PRINTERS}"


@pytest.fixture
def ann(tmp_path: Path) -> Program:
    return Program(tmp_path, user="Ann", cwd=tmp_path)


def save(ann: Program, name: str, text: str) -> str:
    path = ann.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return str(path)


def test_a_chart_is_drawn_added_and_written_as_a_tree_file(ann: Program) -> None:
    imported = ann.ok("tree", "import", save(ann, "Till check.mmd", CHART))
    assert "├─ [Yes] Is it slow?" in imported.out
    assert 'Till check.mmd:5: The exit from slow to fine has no label; it is called "It works".' in imported.err
    assert imported.err.endswith(
        "till-check: added (5 nodes). Tree file: till-check.toml\nTo start: rflow start till-check\n"
    )
    assert ann.ok("tree", "check", "till-check.toml").code == 0
    shown = ann.ok("tree", "show", "till-check", "--json").json
    assert (shown["id"], shown["start"]) == ("till-check", "on")
    assert shown["nodes"]["on"]["choices"] == [{"label": "Yes", "to": "slow"}, {"label": "No", "to": "switch"}]
    assert shown["nodes"]["switch"] == {"kind": "action", "text": "Switch it on", "to": "fine"}
    ann.ok("start", "till-check")


def test_a_dry_run_changes_nothing_and_prints_the_same_tree(ann: Program) -> None:
    chart = save(ann, "till.mmd", CHART)
    tried = ann.ok("tree", "import", chart, "--dry-run", "--json")
    assert "To start" not in tried.err
    assert not (ann.home / "till.toml").exists()
    assert ann.ok("tree", "list", "--json").json == []
    ann.ok("tree", "import", chart)
    assert ann.ok("tree", "show", "till", "--json").json == tried.json
    assert ann.ok("tree", "import", chart, "--dry-run", "--json").out == tried.out


def test_a_chart_from_standard_input_needs_no_file(ann: Program) -> None:
    imported = ann.ok("tree", "import", "-", "--name", "till", "--json", stdin=CHART)
    assert imported.json["id"] == "till"
    assert ann.ok("tree", "show", "till").code == 0


def test_importing_again_says_what_changed_and_sessions_keep_their_version(ann: Program) -> None:
    chart = save(ann, "till.mmd", CHART)
    ann.ok("tree", "import", chart)
    ann.ok("start", "till")
    again = ann.ok("tree", "import", chart)
    assert "till: no change (5 nodes)" in again.err
    save(ann, "till.mmd", CHART.replace("It works", "It prints").replace("|No|", "|Not at all|"))
    changed = ann.ok("tree", "import", chart)
    assert '~ on: answer "Not at all" is new and leads to switch' in changed.err
    assert '~ fine: text "It works" is now "It prints"' in changed.err
    assert "till: new version; sessions keep theirs" in changed.err
    here = ann.ok().out
    assert "The tree has a newer version" in here
    assert 'In the newer version: answer "Not at all" is new and leads to switch' in here
    assert "It prints" not in here
    assert "Switch it on" in ann.ok("choose", "No").out
    assert "In the newer version" not in ann.ok().out
    assert "[It prints]" in ann.ok("tree", "show", "till").out


def test_what_the_team_added_to_its_nodes_stays_and_the_file_before_is_kept(ann: Program) -> None:
    chart = save(ann, "till.mmd", CHART)
    ann.ok("tree", "import", chart)
    file = ann.home / "till.toml"
    text = file.read_text("utf-8").replace('text = "Switch it on"', 'text = "Switch it on"\nhelp = "Behind the lid."')
    file.write_text("# Ours\n" + text, "utf-8")
    ann.ok("tree", "add", "till.toml")
    save(ann, "till.mmd", CHART.replace("It works", "It prints"))
    assert "(before: till.toml.bak)" in ann.ok("tree", "import", chart).err
    assert ann.ok("tree", "show", "till", "--json").json["nodes"]["switch"]["help"] == "Behind the lid."
    assert (ann.home / "till.toml.bak").read_text("utf-8").startswith("# Ours\n")


def test_a_page_with_several_charts_and_a_folder_become_several_trees(ann: Program) -> None:
    page = save(ann, "docs/tills.md", PAGE)
    trees = ann.ok("tree", "import", page, "--dry-run", "--json").json
    assert [(tree["id"], tree["title"]) for tree in trees] == [("tills", "Slow tills"), ("tills-2", "Printers")]
    save(ann, "docs/more/till.mmd", CHART)
    save(ann, "docs/prose.md", "# No chart\n\n1. One\n2. Two\n")
    save(ann, "docs/package.json", "{}")
    save(ann, "docs/.git/x.mmd", "broken")
    imported = ann.ok("tree", "import", str(ann.home / "docs"))
    assert [tree["id"] for tree in ann.ok("tree", "list", "--json").json] == ["till", "tills", "tills-2"]
    assert imported.code == 0


def test_files_of_the_same_name_have_their_folders_in_their_ids(ann: Program) -> None:
    for name in ("README.md", "net/vpn.mmd", "print/vpn.mmd", "print/README.md", "till.mmd"):
        chart = CHART if name.endswith(".mmd") else f"# Tills\n\n```mermaid\n{CHART}```\n"
        save(ann, f"docs/{name}", chart)
    trees = ann.ok("tree", "import", str(ann.home / "docs"), "--dry-run", "--json").json
    assert {tree["id"]: tree["title"] for tree in trees} == {
        "readme": "Tills",
        "net-vpn": "Net vpn",
        "print-vpn": "Print vpn",
        "print-readme": "Tills",
        "till": "Till",
    }


def test_of_a_folder_what_can_be_read_is_imported_and_the_rest_is_named(ann: Program) -> None:
    save(ann, "docs/good.mmd", CHART)
    bad = save(ann, "docs/bad.mmd", "flowchart TD\nA[x --> B\n")
    save(ann, "docs/worse.mmd", "flowchart TD\nA --> B\nB --> A\n")
    failed = ann.run("tree", "import", str(ann.home / "docs"))
    assert failed.code == 6
    assert f'{bad}:2: The label that opens with "[" is never closed.' in failed.err
    assert "There is no way to an end from the start." in failed.err
    assert [tree["id"] for tree in ann.ok("tree", "list", "--json").json] == ["good"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("nothing.mmd",), 6, "nothing.mmd: There is no such file."),
        (("empty",), 3, "There are no flowcharts in empty."),
        (("till.mmd", "--name", "Till 3!"), 2, "can't be a tree's id"),
        (("till.mmd", "--from", "dot"), 6, "till.mmd:1: A graph begins with digraph"),
        (("page.md", "-o", "one.toml"), 2, "There are several trees, but one output file."),
    ],
)
def test_mistakes_are_explained(ann: Program, words: tuple[str, ...], code: int, message: str) -> None:
    save(ann, "till.mmd", CHART)
    save(ann, "page.md", PAGE)
    (ann.home / "empty").mkdir()
    refused = ann.run("tree", "import", *words)
    assert (refused.code, message in refused.err) == (code, True), refused.err


def test_mermaid_that_rflow_wrote_comes_back_and_what_it_could_not_carry_is_named(ann: Program) -> None:
    ann.ok("tree", "add", "--examples")
    written = ann.ok("tree", "graph", "dns-client", "-f", "mermaid")
    assert "commands (" in written.err
    before = ann.ok("tree", "show", "dns-client", "--json").json
    after = ann.ok("tree", "import", "-", "--name", "again", "--dry-run", "--json", stdin=written.out).json
    assert after["start"] == before["start"]
    for name, node in before["nodes"].items():
        kept = {key: node[key] for key in ("kind", "text", "to", "choices", "outcome") if key in node}
        for choice in kept.get("choices", []):
            choice.pop("rules_out", None)
        assert after["nodes"][name] == kept


def test_two_trees_and_two_files_are_compared(ann: Program) -> None:
    old = save(ann, "old.mmd", CHART)
    new = save(ann, "new.mmd", CHART.replace("    switch --> fine\n", "    switch --> more[Wait] --> fine\n"))
    ann.ok("tree", "import", old)
    ann.ok("tree", "import", new)
    assert ann.ok("tree", "diff", "old", "new.toml").out.splitlines() == [
        '~ title "Old" is now "New"',
        "+ more: Wait",
        "~ switch: it led to fine, now leads to more",
    ]
    assert ann.ok("tree", "diff", "old", "new", "--json").json[1] == {"node": "more", "kind": "added", "text": "Wait"}
    assert "No difference." in ann.ok("tree", "diff", "old", "old.toml").err
    assert ann.run("tree", "diff", "old", "gone").code == 3
