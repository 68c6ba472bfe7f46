"""Reading decision trees of other tools in YAML or JSON: lists of nodes, nodes by id, or nested trees.

A file does not name the tool that wrote it, so the reader recognises common field names (see `fields`): `question` or
`text`, `options`, `answers` or `yes` and `no`, `next` or `goto`.
"""

from collections.abc import Iterator
from itertools import pairwise

from rflow.core.text import shorten
from rflow.core.tree.problems import KeyPath
from rflow.trees.importing import fields as f
from rflow.trees.importing.chart import Chart, Link, Node
from rflow.trees.importing.names import Names
from rflow.trees.parsed import ParseError
from rflow.trees.parsing import parse

_MAX_WRAPPERS = 4
_REMEDY = "Expected nodes with a question or a text, and answers that lead to other nodes."


def read_data(text: str, first: int = 1) -> Chart:
    """Return the tree in YAML or JSON text; raise `ParseError`."""
    parsed = parse(text, ".json" if text.lstrip()[:1] in ("{", "[") else ".yaml")
    if parsed.problems:
        problem, line = parsed.problems[0]
        raise ParseError(problem.message, line, problem.remedy)
    return _Reader(parsed.lines, first).read(parsed.document)


class _Reader:
    def __init__(self, lines: dict[KeyPath, int], first: int) -> None:
        self.lines = lines
        self.first = first
        self.chart = Chart(line=first)
        self.names = Names()
        self.ids = self.names.taken

    def read(self, document: object) -> Chart:
        path: KeyPath = ()
        for _ in range(_MAX_WRAPPERS):
            document, path, unwrapped = self._unwrap(document, path)
            if not unwrapped:
                break
        self._tree(document, path)
        if not self.chart.nodes:
            raise ParseError("The file holds no tree.", self.line(path), _REMEDY)
        return self.chart

    def line(self, path: KeyPath) -> int:
        """Return the line of a path, or of the nearest parent that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1) + self.first - 1

    def _unwrap(self, document: object, path: KeyPath) -> tuple[object, KeyPath, bool]:
        """Unwrap a document that only contains a tree, such as `decision_tree: …`; also return whether it was one."""
        if not isinstance(document, dict) or f.key_for(document, f.NODES) is not None or f.nodes_by_id(document):
            return document, path, False
        self.chart.title = self.chart.title or f.as_text(f.value(document, ("title", "name")))
        starts = [key for key in (f.key_for(document, [word]) for word in f.START) if key is not None]
        rooted = [key for key in starts if isinstance(document[key], dict)]
        only = [next(iter(document))] if len(document) == 1 else []
        key = next((key for key in [f.key_for(document, f.TREES), *rooted, *only] if key is not None), None)
        inside = document.get(key) if key is not None else None
        return (inside, (*path, str(key)), True) if isinstance(inside, dict | list) else (document, path, False)

    def _tree(self, document: object, path: KeyPath) -> None:
        listed, linear = self._node_list(document, path)
        if listed:
            self.ids.update(name for name, _, _ in listed)
            for name, fields, place in listed:
                self._add_node(name, fields, place)
            self._connect_in_order([name for name, _, _ in listed] if linear else [])
            if isinstance(document, dict):
                self._read_header(document, path)
        elif isinstance(document, dict):
            self._add_node(self._id(document), document, path)

    def _read_header(self, document: f.Fields, path: KeyPath) -> None:
        """Read the fields beside the nodes: the title, the start, and a list of links."""
        self.chart.title = f.text(document, ("title", "name", "label")) or self.chart.title
        start = f.as_text(f.value(document, f.START))
        self.chart.start = self._existing(start) or ""
        key = f.key_for(document, f.LINKS)
        links = document.get(key) if key is not None else None
        for number, link in enumerate(links if isinstance(links, list) else []):
            place = (*path, str(key), number)
            if isinstance(link, dict) and (source := self._existing(f.text(link, f.SOURCE))):
                label = f.text(link, [word for word in f.LABEL if word not in ("name", "value")])
                self._add_exit(source, label, f.value(link, f.TARGET), place)

    def _node_list(self, document: object, path: KeyPath) -> tuple[list[tuple[str, f.Fields, KeyPath]], bool]:
        """Return a document's nodes as (id, fields, path), and whether they are consecutive; [] for a nested tree."""
        if isinstance(document, list):
            return self._nodes_of_list(document, path)
        if not isinstance(document, dict):
            return [], False
        key = f.key_for(document, f.NODES)
        inside = document.get(key) if key is not None else None
        if isinstance(inside, list) and key is not None:
            listed, linear = self._nodes_of_list(inside, (*path, key))
            return [*listed, *self._separate_ends(document, path)], linear
        if isinstance(inside, dict) and key is not None:
            return [*self._nodes_of_table(inside, (*path, key)), *self._separate_ends(document, path)], False
        nested = f.text(document, f.TEXT[:9])
        return (self._nodes_of_table(f.nodes_by_id(document), path) if not nested else []), False

    def _separate_ends(self, document: f.Fields, path: KeyPath) -> Iterator[tuple[str, f.Fields, KeyPath]]:
        """Yield the ends in a list or table apart from the nodes, such as `outcomes: …`."""
        for key in (f.key_for(document, [word]) for word in f.ENDS):
            inside = document[key] if key is not None else None
            if isinstance(inside, dict):
                yield from self._nodes_of_table(inside, (*path, str(key)))
            elif isinstance(inside, list) and all(
                isinstance(each, dict) and f.key_for(each, f.ID[:6]) for each in inside
            ):
                yield from self._nodes_of_list(inside, (*path, str(key)))[0]

    def _nodes_of_table(self, table: f.Fields, path: KeyPath) -> list[tuple[str, f.Fields, KeyPath]]:
        return [
            (str(name), fields if isinstance(fields, dict) else {"text": fields}, (*path, str(name)))
            for name, fields in table.items()
        ]

    def _nodes_of_list(self, nodes: list[object], path: KeyPath) -> tuple[list[tuple[str, f.Fields, KeyPath]], bool]:
        """Return the nodes of a list, and whether they are consecutive steps because none has an id or exits."""
        listed = []
        entries = [each if isinstance(each, dict) else {"text": each} for each in nodes]
        words = f.ID[:6] if any(f.key_for(each, f.ID[:6]) for each in entries) else f.ID[6:7]
        for number, fields in enumerate(entries):
            name = f.as_text(f.value(fields, words)) or f"step-{number + 1}"
            if name in self.ids:
                line = self.line((*path, number))
                raise ParseError(f'The id "{shorten(name, 40)}" is there twice.', line, "Use a different one.")
            self.ids.add(name)
            listed.append((name, fields, (*path, number)))
        linear = not any(f.key_for(each, (*f.ID[:5], *f.EXITS, *f.NEXT, *f.ANSWERS)) for each in entries)
        return listed, linear

    def _connect_in_order(self, names: list[str]) -> None:
        for source, to in pairwise(names):
            self.chart.connect(Link(source=source, to=to, label="", line=self.chart.nodes[source].line))

    def _id(self, fields: f.Fields) -> str:
        """Return the id of a nested node: its own, or one made from its text."""
        own = f.as_text(f.value(fields, f.ID[:6]))
        if own and own not in self.ids:
            self.ids.add(own)
            return own
        return self.names.id(f.text(fields, f.TEXT))

    def _add_node(self, name: str, fields: f.Fields, path: KeyPath) -> None:
        data = f.value(fields, ("data",))
        fields = {**data, **fields} if isinstance(data, dict) else fields
        text = f.text(fields, f.TEXT) or name
        help_ = f.text(fields, f.HELP)
        outcome = f.as_text(f.value(fields, ("outcome",)))
        shape = f.as_text(f.value(fields, ("shape", "kind", "type"))).lower()
        self.chart.nodes[name] = Node(
            text=text,
            line=self.line(path),
            shape=shape,
            help=help_ if help_ != text else "",
            run=f.text(fields, f.RUN),
            outcome=outcome if outcome in ("resolved", "escalate") else "",
        )
        for label, target, place in self._exits(fields, path):
            self._add_exit(name, label, target, place)

    def _exits(self, fields: f.Fields, path: KeyPath) -> Iterator[tuple[str, object, KeyPath]]:
        """Yield the exits of a node as (label, target, place): lists of answers, then `yes` and `no`, then `next`."""
        after_key = f.key_for(fields, f.NEXT)
        yes_or_no = [
            key for key, inside in fields.items() if f.normalised(key) in f.ANSWERS and inside not in f.NOTHING
        ]
        for key in (f.key_for(fields, [word]) for word in f.EXITS):
            labels = self._labels(fields[key]) if key is not None and (after_key or yes_or_no) else []
            if labels and after_key and not yes_or_no:
                yield from ((label, fields[after_key], (*path, after_key)) for label in labels)
                return
            if key is not None and not labels:
                yield from self._answers(fields[key], (*path, key))
        for key in yes_or_no:
            answer = f.ANSWERS[f.normalised(key)]
            yield f.text(fields, (f"{answer.lower()}label",)) or answer, fields[key], (*path, str(key))
        if after_key is not None:
            after, place = fields[after_key], (*path, after_key)
            yield from self._answers(after, place) if f.lists_answers(after) else [("", after, place)]

    def _labels(self, answers: object) -> list[str]:
        """Return the labels in a list of plain texts, whose targets are in another field; [] for other lists."""
        texts = answers if isinstance(answers, list) else []
        named = [text for text in texts if isinstance(text, str) and self._existing(text) is None]
        return named if len(named) == len(texts) else []

    def _answers(self, answers: object, path: KeyPath) -> Iterator[tuple[str, object, KeyPath]]:
        if isinstance(answers, dict):
            for label, target in answers.items():
                yield f.ANSWERS.get(str(label).lower(), str(label)), target, (*path, str(label))
        elif isinstance(answers, list):
            for number, answer in enumerate(answers):
                yield from self._answer(answer, (*path, number))

    def _answer(self, answer: object, path: KeyPath) -> Iterator[tuple[str, object, KeyPath]]:
        if not isinstance(answer, dict):
            yield "", answer, path
            return
        key = f.key_for(answer, f.TARGET)
        label = f.text(answer, f.LABEL)
        nested = f.key_for(answer, (*f.EXITS, *f.ANSWERS)) is not None
        if key is not None and not nested and (f.normalised(key) != "id" or self._existing(f.as_text(answer[key]))):
            yield ("" if label == f.as_text(answer[key]) and label in self.ids else label), answer[key], path
        elif len(answer) == 1 and not f.key_for(answer, f.TEXT):
            (text, target), *_ = answer.items()
            yield str(text), target, (*path, str(text))
        else:
            label_key = f.key_for(answer, f.LABEL)
            rest = {each: inside for each, inside in answer.items() if each != label_key}
            yield label if f.text(rest, f.TEXT) else "", rest if f.text(rest, f.TEXT) else answer, path

    def _add_exit(self, source: str, label: str, target: object, path: KeyPath) -> None:
        """Add an exit to an existing node, to a nested one, or to an end that is only a text.

        A list of nested nodes becomes a chain, up to the first node with exits of its own.
        """
        inside = target if isinstance(target, list) and any(isinstance(each, dict) for each in target) else [target]
        for each in inside:
            to = self._target(each, path)
            if to is None:
                continue
            self.chart.connect(Link(source=source, to=to, label=label, line=self.line(path)))
            if isinstance(each, dict) and f.key_for(each, (*f.EXITS, *f.NEXT, *f.ANSWERS)):
                return
            source, label = to, ""

    def _target(self, target: object, path: KeyPath) -> str | None:
        """Return the id of the node that an exit leads to, adding a nested one; None if there is no target."""
        if isinstance(target, dict):
            if not f.text(target, f.TEXT) and (after := f.value(target, f.NEXT)) is not None:
                return self._target(after, path)  # {next: b}
            to = self._existing(f.as_text(f.value(target, ("id",)))) if len(target) == 1 else None
            if to is None:
                to = self._id(target)
                self._add_node(to, target, path)
            return to
        text = f.as_text(target)
        return (self._existing(text) or self._add_end(text, self.line(path))) if text else None

    def _existing(self, name: str) -> str | None:
        return name if name in self.ids else None

    def _add_end(self, text: str, line: int) -> str:
        name = self.names.id(text)
        self.chart.nodes[name] = Node(text=text, line=line)
        if " " not in text:
            self.chart.note(line, f'"{shorten(text, 60)}" is not the id of a node: it is an end with this text.')
        return name
