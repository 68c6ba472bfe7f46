"""Runbooks, Graphviz graphs, and other tools' YAML and JSON as trees."""

from typing import Any

import pytest

from rflow.core.tree.model import exits
from rflow.trees.importing.sources import import_text
from rflow.trees.parsed import ParseError


def tree(text: str, file: str = "-", form: str = "") -> Any:
    """The tree in a text that holds a single one."""
    (imported,) = import_text(text, file, form)
    return imported.conversion.tree


def ways(text: str, file: str = "-", form: str = "") -> dict[str, list[tuple[str, str]]]:
    """The exits of each node as (label, target)."""
    return {name: [(way.label, way.to) for way in exits(node)] for name, node in tree(text, file, form).nodes.items()}


# Runbooks

RUNBOOK = """# The till is slow

Read this first.

## Steps

1. Does the till answer a ping?
   ```sh
   $ ping till-3
   ```
   - If yes → step 3
   - If no, go to step 2.
2. Plug the cable in. Then go back to step 1.
3. Is the disk full? If so, continue with step 4, otherwise go to step 5.
4. **Delete old logs**
   1. Stop the app
   2. Delete them
   Only those of last year.
5. Restart the till
   - If it is still slow, call the vendor
"""


def test_steps_follow_one_another_and_branch_where_the_text_says_so() -> None:
    assert ways(RUNBOOK, "till.md") == {
        "step-1": [("Yes", "step-3"), ("No", "step-2")],
        "step-2": [("", "step-1")],
        "step-3": [("Yes", "step-4"), ("Otherwise", "step-5")],
        "step-4": [("", "step-4-1")],
        "step-4-1": [("", "step-4-2")],
        "step-4-2": [("", "step-5")],
        "step-5": [("It is still slow", "call-the-vendor"), ("Otherwise", "done")],
        "call-the-vendor": [],
        "done": [],
    }


def test_a_heading_that_is_a_condition_asks_whether_its_section_applies() -> None:
    text = """# When the shop is slow
## First look
1. Check the load
## If the disk is full
First ask Ann.
1. Delete old logs
2. Restart the shop
## Wenn die Last hoch ist
- Restart the workers
  - all of them
- Call Robin
## If it still fails
Call the vendor.
## When to use this
"""
    assert ways(text, "shop.md") == {
        "step-1": [("", "if-the-disk-is-full")],
        "if-the-disk-is-full": [("Yes", "if-the-disk-is-full-1"), ("No", "wenn-die-last-hoch-ist")],
        "if-the-disk-is-full-1": [("", "step-2")],
        "step-2": [("", "wenn-die-last-hoch-ist")],
        "wenn-die-last-hoch-ist": [("Yes", "wenn-die-last-hoch-ist-1"), ("No", "if-it-still-fails")],
        "wenn-die-last-hoch-ist-1": [("", "wenn-die-last-hoch-ist-2")],
        "wenn-die-last-hoch-ist-2": [("", "if-it-still-fails")],
        "if-it-still-fails": [("Yes", "call-the-vendor"), ("No", "done")],
        "call-the-vendor": [],
        "done": [],
    }
    nodes = tree(text, "shop.md").nodes
    assert nodes["if-the-disk-is-full"].help == "First ask Ann."
    assert nodes["wenn-die-last-hoch-ist-1"].help == "- all of them"


@pytest.mark.parametrize(
    "text",
    [
        "1. Is the disk full?\n   - Yes -> Delete the logs\n   - No -> Call the vendor\n",
        "1. Is the disk full?\n2. Yes -> Delete the logs\n3. No -> Call the vendor\n",
        "- [ ] Is the disk full?\n- [ ] Yes -> Delete the logs\n- [ ] No -> Call the vendor\n",
        "## Is the disk full?\n\n- Yes -> Delete the logs\n- No -> Call the vendor\n",
    ],
    ids=["bullets", "numbers", "boxes", "heading"],
)
def test_yes_and_no_below_a_question_are_never_one_step_after_the_other(text: str) -> None:
    nodes = ways(text, "disk.md")
    assert next(iter(nodes.values())) == [("Yes", "delete-the-logs"), ("No", "call-the-vendor")]
    assert nodes["delete-the-logs"] == nodes["call-the-vendor"] == []


def test_a_prohibition_below_all_steps_is_named_where_only_the_last_shows_it() -> None:
    text = "1. Ping it\n   Never twice.\n2. Call Ann\n\n**Never restart the database.**\n"
    (imported,) = import_text(text, "shop.md", "")
    assert [(note.line, note.text) for note in imported.conversion.notes] == [
        (5, '"**Never restart the database.**" is the help of step 2 only.')
    ]


def test_the_lines_that_no_step_takes_are_named() -> None:
    text = "# Shop\nOn call only.\n\n---\n- bring tea\n1. Ping it\n## Later\nTell Ann.\nTell Ben.\n## If it is Monday\n"
    (imported,) = import_text(text, "shop.md", "")
    assert [(note.line, note.text) for note in imported.conversion.notes] == [
        (2, "The text of lines 2, 5, 8-9 belongs to no step."),
        (10, '"If it is Monday" sounds like a condition, but no step is below it.'),
    ]


def test_a_runbook_keeps_its_title_commands_and_help() -> None:
    read = tree(RUNBOOK, "till.md")
    assert (read.title, read.start) == ("The till is slow", "step-1")
    assert read.nodes["step-1"].text == "Does the till answer a ping?"
    assert read.nodes["step-1"].run == "ping till-3"
    assert read.nodes["step-4"].text == "Delete old logs"
    assert read.nodes["step-4-2"].help == "Only those of last year."
    assert read.nodes["call-the-vendor"].outcome == "escalate"


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("- [ ] Check the fuse\n- [x] Check the plug\n", ["Check the fuse", "Check the plug"]),
        ("1. One\n1. Two\n1. Three\n", ["One", "Two", "Three"]),
        ("## Step 1: One\ntext\n## Step 2: Two\n", ["One", "Two"]),
        ("### 1. One\n- a\n- b\n### 2. Two\n", ["One", "Two"]),
        ("## Before\n1. One\n## After\n1. Two\n2. Three\n", ["One", "Two", "Three"]),
    ],
)
def test_checklists_lazy_numbers_headings_and_several_lists_are_steps(text: str, texts: list[str]) -> None:
    assert [node.text for node in tree(text, "a.md").nodes.values()] == texts


ANSWERS = """
1. Is the cable in?
   - **Yes** → go to 2
   - **No** → plug it in
2. If the till has a screen, look at it. If not, skip to step [4](#four).
3. Note the error, then go to step 5.
4. Does it beep?
   - If so, restart it and go to step 6.
   - No: call the vendor
5. Ask for the number; otherwise, stop.
6. Done
"""


def test_answers_in_prose_lead_where_they_say_and_lose_no_step() -> None:
    assert ways(ANSWERS, "till.md") == {
        "step-1": [("Yes", "step-2"), ("No", "plug-it-in")],
        "plug-it-in": [("", "step-2")],
        "step-2": [("Otherwise", "step-4"), ("Yes", "step-3")],
        "step-3": [("", "step-5")],
        "step-4": [("Yes", "restart-it"), ("No", "call-the-vendor")],
        "restart-it": [("", "step-6")],
        "call-the-vendor": [],
        "step-5": [("Otherwise", "stop"), ("Yes", "step-6")],
        "stop": [],
        "step-6": [],
    }


REMARKS = """
Restart the router. If not resolved, call the vendor.
Check the queue. If not done, run the job again.
Is it so? Not done.
Roll back to 1.
Set replicas back to 2.
Scale down to 1, then back to 2.
If load is high, scale back to 2.
Chmod the file back to 600.
Roll back to step 1.
If step 5 goes wrong, you can roll back to step 4.
If any test fails, do not proceed to step 3.
Watch the load jump to 4.
Do not go to step 2 before the backup is finished.
You can't return to step 1 after this.
Don't restart it and go to step 2.
Before you continue with step 3, check the log.
If you go to step 3 now, the data is lost.
Go to step 3 only if the disk is full.
Return to step 1 until it is green.
If **not** done, run the job again.
To go to step 3, press X.
If the disk is small, skip step 3.
Repeat step 2 until it is green.
As in step 3, check the log.
Tell the user: no, done.
"""


def test_remarks_with_numbers_and_ends_in_them_stay_text() -> None:
    said = REMARKS.strip().splitlines()
    nodes = tree("\n".join(f"{number}. {text}" for number, text in enumerate(said, 1)), "a.md").nodes
    assert [node.text for node in nodes.values()] == said
    after = [*(f"step-{number}" for number in range(2, len(said) + 1)), None]
    assert [next((way.to for way in exits(node)), None) for node in nodes.values()] == after


@pytest.mark.parametrize(
    "said",
    [
        "If not done, run the job again.",
        "If not finished; wait ten minutes.",
        "Not resolved!",
        "So: the primary is read only now.",
        "So, be careful",
        "No, really: wait.",
        "No, stop!",
        "Not: all disks",
        "No-op: nothing is written",
        "No - this is not needed on Linux",
        "Otherwise: the lock stays",
        "Yes, this takes an hour.",
    ],
)
def test_remarks_below_a_step_are_help(said: str) -> None:
    for line, stays in ((said, said), (f"- {said}", f"- {said}")):
        nodes = tree(f"1. Take care\n   {line}\n2. Go on\n", "a.md").nodes
        assert {name: node.text for name, node in nodes.items()} == {"step-1": "Take care", "step-2": "Go on"}
        assert nodes["step-1"].help == stays


@pytest.mark.parametrize(
    "asked", ["1. Is it on?\n   - No: plug it in\n", "1. On\n   - Yes, wait\n   - No, plug it in\n"]
)
def test_yes_and_no_are_answers_below_a_question_and_beside_each_other(asked: str) -> None:
    assert ("No", "plug-it-in") in ways(f"{asked}2. Go on\n", "a.md")["step-1"]


@pytest.mark.parametrize(
    ("said", "led"),
    [
        ("Restart it and go to 2.", [("", "step-2")]),
        ("Then come back to step 1.", [("", "step-1")]),
        ("So, go to step 3.", [("", "step-3")]),
        ("If the disk is full go to step 3.", [("The disk is full", "step-3"), ("Otherwise", "step-2")]),
        ("If not go to step 3.", [("Otherwise", "step-3"), ("Yes", "step-2")]),
        ("If not, back to step 1.", [("Otherwise", "step-1"), ("Yes", "step-2")]),
        ("If it fails, return to 1.", [("It fails", "step-1"), ("Otherwise", "step-2")]),
        ("Up? Yes: done. No: go to 3.", [("Yes", "done"), ("No", "step-3")]),
        ("Up? If so, done, otherwise stop.", [("Yes", "done"), ("Otherwise", "stop")]),
        ("Up? If yes, stop, and tell Ann. If no, go to step 3.", [("Yes", "stop-and-tell-ann"), ("No", "step-3")]),
        ("Up?\n   - Yes: done, tell Ann\n   - No: stop, then go to step 3", [("Yes", "done-tell-ann"), ("No", "stop")]),
        ("Up?\n   - Yes- step 3\n   - No=step 2", [("Yes", "step-3"), ("No", "step-2")]),
        ("Up?\n   -  \n   .\n   - No- go to step 3", [("No", "step-3"), ("Yes", "step-2")]),
        ("Set Status → Resolved, and save.", [("", "step-2")]),
    ],
)
def test_jumps_and_ends_are_read_where_a_clause_begins(said: str, led: list[tuple[str, str]]) -> None:
    assert ways(f"1. {said}\n2. Two\n3. Three\n", "a.md")["step-1"] == led


@pytest.mark.parametrize(
    ("said", "led"),
    [
        ("\u0130f yes: go to step 3", [("Yes", "step-3"), ("No", "step-2")]),
        ("if \u017fo: go to step 3", [("Yes", "step-3"), ("No", "step-2")]),
        ("otherw\u0131se: plug it in", [("", "step-2")]),
    ],
)
def test_letters_that_are_the_same_only_where_case_is_ignored_stop_no_import(
    said: str, led: list[tuple[str, str]]
) -> None:
    assert ways(f"1. Up?\n   - {said}\n2. Two\n3. Three\n", "a.md")["step-1"] == led


def test_what_sounds_like_a_jump_or_an_answer_is_noted() -> None:
    (read,) = import_text("1. Roll back to 1.\n2. Wait, then go to 3.\n3. Rest\n   No, really.\n", "a.md")
    assert [(note.line, note.text.split(":")[0]) for note in read.conversion.notes] == [
        (1, '"back to 1" is not read as a jump'),
        (2, '"go to 3" is read as "go to step 3".'),
        (4, '"No" is not read as an answer'),
    ]


def test_answers_below_a_question_that_are_not_read_are_noted() -> None:
    said = ["Yes=3", "Not: plug it in", "No-op: nothing is written", "No further action", "No: go to step 3 only if on"]
    text = "\n".join(["1. Is it up?", *(f"   - {words}" for words in said), "2. Two", "3. Three"])
    (read,) = import_text(text, "a.md")
    assert read.conversion.tree.nodes["step-1"].help == "\n".join(f"- {words}" for words in said[:4])
    assert [(note.line, note.text.split(":")[0]) for note in read.conversion.notes if note.line > 1] == [
        (2, '"Yes" is not read as an answer'),
        (3, '"Not" is not read as an answer'),
        (6, '"Go to step 3" is not read as a jump'),
    ]


def test_a_step_without_a_heading_of_its_own_is_called_by_its_description() -> None:
    text = "### Step 1\n- **Type:** SAFE\n- **Description:** Look\n- **Command:** `df -h`\n### Step 2\nRead\n"
    nodes = tree(text, "a.md").nodes
    assert [(node.text, node.run) for node in nodes.values()] == [("Look", "df -h"), ("Step 2", "")]
    assert [node.help for node in nodes.values()] == ["- **Type:** SAFE", "Read"]


def test_a_text_without_steps_is_refused() -> None:
    with pytest.raises(ParseError, match="no steps"):
        tree("# Only a title\n\nAnd a text.\n", "a.md")


# Graphviz


def test_a_graph_with_sentences_as_ids_defaults_and_nested_graphs() -> None:
    text = """// a comment
    strict digraph "Till" {
      label="Till 3"; rankdir=LR; node [shape=diamond];
      "Is it on?" -> "Switch it on" [label=No];
      "Is it on?" -> { restart "Call the vendor" } [label="Yes,\\nbut slow"]
      subgraph cluster_1 { label=inner; restart [shape=box, label=<<b>Restart</b> it<br/>now>]; }
      node [shape=box]; restart -> works:n; works [shape=doublecircle label="It works"];
    }"""
    read = tree(text, "a.gv")
    assert (read.title, read.start) == ("Till 3", "Is it on?")
    assert ways(text, "a.gv") == {
        "Is it on?": [
            ("No", "Switch it on"),
            ("Yes, but slow", "restart"),
            ("Yes, but slow (Call the vendor)", "Call the vendor"),
        ],
        "Switch it on": [],
        "restart": [("", "works")],
        "Call the vendor": [],
        "works": [],
    }
    assert read.nodes["restart"].text == "Restart it\nnow"
    assert [read.nodes[name].outcome for name in ("works", "Call the vendor")] == ["resolved", "escalate"]


def test_labels_at_the_ends_of_edges_records_and_what_only_arranges_the_drawing() -> None:
    text = """digraph { hidden [style=invis]; hidden -> a [style=invis];
        a [shape=record, label="{<f0> Lamp on?|fan \\<slow\\>}"];
        a:f0 -> b [taillabel=yes]; a -> c [headlabel=<<b>no</b>>]; }"""
    assert ways(text, "a.dot") == {"a": [("yes", "b"), ("no", "c")], "b": [], "c": []}
    assert tree(text, "a.dot").nodes["a"].text == "Lamp on?\nfan <slow>"


def test_an_id_that_is_too_long_becomes_shorter_and_keeps_its_text() -> None:
    sentence = "Is the light on the front of the machine, left of the display and below the lid, red?"
    read = tree(f'digraph {{ "{sentence}" -> b }}', "a.dot")
    assert read.nodes[read.start].text == sentence
    assert len(read.start) <= 64


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("digraph {\n a -> b\n", 2, "The graph is never closed."),
        ('digraph {\n a -> "b }', 2, "The text in quotes that begins here is never closed."),
        ("digraph {\n /* a -> b }", 2, 'The comment that opens with "/*" is never closed.'),
        ("digraph {\n a -> ; }", 2, 'A name or a text is missing, before ";".'),
        ("digraph { }", 1, "The graph has no nodes."),
        ("graph {" + "{" * 40, 1, "There are more than 32 graphs inside each other."),
    ],
)
def test_what_graphviz_would_refuse_is_named_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(ParseError) as caught:
        tree(text, "a.dot")
    assert (caught.value.line, caught.value.what) == (line, what)


# YAML and JSON

ON = {"on": [("Yes", "restart"), ("No", "call")], "restart": [("", "call")], "call": []}


@pytest.mark.parametrize(
    "text",
    [
        "nodes:\n - {id: on, question: On?, answers: {yes: restart, no: call}}\n"
        " - {id: restart, text: Restart it, next: call}\n - {id: call, text: Call}\n",
        "on: {question: On?, yes: restart, no: call}\nrestart: {action: Restart it, goto: call}\n"
        "call: {solution: Call}\n",
        "decision_tree:\n  on:\n    question: On?\n    options:\n      - {label: 'Yes', next: restart}\n"
        "      - {answer: 'No', goto: call}\n  restart: {text: Restart it, next_step: call}\n  call: {text: Call}\n",
        '{"nodes": [{"id": "on", "data": {"label": "On?"}}, {"id": "restart"}, {"id": "call"}], "edges": ['
        '{"source": "on", "target": "restart", "label": "Yes"}, {"source": "on", "target": "call", "label": "No"},'
        '{"source": "restart", "target": "call"}]}',
        "steps:\n  - {id: on, prompt: On?, branches: [{when: 'Yes', then: restart}, {when: 'No', then: call}]}\n"
        "  - {id: restart, instruction: Restart it, next: call}\n  - {id: call, message: Call}\n",
        "start: on\nstates:\n  on: {text: On?, on: {'Yes': restart, 'No': call}}\n"
        "  restart: {text: Restart it, next: call}\n  call: Call\n",
    ],
)
def test_lists_and_tables_of_nodes_under_many_names_are_the_same_tree(text: str) -> None:
    assert ways(text) == ON
    assert tree(text).start == "on"


@pytest.mark.parametrize(
    "text",
    [
        "question: Is it on?\nyes:\n  question: Is it slow?\n  yes: Restart it\n  no: Wait\nno: Switch it on\n",
        "tree:\n  text: Is it on?\n  children:\n    - label: 'Yes'\n      text: Is it slow?\n      children:\n"
        "        - {label: 'Yes', text: Restart it}\n        - {label: 'No', text: Wait}\n"
        "    - {label: 'No', text: Switch it on}\n",
        '{"question": "Is it on?", "answers": {"Yes": {"question": "Is it slow?", "answers": {"Yes": "Restart it", '
        '"No": "Wait"}}, "No": "Switch it on"}}',
    ],
)
def test_trees_inside_each_other_get_ids_from_their_texts(text: str) -> None:
    assert ways(text) == {
        "is-it-on": [("Yes", "is-it-slow"), ("No", "switch-it-on")],
        "is-it-slow": [("Yes", "restart-it"), ("No", "wait")],
        "restart-it": [],
        "wait": [],
        "switch-it-on": [],
    }


@pytest.mark.parametrize(
    "text",
    [
        # What the answers lead to stands in a list of its own, and the answers' words in fields of their own.
        """{"startId": "a", "questions": [{"id": "a", "question": "On?", "yesLabel": "It is", "yesNext": "b",
        "noLabel": "Off", "noNext": "c"}],
        "outcomes": [{"id": "b", "title": "Fine"}, {"id": "c", "title": "Switch on"}]}""",
        """{"start": "a", "nodes": [{"id": "a", "prompt": "On?", "options": [{"id": "x", "label": "It is",
        "outcome": "b"}, {"id": "y", "label": "Off", "outcome": "c"}]}],
        "outcomes": {"b": {"title": "Fine"}, "c": {"title": "Switch on"}}}""",
        # Answers that only name the next node, or stand in a list of one.
        """[{"id": "b", "text": "Fine"}, {"id": "a", "question": "On?",
        "options": {"It is": {"next": "b"}, "Off": [{"id": "c", "text": "Switch on"}]}}]""",
    ],
)
def test_what_answers_lead_to_is_found_where_other_tools_put_it(text: str) -> None:
    read = tree(text, "a.json")
    assert ways(text, "a.json") == {"a": [("It is", "b"), ("Off", "c")], "b": [], "c": []}
    assert [read.nodes[name].text for name in "abc"] == ["On?", "Fine", "Switch on"]


def test_options_that_only_name_the_answers_are_no_targets() -> None:
    text = """
start: {text: New?, options: [New, Old], next: owner}
owner: {text: Yours?, options: ["Yes", "No"], next_if_yes: done, next_if_no: {text: Ask}}
done: {text: Go ahead}
"""
    assert ways(text, "a.yaml") == {
        "start": [("New", "owner"), ("Old", "owner")],
        "owner": [("Yes", "done"), ("No", "ask")],
        "done": [],
        "ask": [],
    }


def test_several_nodes_inside_an_answer_follow_one_another() -> None:
    text = "question: On?\nyes:\n- {text: Wait}\n- {text: Look}\nno: Switch on\n"
    assert list(ways(text, "a.yaml").values()) == [[("Yes", "wait"), ("No", "switch-on")], [("", "look")], [], []]


def test_a_list_of_steps_without_exits_is_followed_from_the_first_to_the_last() -> None:
    assert ways("- check: Is it on?\n- check: Is it plugged in?\n  command: lsusb\n") == {
        "step-1": [("", "step-2")],
        "step-2": [],
    }
    assert tree("- check: Is it on?\n- {check: Plugged in?, command: lsusb}\n").nodes["step-2"].run == "lsusb"


def test_a_target_that_is_no_node_is_an_end_and_named() -> None:
    (imported,) = import_text("nodes:\n- {id: a, text: On?, yes: b, no: stop}\n- {id: b, text: Go}\n", "a.yaml")
    assert imported.conversion.tree.nodes["stop"].text == "stop"
    assert [(note.line, note.text) for note in imported.conversion.notes] == [
        (2, '"stop" is not the id of a node: it is an end with this text.')
    ]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("nodes:\n- {id: a, text: x}\n- {id: a, text: y}\n", 3, 'The id "a" is there twice.'),
        ("a: [1, 2", 2, "This is not valid YAML: did not find expected ',' or ']'."),
        ("[1, 2", 1, "This is not valid JSON (column 6): Expecting ',' delimiter."),
        ("- &a [*a]\n", 1, "The anchor &a can't be used"),
        ("[" * 100_000, 1, "There are more than 32 levels inside each other."),
    ],
)
def test_what_can_not_be_read_is_named(text: str, line: int, what: str) -> None:
    with pytest.raises(ParseError) as caught:
        tree(text, "a.yaml")
    assert caught.value.what.startswith(what)
    assert caught.value.line == line
