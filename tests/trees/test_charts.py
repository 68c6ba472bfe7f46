"""Trees as Mermaid and DOT, judged by Mermaid's own parser and by Graphviz's where they are here."""

import json
import subprocess
from pathlib import Path

import pytest

from rflow.core.tree.graph import Turn
from rflow.core.tree.model import Action, Choice, Decision, End, Node, Tree
from rflow.trees.charts import dot, left_out, mermaid, mermaid_ids, path_of
from rflow.trees.files import read_tree
from support.needs import need
from support.program import Program

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "trees").glob("*.toml"))
HOSTILE = Tree(
    id="hostile",
    title="Hostile",
    start="start-here",
    nodes={
        "start-here": Decision(
            text='Says "no" & <pod> #1; `x` \\ [a] {b} (c) | d %% e',
            choices=(
                Choice(label='a|b "c" --> d', to="end"),
                Choice(label="1. first", to="x y"),
                Choice(label="- x", to="do"),
            ),
        ),
        "end": End(text="1. Call Leeds", outcome="escalate"),
        "x y": End(text="- Solved; done", outcome="resolved"),
        "do": Action(text="Restart it\nand wait", to="start-here"),
    },
)


def test_a_chart_has_each_node_once_and_the_start_first() -> None:
    tree = read_tree(EXAMPLES[0]).require()
    lines = mermaid(tree).splitlines()
    ids = mermaid_ids(tree)
    assert lines[0] == "flowchart TD"
    assert lines[1].startswith(f"    {ids[tree.start]}")
    assert all(
        sum(line.startswith(f"    {name}{shape}") for line in lines for shape in "([{") == 1 for name in ids.values()
    )


def test_nodes_keep_their_ids_where_mermaid_can_read_them() -> None:
    kept = [
        "End",
        "Style",
        "x-end",
        "call-the-vendor",
        "o-1",
        "src/app.py",
        "**Task**",
        "\u5f00\u59cb",
        "Gr\u00f6\u00dfe",
        "a+b?",
    ]
    renamed = [
        "end",
        "end-x",
        "1end",
        "\u00e9graph",
        "style",
        "_self",
        "call",
        "a b",
        "a--b",
        "-a",
        "\U0001f525",
        "a->b",
        "a-",
    ]
    nodes: dict[str, Node] = {name: End(text="x", outcome="resolved") for name in [*kept, *renamed]}
    ids = mermaid_ids(Tree(id="x", title="X", start="End", nodes=nodes))
    assert [name for name in nodes if ids[name] == name] == kept


def test_what_mermaid_can_not_carry_is_named() -> None:
    assert left_out(HOSTILE) == ["ids of nodes (2)"]
    assert any(word.startswith("commands (") for word in left_out(read_tree(EXAMPLES[0]).require()))


def test_a_session_is_marked_in_words_of_the_text_and_by_the_kind_of_line() -> None:
    tree = read_tree(ROOT / "examples" / "trees" / "postgres-connect.toml").require()
    turns = [
        Turn(node="client-error", label="Connection refused, or no such socket", to="server-running"),
        Turn(node="server-running", label="Yes", to="right-address", assumed=True),
    ]
    path = path_of(tree, turns, "right-address")
    chart, graph = mermaid(tree, path), dot(tree, path)
    assert 'client-error{"✓ What does the client report?"}' in chart
    assert 'right-address{"▶ ' in chart
    assert 'server-running -.->|"Yes"| right-address' in chart
    assert 'fix-pg-hba(["✗ ' in chart
    assert 'start-log{"✗? ' in chart
    assert (
        '"server-running" [label="? Is the server process running?", shape=diamond, penwidth=2.5, style=dashed]'
        in graph
    )


@pytest.mark.slow
@pytest.mark.parametrize("tree", [HOSTILE, *(read_tree(path).require() for path in EXAMPLES)], ids=lambda tree: tree.id)
def test_graphviz_reads_the_graph(tree: Tree) -> None:
    need("dot")
    done = subprocess.run(["dot", "-Tjson0"], input=dot(tree).encode(), capture_output=True, check=True)
    read = json.loads(done.stdout)
    assert {node["name"] for node in read["objects"]} == set(tree.nodes)


def test_the_command_draws_a_tree_and_a_session(tmp_path: Path) -> None:
    ann = Program(tmp_path, user="Ann")
    ann.ok("tree", "add", "--examples")
    assert ann.ok("tree", "graph", "printer-offline", "-f", "svg").out.startswith("<svg ")
    assert "you are here" not in ann.ok("tree", "graph", "printer-offline").out
    ann.ok("start", "printer-offline")
    assert "you are here" in ann.ok("tree", "graph").out
    assert "▶ " in ann.ok("tree", "graph", "-f", "mermaid").out
    drawn = ann.ok("tree", "graph", "-o", str(tmp_path / "here.svg"))
    assert drawn.out == ""
    assert "You are here" in (tmp_path / "here.svg").read_text("utf-8")


def test_a_session_in_another_tree_or_without_one_is_a_clear_error(tmp_path: Path) -> None:
    ann = Program(tmp_path, user="Ann")
    ann.ok("tree", "add", "--examples")
    assert ann.run("tree", "graph").code == 2
    ann.ok("start", "--title", "Till 3 is slow")
    assert "has no tree to draw" in ann.run("tree", "graph").err
    ann.ok("start", "printer-offline")
    code = ann.json("list", "--json")[0]["code"]
    refused = ann.run("tree", "graph", "vpn", "--session", code)
    assert (refused.code, "stands in the tree printer-offline" in refused.err) in {(2, True), (3, False)}
