"""Checking a tree finds everything that is wrong with it, and nothing else: compared with plain searching by hand."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.core.tree.document import check
from rflow.core.tree.model import Action, Choice, Decision, End, Node, Tree, exits
from rflow.core.tree.problems import Problem, ends_without_cause, problems
from rflow.data import data_dir
from rflow.trees.files import load_tree
from support.core.builders import tree_of

NAMES = tuple("abcdefg")
WAYS = st.lists(st.sampled_from(NAMES), min_size=2, max_size=3)


def a_decision(ways: list[str]) -> Decision:
    return Decision(text="Does it print?", choices=tuple(Choice(label=f"{n}", to=to) for n, to in enumerate(ways)))


def a_node() -> st.SearchStrategy[Node]:
    action = st.sampled_from(NAMES).map(lambda to: Action(text="Restart it", to=to))
    return st.one_of(WAYS.map(a_decision), action, action, st.just(End(text="Solved", outcome="resolved")))


@st.composite
def linked_trees(draw: st.DrawFn) -> Tree:
    """Draw trees of up to seven nodes, any of which may lead to any; every target is there."""
    nodes = {name: draw(a_node()) for name in NAMES[: draw(st.integers(1, len(NAMES)))]}
    names = list(nodes)
    for name, node in nodes.items():
        ways = [NAMES.index(way.to) % len(names) for way in exits(node)]
        match node:
            case Decision():
                nodes[name] = a_decision([names[way] for way in ways])
            case Action():
                nodes[name] = Action(text=node.text, to=names[ways[0]])
    return Tree(id="leeds-printer", title="The printer in Leeds", start="a", nodes=nodes)


def reached(tree: Tree, start: str) -> set[str]:
    """Search by trying all links until nothing is added."""
    found = {start}
    while fresh := {way.to for name in found for way in exits(tree.nodes[name])} - found:
        found |= fresh
    return found


def hopeless(tree: Tree) -> set[str]:
    """Give the nodes that can be reached from the start, and from which no end can."""
    return {
        name
        for name in reached(tree, tree.start)
        if not any(isinstance(tree.nodes[other], End) for other in reached(tree, name))
    }


def said(found: list[Problem], words: str) -> list[Problem]:
    return [problem for problem in found if words in problem.message]


@given(linked_trees())
def test_no_reachable_end_is_reported_exactly_if_a_search_finds_none(tree: Tree) -> None:
    expected = tree.start in hopeless(tree)
    found = said(problems(tree), "no way to an end from the start")
    assert [problem.severity for problem in found] == ["error"] * expected


@given(linked_trees())
def test_every_node_that_searching_does_not_reach_is_named_or_follows_one_that_is(tree: Tree) -> None:
    found = said(problems(tree), "No path from the start")
    named = [str(problem.path[1]) for problem in found]
    left = set(tree.nodes) - reached(tree, tree.start)
    assert set(named) <= left
    assert left <= {node for name in named for node in reached(tree, name)}
    assert {problem.severity for problem in found} <= {"warning"}


@given(linked_trees())
def test_each_part_with_no_way_out_is_named_once_with_its_nodes(tree: Tree) -> None:
    stuck = hopeless(tree)
    found = said(problems(tree), "From here no end can be reached")
    if tree.start in stuck:  # the error says so already
        assert not found
        return
    named = [{name for name in stuck if f'"{name}"' in problem.message} for problem in found]
    assert sum(map(len, named)) == len(set().union(*named))
    assert set().union(*named) == stuck or any("…" in problem.message for problem in found)
    for part in named:
        for name in part:
            assert not {way.to for way in exits(tree.nodes[name])} & (stuck - part) or len(part) == 5


@given(linked_trees())
def test_a_tree_without_errors_comes_through_the_check_unchanged(tree: Tree) -> None:
    checked = check(msgspec.to_builtins(tree))
    assert [problem.message for problem in checked.problems] == [problem.message for problem in problems(tree)]
    assert checked.tree == (None if checked.errors else tree)


LOOSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
)
FIELDS = ("id", "title", "start", "nodes", "kind", "text", "help", "run", "to", "outcome", "choices", "label")


@pytest.mark.slow
@given(st.recursive(LOOSE, lambda inside: st.dictionaries(st.sampled_from(FIELDS), inside, max_size=8)))
def test_any_document_at_all_gives_problems_and_no_exception(document: object) -> None:
    checked = check(document)
    assert (checked.tree is None) == bool(checked.errors)
    assert all("\n" not in problem.message and problem.remedy for problem in checked.problems)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(NAMES), st.dictionaries(st.sampled_from(FIELDS), LOOSE)))
def test_any_nodes_at_all_give_problems_and_no_exception(nodes: object) -> None:
    checked = check({"id": "leeds-printer", "title": "The printer in Leeds", "start": "a", "nodes": nodes})
    assert (checked.tree is None) == bool(checked.errors)


def a_document(**nodes: Any) -> dict[str, Any]:
    whole = {"on": {"text": "Is it on?", "choices": [{"label": "Yes", "to": "end"}, {"label": "No", "to": "end"}]}}
    end = {"end": {"text": "Solved", "outcome": "resolved"}}
    return {"id": "leeds-printer", "title": "The printer in Leeds", "start": "on", "nodes": whole | end | nodes}


def messages(document: object) -> list[str]:
    return [problem.message for problem in check(document).problems]


def test_one_misspelt_target_is_one_problem_not_one_for_each_node_behind_it() -> None:
    choices = [{"label": "Yes", "to": "toner"}, {"label": "No", "to": "swich-on"}]
    document = a_document(
        on={"text": "Is it on?", "choices": choices},
        **{"switch-on": {"text": "Switch it on", "to": "wait"}, "wait": {"text": "Wait", "to": "end"}},
        toner={"text": "Fill in toner", "to": "end"},
    )
    (only,) = check(document).problems
    assert only.message == 'The target "swich-on" is not a node.'
    assert only.remedy == 'Did you mean "switch-on"?'
    assert only.path == ("nodes", "on", "choices", 1, "to")


def test_a_misspelt_start_does_not_hide_what_else_is_wrong() -> None:
    document = a_document(cable={"text": "Look at the cable", "to": "end"}) | {"start": "onn"}
    assert messages(document) == ['The start "onn" is not a node.', "No path from the start leads here."]


def test_two_loops_without_a_way_out_are_two_problems() -> None:
    choices = [{"label": label, "to": label} for label in ("paper", "toner", "end")]
    document = a_document(
        on={"text": "What is missing?", "choices": choices},
        paper={"text": "Fill in paper", "to": "tray"},
        tray={"text": "Close the tray", "to": "paper"},
        toner={"text": "Shake the toner", "to": "toner"},
    )
    assert messages(document) == [
        'From here no end can be reached ("paper", "tray").',
        'From here no end can be reached ("toner").',
    ]


NODES: dict[str, dict[str, Any]] = {
    "ask": {"text": "Does it print?", "choices": [{"label": "Yes", "to": "fine"}, {"label": "No", "to": "restart"}]},
    "restart": {"text": "Restart it", "to": "wait"},
    "wait": {"text": "Wait a minute", "to": "again"},
    "again": {"text": "Print again", "to": "fine"},
    "fine": {"text": "It prints", "outcome": "resolved"},
}
WITHOUT = {name: {key: value for key, value in node.items() if key != "to"} for name, node in NODES.items()}
MISTAKES: dict[str, tuple[str, Any]] = {
    "a target that is none": ("restart", NODES["restart"] | {"to": "reboot-the-whole-building"}),
    "a forgotten target": ("restart", WITHOUT["restart"]),
    "a misspelt field": ("restart", WITHOUT["restart"] | {"too": "wait"}),
    "a field of another tool": ("restart", WITHOUT["restart"] | {"next": "wait"}),
    "a misspelt text": ("again", {"txt": "Print again", "to": "fine"}),
    "a misspelt outcome": ("fine", {"text": "It prints", "outcom": "resolved"}),
    "misspelt choices": ("ask", {"text": "Does it print?", "chioces": NODES["ask"]["choices"]}),
    "no choices": ("ask", {"text": "Does it print?", "choices": []}),
    "a choice without its target": (
        "ask",
        {"text": "Does it print?", "choices": [{"label": "Yes", "to": "fine"}, {"label": "No"}]},
    ),
    "an end that goes on": ("restart", NODES["restart"] | {"kind": "end"}),
    "an action with choices": ("ask", NODES["ask"] | {"kind": "action"}),
    "a decision without choices": ("restart", NODES["restart"] | {"kind": "decision"}),
    "a node that is a text": ("restart", "Restart it"),
    "a way to a node before": ("ask", {"text": "Is it on?", "to": "fine"}),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_mistake_gives_one_message(mistake: str) -> None:
    name, node = MISTAKES[mistake]
    document = {"id": "leeds", "title": "The printer in Leeds", "start": "ask", "nodes": NODES | {name: node}}
    assert len(check(document).problems) == 1, messages(document)


@pytest.mark.parametrize("key", ["id", "title", "start", "nodes"])
def test_one_misspelt_field_of_the_tree_gives_one_message(key: str) -> None:
    document = {"id": "leeds", "title": "The printer in Leeds", "start": "ask", "nodes": NODES}
    document[f"{key}x"] = document.pop(key)
    assert messages(document) == [f'"{key}x" is an unknown field.']


def test_two_problems_of_one_node_are_both_reported() -> None:
    document = a_document(lost={"text": "Call Leeds"})
    assert messages(document) == [
        "The end does not say how it ends; resolved is assumed.",
        "No path from the start leads here.",
    ]


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ("Switch it on", "The node is not a table of fields."),
        ({"text": "Go", "choices": []}, "The decision has no choices."),
        ({"text": "Go", "choices": "Yes"}, "The decision has no choices."),
        ({"text": "Go", "kind": "action"}, '"to" is missing.'),
        ({"text": "Go", "kind": "decision", "to": "end"}, "The decision has no choices."),
        ({"text": "Go", "kind": "end", "to": "end", "outcome": "resolved"}, "An end has neither choices nor a target."),
        ({"text": "Go", "to": "end", "choices": [1, 2]}, 'The node has both "choices" and "to".'),
        ({"text": "Go", "to": "end", "outcome": "escalate"}, "This action has an outcome, which is ignored."),
        ({"text": "Go", "outcome": "fixed"}, '"fixed" is not an outcome.'),
        ({"text": "Go", "kind": ["end"] * 99, "to": "end"}, "is not a kind of node."),
        ({"text": True, "to": "end"}, '"text" is not a text.'),
        ({"text": 10**5000, "to": "end"}, '"text" is not a text.'),
        ({"text": "Go", "to": "end", "hlep": "?"}, '"hlep" is an unknown field, which is ignored.'),
        ({"text": "Go", "choices": [{"label": "A", "to": "end"}]}, "The decision has one exit: it acts as an action."),
        ({"text": "Go", "choices": [{"label": "No ", "to": "end"}, {"label": "no", "to": "end"}]}, "is there twice."),
        ({"text": "Go", "choices": [{"label": " ", "to": "end"}, {"label": "no", "to": "end"}]}, '"label" is empty.'),
    ],
)
def test_a_problem_of_a_node_is_shown_at_the_node(node: object, message: str) -> None:
    found = [problem for problem in check(a_document(go=node)).problems if message in problem.message]
    assert len(found) == 1
    assert found[0].path[:2] == ("nodes", "go")


@pytest.mark.parametrize("name", ["", " on", "o\nn", "on\x1b[31m", "\udc80", "x" * 65])
def test_a_name_that_cannot_be_shown_or_typed_is_refused_for_a_node(name: str) -> None:
    found = check(a_document(**{name: {"text": "Go", "to": "end"}})).errors
    assert [problem.message for problem in found] == ["This can't be the name of a node."]


def test_numbers_serve_as_texts() -> None:
    choices = [{"label": 809, "to": "end"}, {"label": 800, "to": "end"}]
    tree = check(a_document(on={"text": "Which code?", "choices": choices})).tree
    assert tree is not None
    assert [way.label for way in exits(tree.nodes["on"])] == ["809", "800"]


def test_hostile_characters_never_get_into_a_tree() -> None:
    document = a_document(end={"text": "Sol\x1b]0;owned\x07ved\u202e \ud800", "outcome": "resolved"})
    tree = check(document).tree
    assert tree is not None
    assert tree.nodes["end"].text == "Sol\ufffd]0;owned\ufffdved \ufffd"


@pytest.mark.slow
def test_thousands_of_unknown_targets_are_all_listed_without_comparing_each_with_each() -> None:
    nodes = {f"n{n}": {"text": "Go", "to": f"m{n}"} for n in range(5000)}
    found = messages(a_document(**nodes))
    assert sum("is not a node" in message for message in found) == 5000


def test_a_tree_without_nodes_says_so_once() -> None:
    assert messages(a_document() | {"nodes": {}}) == ["The tree has no nodes."]
    nodes = [{"text": "Is it on?", "outcome": "resolved"}]
    assert messages(a_document() | {"nodes": nodes}) == ['"nodes" is not a table of nodes.']


def test_fields_of_another_tool_are_one_problem_and_nothing_that_follows_from_them() -> None:
    answers = [{"text": "Yes", "next": "b"}, {"text": "No", "next": "c"}]
    nodes = {"a": {"question": "On?", "answers": answers}, "b": {"action": "Wait", "next": "c"}}
    end = {"text": "Solved", "outcome": "resolved"}
    document = {"id": "x", "titel": "X", "start": "a", "nodes": nodes | {"c": end}}
    assert messages(document) == [
        '"titel" is an unknown field.',
        '"question" is called "text" here, "answers" is called "choices" here, "text" is called "label" in a choice'
        ' (2 times), "next" is called "to" in a choice (2 times), "action" is called "text" here,'
        ' "next" is called "to" here.',
    ]


def test_of_a_list_of_nodes_every_node_is_read() -> None:
    choices = [{"label": "Yes", "to": "c"}, {"label": "yes", "to": "b"}]
    nodes = [{"id": "a", "text": "On?", "choices": choices}, {"id": "b", "text": "", "outcome": "resolved"}]
    assert messages(a_document() | {"start": "a", "nodes": nodes}) == [
        '"nodes" is not a table of nodes.',
        '"text" is empty.',
        'The label "yes" is there twice.',
        'The target "c" is not a node.',
    ]


def test_a_node_that_is_missing_is_one_problem_however_many_lead_there() -> None:
    ways = [{"label": label, "to": "gone"} for label in "xyz"]
    nodes = {"a": {"text": "On?", "choices": [*ways, {"label": "ok", "to": "b"}]}}
    nodes |= {"b": {"text": "Solved", "outcome": "resolved"}}
    found = check(a_document() | {"start": "a", "nodes": nodes}).problems
    assert [(each.message, each.path[-2]) for each in found] == [('The target "gone" is not a node (3 lead there).', 0)]
    empty = Tree(id="x", title="x", start="on", nodes={})
    assert [problem.message for problem in problems(empty)] == ["The tree has no nodes."]


def test_ends_that_say_only_what_to_do_are_named_and_solved_is_not_one() -> None:
    ends: dict[str, Node] = {
        "raise-limit": End(text="Raise the memory limit", outcome="resolved"),
        "fix-probe": End(text="Correct the probe", outcome="resolved", cause="The probe kills it"),
        "solved": End(text="Solved", outcome="resolved"),
        "vendor": End(text="Call the vendor", outcome="escalate"),
    }
    assert ends_without_cause(tree_of(ends)) == ["raise-limit"]


@pytest.mark.parametrize("path", sorted((data_dir("examples") / "trees").glob("*.toml")), ids=lambda path: path.stem)
def test_the_examples_name_a_cause_at_every_end_and_yes_before_no(path: Path) -> None:
    tree = load_tree(path)
    assert ends_without_cause(tree) == []
    for node in tree.nodes.values():
        labels = [choice.label for choice in getattr(node, "choices", ())]
        if {"Yes", "No"} <= {*labels}:
            assert labels.index("Yes") < labels.index("No")
