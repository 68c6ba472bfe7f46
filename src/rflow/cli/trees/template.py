"""The tree file that `rflow tree new` writes: a small tree that works, with comments."""

import json
import os

from rflow.cli.sources import write_output
from rflow.core.text import one_line
from rflow.errors import UsageProblem

_TEMPLATE = """\
# A troubleshooting tree for rflow. All fields: docs/tree-format.md

id = "{id}"
title = {title}
# description = "Who it is for, what it covers, where its facts come from."
start = "affected"           # the node to start at

# A question: each answer leads to a node. Answers can lead to the same node, or back to an earlier one.
[nodes.affected]
text = "Who is affected?"
help = "How to find out, what to look for. Markdown, any length."
choices = [
  {{ label = "Only this computer", to = "restart" }},
  {{ label = "Everyone", to = "hand-over" }},
  # "Not known" says nothing about the causes behind the other answers:
  # {{ label = "Not known", to = "restart", rules_out = false }},
]

# Something to do, and the node that comes next.
[nodes.restart]
text = "Restart the service"
run = "systemctl restart NAME"  # a suggested command; rflow never runs it without being asked
limit = "15m"                   # how long to try at most
to = "works"

[nodes.works]
text = "Does it work now?"
choices = [
  {{ label = "Yes", to = "solved" }},
  {{ label = "No", to = "hand-over" }},
]

# Where the tree ends: resolved, or somebody else takes over (escalate).
[nodes.solved]
text = "Solved"
outcome = "resolved"
cause = "The service hung"      # what it was, in a few words: summaries say that this is ruled out

[nodes.hand-over]
text = "Call the network team"
outcome = "escalate"
"""


def template(tree_id: str, title: str) -> str:
    """Return the text of the file."""
    words = one_line(title) or tree_id.replace("-", " ").replace("_", " ").capitalize()
    return _TEMPLATE.format(id=tree_id, title=json.dumps(words, ensure_ascii=False))


def write_template(tree_id: str, title: str, output: str) -> str:
    """Write the file and return its name; a file that exists is never overwritten."""
    file = output or f"{tree_id}.toml"
    if os.path.lexists(file):  # where that can't be seen, writing says so
        raise UsageProblem(f"{file} exists already.", try_="Use another id, or another file with -o.")
    write_output(file, template(tree_id, title).encode())
    return file
