"""The words that other tools use for the fields of their trees, and what they mean here."""

from collections.abc import Iterable

Fields = dict[str, object]

NODES = ("nodes", "steps", "states", "questions", "vertices", "tasks", "elements", "items")
ENDS = ("outcomes", "results", "solutions", "endings", "ends", "conclusions", "resolutions", "leaves", "terminals")
"""Lists beside the nodes, of what these lead to."""
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


def plain(key: object) -> str:
    """Return a key in small letters, without hyphens, underscores and spaces: nextStep and next_step are the same."""
    return str(key).lower().replace("_", "").replace("-", "").replace(" ", "")


def key_for(fields: Fields, words: Iterable[str]) -> str | None:
    """Return the key of the first of `words` that the fields have with a value, None if they have none."""
    keys = {plain(key): key for key in reversed(fields)}
    return next((keys[word] for word in words if word in keys and fields[keys[word]] not in NOTHING), None)


def value(fields: Fields, words: Iterable[str]) -> object:
    """Return the value of the first of `words` that the fields have, None if they have none."""
    key = key_for(fields, words)
    return None if key is None else fields[key]


def text(fields: Fields, words: Iterable[str]) -> str:
    """Return the first of `words` that is a text; lists of texts are lines."""
    for word in words:
        found = as_text(value(fields, (word,)))
        if found:
            return found
    return ""


def as_text(given: object) -> str:
    """Return a value as a text; "" for tables and for nothing."""
    if isinstance(given, bool):
        return "Yes" if given else "No"
    if isinstance(given, list) and all(isinstance(each, str) for each in given):
        return "\n".join(given)
    return str(given).strip() if isinstance(given, str) and given not in NOTHING else ""


def nodes_by_id(document: Fields) -> Fields:
    """Return the tables of a document if there are several, each with a text: nodes by id; else none."""
    tables: Fields = {name: fields for name, fields in document.items() if isinstance(fields, dict)}
    texts = [text(fields, TEXT) for fields in tables.values() if isinstance(fields, dict)]
    return tables if len(texts) > 1 and all(texts) else {}


def lists_answers(after: object) -> bool:
    """Whether `next` holds answers rather than a node."""
    if isinstance(after, dict):
        return not text(after, TEXT[:12]) and key_for(after, ("id",)) is None
    return isinstance(after, list)
