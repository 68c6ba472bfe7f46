"""The outline of a whole tree: what was taken, where it stands, what is ruled out, and never too long."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.tree.test_graph import trees
from rflow.core.summary.progress import OutlineEntry
from rflow.core.summary.summarise import summarise
from rflow.core.summary.units.tree_outline import MOST_LINES, tree_outline
from rflow.core.tree.graph import Turn
from rflow.core.tree.model import Action, Choice, Decision, End, Tree, exits
from support.core.builders import Scene, decision, free, looking, printing, tree_of


def drawn(outline: Sequence[OutlineEntry]) -> list[str]:
    """Show an outline in a line each."""
    signs = {"": " ", "taken": "+", "here": ">", "ruled out": "x"}
    return [
        signs[entry.mark]
        + "  " * entry.depth
        + (f"[{entry.label}] " if entry.label else "")
        + entry.text
        + (" ^" if entry.repeated else " …" if entry.cut else "")
        for entry in outline
    ]


def outlined(scene: Scene) -> list[str]:
    return drawn(summarise(scene.session, scene.trees, looking(outline=True)).outline)


def of(tree: Tree, path: Sequence[Turn] = (), position: str | None = None) -> tuple[OutlineEntry, ...]:
    return tree_outline(tree, path, position, lambda text: text)


def test_the_path_the_position_and_what_is_ruled_out_are_marked() -> None:
    """What follows an action stands as deep as that; a loop and a join are drawn once."""
    assert outlined(printing("Yes", "No")) == [
        "+  Is the printer in Leeds on?",
        "+    [Yes] Does it show a paper jam?",
        "       [Yes] Clear the jam",
        "       Does it print now?",
        "         [Yes] It prints",
        "         [No] Call the vendor",
        ">      [No] Does it answer to ping?",
        "         [Yes] Restart the print queue",
        "         Does it print now? ^",
        "         [No] Is the cable in?",
        "           [Yes now it is] Does it print now? ^",
        "         [Now and then] Call the network team",
        "     [No] Switch it on",
        "     Is the printer in Leeds on? ^",
    ]


def test_ruled_out_causes_are_one_line() -> None:
    assert outlined(printing("Yes", "Yes", "done")) == [
        "+  Is the printer in Leeds on?",
        "+    [Yes] Does it show a paper jam?",
        "+      [Yes] Clear the jam",
        ">      Does it print now?",
        "         [Yes] It prints",
        "         [No] Call the vendor",
        "       [No] Does it answer to ping?",
        "         [Yes] Restart the print queue",
        "         Does it print now? ^",
        "         [No] Is the cable in?",
        "           [Yes now it is] Does it print now? ^",
        "x        [Now and then] Call the network team",
        "     [No] Switch it on",
        "     Is the printer in Leeds on? ^",
    ]
    deep = tree_of(
        {
            "start": decision("Whose printer?", Ours="ours", Theirs="theirs"),
            "ours": decision("Does it print?", Yes="solved", No="toner"),
            "toner": Action(text="Change the toner", to="vendor"),
            "theirs": End(text="Ask them", outcome="escalate"),
            "vendor": End(text="Call the vendor", outcome="escalate"),
            "solved": End(text="It prints", outcome="resolved"),
        }
    )
    path = [Turn(node="start", label="Theirs", to="theirs")]
    assert drawn(of(deep, path, "theirs")) == [
        "+  Whose printer?",
        "x    [Ours] Does it print? …",
        ">    [Theirs] Ask them",
    ]


def test_a_loop_that_was_gone_round_is_marked_where_it_leads_back() -> None:
    """The place itself stands where the path first came to it."""
    assert outlined(printing("No", "done"))[:1] == [">  Is the printer in Leeds on?"]
    assert outlined(printing("No", "done"))[-2:] == ["+    [No] Switch it on", "+    Is the printer in Leeds on? ^"]


def test_it_is_there_only_if_asked_for_and_never_in_the_brief_form() -> None:
    scene = printing("Yes")
    assert summarise(scene.session, scene.trees, looking()).outline == ()
    assert summarise(scene.session, scene.trees, looking(outline=True, brief=True)).outline == ()
    assert outlined(free()) == []


def test_texts_are_cleaned_and_redacted() -> None:
    scene = printing("Yes")
    shown = summarise(scene.session, scene.trees, looking(outline=True, patterns=("Leeds",)))
    assert shown.outline[0].text == "Is the printer in [redacted] on?"


def chain(length: int, width: int = 1) -> Tree:
    """Make a tree of questions in a row, each with ends beside the way on."""
    nodes: dict[str, Decision | End] = {
        f"n{number}": Decision(
            text=f"Question {number}?",
            choices=(
                Choice(label="on", to=f"n{number + 1}"),
                *(Choice(label=f"e{end}", to="end") for end in range(width)),
            ),
        )
        for number in range(length)
    }
    return tree_of({**nodes, f"n{length}": End(text="Through", outcome="resolved"), "end": ENDED})


ENDED = End(text="Call the vendor", outcome="escalate")


def walked(steps: int) -> list[Turn]:
    return [Turn(node=f"n{number}", label="on", to=f"n{number + 1}") for number in range(steps)]


@pytest.mark.slow
def test_far_from_the_path_branches_are_cut_where_there_is_no_room() -> None:
    """A thousand questions: the place is shown, with what lies around it."""
    for steps, width in ((0, 1), (30, 1), (30, 9), (5_000, 1), (600, 300)):
        outline = of(chain(steps + 1_000, width), walked(steps), f"n{steps}")
        assert len(outline) <= MOST_LINES
        assert [entry.text for entry in outline if entry.mark == "here"] == [f"Question {steps}?"]
        assert any(entry.cut for entry in outline)


def test_a_tree_that_fits_is_shown_whole() -> None:
    outline = of(chain(199))
    assert len(outline) == 1 + 2 * 199
    assert not any(entry.cut for entry in outline)


def test_a_question_with_a_thousand_answers_is_cut_short() -> None:
    outline = of(chain(2, 1_000), (), "n0")
    assert len(outline) == MOST_LINES
    assert outline[-1].cut
    assert outline[0].mark == "here"


def named(tree: Tree) -> Tree:
    """Give each node its name for a text."""
    return tree_of({name: replace(node, text=name) for name, node in tree.nodes.items()})


@given(trees(), st.lists(st.integers(0, 2), max_size=9))
def test_what_a_node_leads_to_is_drawn_once_and_one_place_is_marked(tree: Tree, turns: list[int]) -> None:
    """Whatever the tree has of loops, joins and gaps; a path may go anywhere."""
    path, here = [], tree.start
    for turn in turns:
        ways = [way for way in exits(tree.nodes[here]) if way.to in tree.nodes]
        if ways:
            way = ways[turn % len(ways)]
            path.append(Turn(node=here, label=way.label, to=way.to))
            here = way.to
    outline = of(named(tree), path, here)
    opened = [entry.text for entry in outline if exits(tree.nodes[entry.text]) and not entry.repeated and not entry.cut]
    assert len(opened) == len({*opened})
    assert {entry.text for entry in outline if entry.repeated} <= {*opened}
    assert [entry.mark for entry in outline].count("here") == 1
    assert {entry.depth for entry in outline} == set(range(1, max(entry.depth for entry in outline) + 1))
