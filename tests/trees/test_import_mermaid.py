"""Mermaid flowcharts as trees: what Mermaid's own parser reports, and what it refuses though people write it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given

from rflow.core.tree.model import Decision, Tree, exits, kind_of
from rflow.trees.charts import dot, mermaid, mermaid_ids
from rflow.trees.files import read_tree
from rflow.trees.importing.mermaid.flowchart import read_mermaid
from rflow.trees.importing.sources import Imported, import_text
from rflow.trees.parsed import ParseError
from support.nightly import examples
from trees.test_files import trees

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parents[1] / "samples" / "mermaid"
EXAMPLES = sorted((ROOT / "examples" / "trees").glob("*.toml"))
GOLDEN = [json.loads(line) for line in (SAMPLES / "golden.ndjson").read_text("utf-8").splitlines()]
ACCEPTED = [answer for answer in GOLDEN if "error" not in answer]
# Mermaid takes the "o" of `--no-->` for the head of an arrow; whoever wrote it meant "no".
MEANT = {"31.mmd": {("Check", "n", "default"): ("Check", "no", "default")}}


def one(text: str) -> Imported:
    """Import a text that holds a single chart."""
    (imported,) = import_text(text, "chart.mmd")
    return imported


def notes(text: str) -> list[tuple[int, str]]:
    """What had to be decided, by line."""
    return [(note.line, note.text) for note in one(text).conversion.notes]


def refused(text: str) -> tuple[int | None, str]:
    """The line and the message of a chart that can't be read."""
    with pytest.raises(ParseError) as caught:
        one(text)
    return caught.value.line, caught.value.what


@pytest.mark.parametrize("answer", ACCEPTED, ids=lambda answer: str(answer["file"]))
def test_nodes_links_and_labels_are_those_that_mermaid_reports(answer: dict[str, Any]) -> None:
    chart = read_mermaid((SAMPLES / answer["file"]).read_text("utf-8"))
    meant = MEANT.get(answer["file"], {})
    links = [(edge["start"], edge["text"], edge["end"]) for edge in answer["edges"]]
    assert {name: node.text for name, node in chart.nodes.items()} == {
        node["id"]: node["text"] for node in answer["nodes"]
    }
    assert [(link.source, link.label, link.to) for link in chart.links] == [meant.get(link, link) for link in links]


@pytest.mark.parametrize(
    ("file", "texts"),
    [
        ("06.mmd", {"A": "A", "end": "end"}),
        ("07.mmd", {"A": "A", "B": "B"}),
        ("08.mmd", {"A": "A", "B": "B"}),
        ("09.mmd", {"A": "A", "B": "B"}),
        ("15.mmd", {"A": "Use (parens)", "B": "B"}),
        ("30.mmd", {"A": "A", "B": "B"}),
        ("32.mmd", {"A": 'Enter "quoted" text', "B": "B"}),
        ("37.mmd", {"A": "A", "graph": "graph"}),
    ],
)
def test_a_chart_that_mermaid_refuses_is_read_as_it_was_meant(file: str, texts: dict[str, str]) -> None:
    tree = one((SAMPLES / file).read_text("utf-8")).conversion.tree
    assert {name: node.text for name, node in tree.nodes.items()} == texts
    assert [way.to for way in exits(tree.nodes["A"])] == [name for name in texts if name != "A"]


def test_a_link_with_a_text_and_a_label_says_both() -> None:
    tree = one("flowchart TD\nA -- No -->|wait a minute| B\nA -- Yes --> C\n").conversion.tree
    assert [(way.label, way.to) for way in exits(tree.nodes["A"])] == [("No: wait a minute", "B"), ("Yes", "C")]


@pytest.mark.parametrize(
    ("chart", "links"),
    [
        ("A -->|Yes|> B[(x)]", [("A", "Yes", "B")]),
        ("A -- Yes .-> B\nA == No => C", [("A", "Yes", "B"), ("A", "No", "C")]),
        ("A -> B\nB[x]\u2192C", [("A", "", "B"), ("B", "", "C")]),
        ("A[1] e1@--> B\nB[(optional) step] --> C[(x)]", [("A", "", "B"), ("B", "", "C")]),
        ("A --> B // a remark\nB --> C # another", [("A", "", "B"), ("B", "", "C")]),
        ('A@{ shape: diam, label: "Is\n it on?" } --> B', [("A", "", "B")]),
        (
            "\u00a0A[1]\u00a0-->\u00a0B\u00a0\nB\u00a0& C -->|x|\u00a0D;\u00a0",
            [("A", "", "B"), ("B", "x", "D"), ("C", "x", "D")],
        ),
        ('subgraph s["one\n two"]\nA --> B\nend B --> C', [("A", "", "B"), ("B", "", "C")]),
        ("subgraph s [one\n two]\nA --> B\nend\n", [("A", "", "B")]),
    ],
)
def test_links_are_read_as_they_were_meant(chart: str, links: list[tuple[str, str, str]]) -> None:
    read = read_mermaid(f"flowchart TD\n{chart}\n")
    assert [(link.source, link.label, link.to) for link in read.links] == links


def test_every_sample_is_read_but_the_label_that_is_never_closed() -> None:
    assert len(GOLDEN) == 38
    assert refused((SAMPLES / "35.mmd").read_text("utf-8")) == (3, 'The label that opens with "[" is never closed.')


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("[Roles (see [1]) and {x}]", "Roles (see [1]) and {x}"),
        ("[can(role, permission)]", "can(role, permission)"),
        ("[/var/log is full]", "/var/log is full"),
        ("{Is a > b -- or | not?}", "Is a > b -- or | not?"),
        ('["`unclosed]"]', "unclosed]"),
        ("((Round (very)))", "Round (very)"),
        ("(one :) smile)", "one :) smile"),
        ("[one) bracket]", "one) bracket"),
        ("[a & b; c # d: e]", "a & b; c # d: e"),
        ('["kubectl logs <pod>"]', "kubectl logs <pod>"),
        (r"[Check\nthe logs<br />now]", "Check\nthe logs\nnow"),
        ('["Quoted" first]', "Quoted first"),
        ('["a" and "b"]', '"a" and "b"'),
        ('["Click "OK" now"]', 'Click "OK" now'),
        ("[one</br>two<br / >three<br]", "one\ntwo\nthree"),
        ("[<b>Stop</i> <b>now]", "<b>Stop <b>now</b></b>"),
        ("[<b><i>Stop</b></i>]", "<b><i>Stop</i></b>"),
        ("[<\u0130mg>Stop</\u017f>]", "<\u0130mg>Stop</\u017f>"),
        ('["`**Wait**\n    \n    then go on`"]', "**Wait**\n\nthen go on"),
        ('["`[ -n "$X" ] && run\n  [it]`"]', '[ -n "$X" ] && run\n[it]'),
        ('["first\nsay "yes" [twice]"]', 'first\nsay "yes" [twice]'),
        ("[Look at it\n  (with [both] eyes)]", "Look at it\n(with [both] eyes)"),
        ("{Is it\n(really) on?}", "Is it\n(really) on?"),
    ],
)
def test_labels_may_hold_brackets_quotes_and_placeholders(label: str, text: str) -> None:
    tree = one(f"flowchart TD\nA{label} --> B\n").conversion.tree
    assert tree.nodes["A"].text == text
    assert [way.to for way in exits(tree.nodes["A"])] == ["B"]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("flowchart TD\nA --> B\nC[open", 3, 'The label that opens with "[" is never closed.'),
        ("flowchart TD\nA -->|Yes B", 2, 'The label that opens with "|" is never closed.'),
        ("flowchart TD\n\nA -- yes B", 3, 'The link that begins with "--" has no end.'),
        ("flowchart TD\nA -->", 2, "A node is missing here."),
        ("flowchart TD\nA@{ label: x", 2, '"@{" is never closed.'),
        ("flowchart TD\nA B", 2, '"B" can\'t be read here.'),
        ("sequenceDiagram\nA->>B: hi", 1, '"sequenceDiagram" does not begin a flowchart.'),
        ("flowchart TD\n%% nothing", 1, "The chart has no nodes."),
        ("flowchart TD\nA --> B\nend", 3, '"end" closes no subgraph.'),
    ],
)
def test_what_can_not_be_read_is_named_with_its_line(text: str, line: int, what: str) -> None:
    assert refused(text) == (line, what)


def test_several_lines_of_comments_and_front_matter_do_not_move_the_lines() -> None:
    text = "---\ntitle: Till 3\n---\n%% one\n%%{init: {\n'theme': 'base'}}%%\nflowchart TD\nA --> B\nB --> [x"
    assert refused(text)[0] == 9
    assert one(text.rsplit("\n", 1)[0]).conversion.tree.title == "Till 3"


def test_a_question_is_a_node_with_several_exits_or_with_a_label_at_its_exit() -> None:
    tree = one("flowchart TD\nA{Is it on?} --> B[Wait] --> C\nB2[Try] -->|Yes| C\nB2 --> D{Really?}\n").conversion.tree
    assert {name: kind_of(node) for name, node in tree.nodes.items()} == {
        "A": "action",
        "B": "action",
        "C": "end",
        "B2": "decision",
        "D": "end",
    }


def test_what_had_to_be_decided_is_listed_with_its_line() -> None:
    text = """flowchart TD
        A{Is it on?} -->|Yes| B[Restart it]
        A --> C[Call the vendor]
        B --> D
        B --> E
        F[Nobody comes here]
        G --> A
    """
    assert notes(text) == [
        (2, '"Restart it" has 2 exits without labels: it asks which applies.'),
        (3, 'The exit from A to C has no label; it is called "Call the vendor".'),
        (6, 'No link leads to or from "Nobody comes here".'),
    ]
    tree = one(text).conversion.tree
    assert tree.start == "G"
    decision = tree.nodes["A"]
    assert isinstance(decision, Decision)
    assert [(way.label, way.to) for way in decision.choices] == [("Yes", "B"), ("Call the vendor", "C")]
    assert [getattr(tree.nodes[name], "outcome", "") for name in "CDEF"] == [
        "escalate",
        "resolved",
        "resolved",
        "resolved",
    ]


def test_answers_that_are_there_twice_are_made_to_differ_and_a_repeated_link_is_ignored() -> None:
    text = "flowchart TD\nA -->|Yes| B[Beep] & C[Buzz]\nA -->|yes| B\nA -->|Yes| B\n"
    decision = one(text).conversion.tree.nodes["A"]
    assert [way.label for way in exits(decision)] == ["Yes", "Yes (Buzz)", "yes (Beep)"]
    assert (4, "A leads to B twice; the second link is ignored.") in notes(text)


def test_a_click_becomes_a_link_in_the_help() -> None:
    text = 'flowchart TD\nA --> B\nclick A "https://wiki.example/till" "Wiki"\nclick B "javascript:alert(1)"\n'
    tree = one(text).conversion.tree
    assert [tree.nodes[name].help for name in "AB"] == ["https://wiki.example/till", ""]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("# Runbook\n\n```mermaid\ngraph TD\nA-->B\n```\ntext\n~~~ mermaid\ngraph TD\nC-->D\n", [4, 9]),
        ('<p>x</p>\n<div class="mermaid">\ngraph TD\nA --&gt;|a &amp; b| B\n</div>', [3]),
        ("Title\n=====\n\n.. mermaid::\n   :align: center\n\n   graph TD\n   A --> B\n\nText", [7]),
        ("> ```mermaid\n> graph TD\n> A --> B\n> ```\n", [2]),
        (
            "- item\n  ```mermaid\n  sequenceDiagram\n  A->>B: hi\n  ```\n  ```mermaid\n  graph TD\n  A --> B\n  ```\n",
            [7],
        ),
        ("::: note\n```mermaid\ngraph TD\nA --> B\n```\n:::\n\n:::mermaid\ngraph TD\nC --> D\n:::\n", [3, 9]),
        ("1. x\n\n    ``` Mermaid\n    ---\n    title: T\n    ---\n    flowchart TD\n    A --> B\n    ```\n", [7]),
        ("```\n\ngraph LR;\nA --> B\n```\n```\ngraph of things --> no chart\n```\n", [3]),
        ("{{< mermaid class='x' >}}\ngraph TD\nA --> B\n{{< /mermaid >}}\nText --> text\n", [2]),
        ("{% mermaid %}\ngraph TD\nA --> B\n{% endmermaid %}\nText\n", [2]),
        ("#+begin_src mermaid :file a.png\ngraph TD\nA --> B\n#+end_src\n", [2]),
        ("[source,mermaid]\n----\ngraph TD\nA --> B\n----\nText\n[mermaid]\n....\ngraph TD\nC --> D\n....\n", [3, 9]),
        (".. code-block:: mermaid\n   :caption: x\n\n   graph TD\n   A --> B\n", [4]),
        ("```{mermaid}\n:caption: x\n:align: center\n\ngraph TD\nA --> B\n```\n", [5]),
        (
            "# x\n```dot\ndigraph { A -> B }\n```\n```{graphviz}\n:name: g\n// c\ngraph { C -- D }\n```\n",
            [3, 6],
        ),
        (".. graphviz::\n   :align: center\n\n   digraph {\n     A -> B\n   }\n", [2]),
        ("<Mermaid chart={`\ngraph TD\nA --> B\n`} />\n<mermaid>\ngraph TD\nC --> D\n</mermaid>\n", [2, 6]),
    ],
)
def test_charts_are_read_out_of_markdown_html_and_rest(text: str, lines: list[int]) -> None:
    imported = import_text(text, "page.md")
    assert [each.line for each in imported] == lines
    assert all(len(each.conversion.tree.nodes) == 2 for each in imported)


def same(tree: Tree, names: dict[str, str]) -> Any:
    """What a chart carries of a tree, with the nodes under other names."""
    nodes = {
        names[name]: (
            kind_of(node),
            node.text,
            getattr(node, "outcome", ""),
            [(w.label, names[w.to]) for w in exits(node)],
        )
        for name, node in tree.nodes.items()
    }
    return names[tree.start], nodes


def imported_again(tree: Tree, text: str, file: str) -> Any:
    (imported,) = import_text(text, file)
    return same(imported.conversion.tree, {name: name for name in imported.conversion.tree.nodes})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_come_back_the_same_from_their_charts(path: Path) -> None:
    tree = read_tree(path).require()
    assert imported_again(tree, mermaid(tree), "a.mmd") == same(tree, mermaid_ids(tree))
    assert imported_again(tree, dot(tree), "a.dot") == same(tree, {name: name for name in tree.nodes})


@pytest.mark.slow
@given(tree=trees())
@examples(300)
def test_any_tree_comes_back_the_same_from_its_mermaid_chart(tree: Tree) -> None:
    assert imported_again(tree, mermaid(tree), "a.mmd") == same(tree, mermaid_ids(tree))


@pytest.mark.slow
@given(tree=trees())
@examples(300)
def test_any_tree_comes_back_with_its_texts_from_its_dot_graph(tree: Tree) -> None:
    assume(not any("\\" in name for name in tree.nodes))  # DOT has no way to write these
    _, nodes = imported_again(tree, dot(tree), "a.dot")
    assert nodes == same(tree, {name: name for name in tree.nodes})[1]


def chart_of(size: int) -> str:
    """A chart of that many nodes, each with two exits."""
    pairs = [f"q{n}{{Question {n}?}} -->|Yes| q{n + 1}\nq{n} -->|No| a{n}[Do {n}]" for n in range(size // 2)]
    return "\n".join(["flowchart TD", *pairs])


@pytest.mark.slow
def test_ten_times_the_chart_takes_about_ten_times_the_steps() -> None:
    small, large = (steps(chart_of(size)) for size in (1_000, 10_000))
    assert large < 12 * small


def steps(text: str) -> int:
    """How many calls of functions an import makes: the same on any machine, unlike its time."""
    import sys

    count = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        import_text(text, "a.mmd")
    finally:
        sys.setprofile(None)
    return count
