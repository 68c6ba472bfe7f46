"""Field names in the trees of other tools, by meaning."""

from collections.abc import Iterable

Fields = dict[str, object]

NODES = ("nodes", "steps", "states", "questions", "vertices", "tasks", "elements", "items")
ENDS = ("outcomes", "results", "solutions", "endings", "ends", "conclusions", "resolutions", "leaves", "terminals")
"""Lists of ends, which some tools keep apart from the nodes."""
LINKS = ("edges", "links", "connections", "transitions", "arrows", "flows")
TREES = ("tree", "decisiontree", "flow", "flowchart", "workflow", "runbook", "playbook", "graph", "troubleshooting")
START = (
    "start",
    "root",
    "entry",
    "initial",
    "first",
    "startnode",
    "startat",
    "entrypoint",
    "begin",
    "rootid",
    "startid",
    *("startquestion", "startnodeid", "startstep", "rootnode", "rootnodeid", "rootquestion", "firstquestion"),
    *("firststep", "firstnode", "initialnode", "entrynode"),
)
ID = ("id", "key", "nodeid", "stepid", "ref", "slug", "name", "node", "step")
TEXT = (
    *("text", "question", "prompt", "title", "label", "message", "instruction", "instructions", "action", "task"),
    *("say", "check", "content", "body", "solution", "resolution", "result", "conclusion", "recommendation", "leaf"),
    *("diagnosis", "decision", "description", "name", "summary"),
)
HELP = (
    *("help", "description", "details", "notes", "note", "hint", "info", "explanation", "more", "content", "body"),
    *("narrative", "actions", "checklist", "helper", "detail"),
)
RUN = ("run", "command", "cmd", "commands", "script", "shell", "code")
EXITS = (
    *("choices", "options", "answers", "branches", "responses", "children", "cases", "edges", "transitions", "buttons"),
    *("replies", "outcomes", "paths", "exits", "routes", "conditions", "on", "links"),
)
NEXT = ("next", "to", "goto", "then", "nextstep", "nextnode", "nextid", "target", "continue", "nextquestion")
LABEL = ("label", "answer", "option", "choice", "when", "if", "condition", "case", "response", "text", "value", "name")
TARGET = (*NEXT, "leadsto", "node", "step", "child", "dest", "destination", "result", "outcome", "action", "id")
SOURCE = ("from", "source", "src", "fromnode", "sourceid")
ANSWERS = {
    **dict.fromkeys(("yes", "ifyes", "onyes", "yesnext", "nextyes", "nextifyes", "yesid"), "Yes"),
    **dict.fromkeys(("no", "ifno", "onno", "nonext", "nextno", "nextifno", "noid"), "No"),
    **dict.fromkeys(("true", "iftrue", "ontrue"), "True"),
    **dict.fromkeys(("false", "iffalse", "onfalse"), "False"),
    **dict.fromkeys(("else", "otherwise", "default"), "Otherwise"),
    **dict.fromkeys(("success", "onsuccess", "pass"), "Success"),
    **dict.fromkeys(("failure", "onfailure", "fail", "onfail"), "Failure"),
}
NOTHING = (None, "", "null", "~", "None", "none")


def normalised(key: object) -> str:
    """Return a key in lower case without hyphens, underscores and spaces, so that nextStep equals next_step."""
    return str(key).lower().replace("_", "").replace("-", "").replace(" ", "")


def key_for(fields: Fields, words: Iterable[str]) -> str | None:
    """Return the key of the first field in `words` that has a value; None if there is none."""
    keys = {normalised(key): key for key in reversed(fields)}
    return next((keys[word] for word in words if word in keys and fields[keys[word]] not in NOTHING), None)


def value(fields: Fields, words: Iterable[str]) -> object:
    """Return the value of the first field in `words` that has one; None if there is none."""
    key = key_for(fields, words)
    return None if key is None else fields[key]


def text(fields: Fields, words: Iterable[str]) -> str:
    """Return the first text among the fields in `words`; a list of texts becomes lines."""
    for word in words:
        found = as_text(value(fields, (word,)))
        if found:
            return found
    return ""


def as_text(raw: object) -> str:
    """Return a value as text; "" for tables and missing values."""
    if isinstance(raw, bool):
        return "Yes" if raw else "No"
    if isinstance(raw, list) and all(isinstance(each, str) for each in raw):
        return "\n".join(raw)
    return str(raw).strip() if isinstance(raw, str) and raw not in NOTHING else ""


def nodes_by_id(document: Fields) -> Fields:
    """Return the nodes of a document that is a table of nodes by id: several tables, each with a text."""
    tables: Fields = {name: fields for name, fields in document.items() if isinstance(fields, dict)}
    texts = [text(fields, TEXT) for fields in tables.values() if isinstance(fields, dict)]
    return tables if len(texts) > 1 and all(texts) else {}


def lists_answers(inside: object) -> bool:
    """Whether the value of `next` is a list of answers, not a node."""
    if isinstance(inside, dict):
        return not text(inside, TEXT[:12]) and key_for(inside, ("id",)) is None
    return isinstance(inside, list)
