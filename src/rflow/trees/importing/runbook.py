"""Reading Markdown runbooks and checklists: numbered steps, fenced commands, and "If yes → step 4"."""

import re

from msgspec.structs import replace

from rflow.core.text import shorten
from rflow.trees.importing.branching import (
    Branch,
    is_prohibition,
    parse_answer,
    parse_escalation,
    split_branches,
    unread_answer,
    unread_jump,
)
from rflow.trees.importing.chart import Chart, Link, Node, Note
from rflow.trees.importing.names import Names
from rflow.trees.importing.steps import Step, ids_of, listed_ranges
from rflow.trees.parsed import ParseError

_ITEM = re.compile(r"([ \t]*+)(?:(\d{1,4})[.)]|[-*+])[ \t]++(\[[ xX]\][ \t]++)?(.*+)")
_HEADING = re.compile(r"[ \t]{0,3}(#{1,6})[ \t]++(.*+)")
_STEP_HEADING = re.compile(
    r"(?:step[ \t]++(\d{1,4})[ \t]*+[.:)\u2013\u2014-]?|(\d{1,4})[.)])[ \t]*+(.*+)", re.IGNORECASE
)
_FENCE = re.compile(r"[ \t]*+(`{3,}+|~{3,}+)[ \t]*+([^`\s]*+)")
_FIELD = re.compile(r"[*_]{2}(\w{1,20})s?(?::[*_]{2}|[*_]{2}:)\s*+(.+)")
_CONDITION = re.compile(r"(?:if|when(?!ever|[ \t]++(?:to|not[ \t]++to)\b)|in case|wenn|falls)\b.+", re.IGNORECASE)
"""A heading that is a condition: "If the disk is full", not "When to use this"."""
_CODE = re.compile(r"`([^`]++)`\.?")
_OPPOSITES = {"yes": "No", "no": "Yes", "otherwise": "Yes"}
_SHELL = {"", "sh", "bash", "shell", "console", "zsh", "fish", "powershell", "ps1", "pwsh", "cmd", "bat", "sql", "text"}
_PROMPT = re.compile(r"^(?:\$|#|PS [^>\n]*+>|>) ", re.MULTILINE)


def read_runbook(text: str, first: int = 1) -> Chart:
    """Return the steps of a runbook as a chart; raise `ParseError` if it has none."""
    reader = _Reader(first)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    number = _front_matter_end(lines)
    while number < len(lines):
        fence = _FENCE.match(lines[number])
        number = reader.fence(lines, number, fence) if fence else reader.line(lines[number], number)
    reader.finish()
    if not reader.steps:
        raise ParseError("The runbook has no steps.", first, "Number them, such as 1. Restart the service")
    return _ChartBuilder(reader, first).build()


def _front_matter_end(lines: list[str]) -> int:
    if lines and lines[0].strip() == "---":
        return next((number + 1 for number in range(1, len(lines)) if lines[number].strip() == "---"), 0)
    return 0


class _Reader:
    def __init__(self, first: int) -> None:
        self.first = first
        self.steps: list[Step] = []
        self.title = ""
        self.section = ""
        self.lists = 0
        self.previous = 0
        self.by_heading = False
        self.new_section = True
        self.notes: list[Note] = []
        self.indent = 0
        """The indentation of the outermost list."""
        self.conditions: list[Step] = []
        """The open sections whose heading is a condition."""
        self.bulleted = False
        """Whether the steps of this section are bullet points."""
        self.unused_lines: list[int] = []
        """The numbers of lines whose text belongs to no step."""

    def finish(self) -> None:
        """End all sections, and note the unused lines."""
        self._end_sections(0)
        if self.unused_lines:
            named = listed_ranges(self.unused_lines)
            lines = "line" if len(self.unused_lines) == 1 else "lines"
            self.notes.append(Note(line=self.unused_lines[0], text=f"The text of {lines} {named} belongs to no step."))

    def fence(self, lines: list[str], begin: int, fence: re.Match[str]) -> int:
        """Read a fenced block, whose commands belong to the current step; return the number of the line after it."""
        end = begin + 1
        while end < len(lines) and not lines[end].strip().startswith(fence[1]):
            end += 1
        indent = len(lines[begin]) - len(lines[begin].lstrip())
        body = "\n".join(line[indent:] if not line[:indent].strip() else line for line in lines[begin + 1 : end])
        if self.steps and fence[2].lower() in _SHELL:
            self.steps[-1].run.append(_PROMPT.sub("", body.strip("\n")))
        elif self.steps:
            self.steps[-1].help.append(f"```{fence[2]}\n{body}\n```")
        else:
            self.unused_lines += range(self.first + begin, min(self.first + end + 1, self.first + len(lines)))
        return end + 1

    def line(self, line: str, number: int) -> int:
        """Read a line; return the number of the next."""
        if heading := _HEADING.match(line):
            self._heading(len(heading[1]), heading[2].strip(" #"), number)
        elif item := _ITEM.match(line):
            self._item(item, number)
        elif any(character.isalnum() for character in line):  # not a horizontal rule
            self._continue_step(line.strip(), number)
            if self.steps and not self.new_section and not line[0].isspace() and is_prohibition(line):
                what = f'"{shorten(line.strip(), 60)}" is the help of step {self.steps[-1].number} only.'
                self.notes.append(Note(line=self.first + number, text=what))
        return number + 1

    def _heading(self, level: int, text: str, number: int) -> None:
        self._end_sections(level)
        self.bulleted = False
        step = _STEP_HEADING.fullmatch(text)
        if step and (step[3] or step[1]):
            self.by_heading = True
            self._add(int(step[1] or step[2]), step[3], number, -1)
            return
        is_title = level == 1 and not self.title
        self.title = text if is_title else self.title
        self.section, self.new_section, self.by_heading = text, True, False
        if _CONDITION.fullmatch(text) and not is_title:
            self._add_question(text, number, level)
            self.conditions.append(self.steps[-1])

    def _add_question(self, text: str, number: int, level: int = 0) -> None:
        """Add a heading as a question; with a `level`, it asks whether its section applies."""
        name, line = f"heading-{number}", self.first + number
        self.steps.append(
            Step(series=self.lists, number=name, text=text, line=line, indent=-1, section=text, level=level)
        )

    def _end_sections(self, level: int) -> None:
        """End the conditional sections that a heading of this level closes, with a step for one that has only text."""
        while self.conditions and self.conditions[-1].level >= level:
            condition = self.conditions.pop()
            what = f'"{shorten(condition.text, 60)}" is read as a question: "No" leads past its section.'
            if condition is self.steps[-1]:
                if condition.help or condition.run:
                    text = condition.help.pop(0) if condition.help else condition.run[0].partition("\n")[0]
                    self._append(f"{condition.number}.1", text, condition.line - self.first, 0)
                    self.steps[-1].help, self.steps[-1].run = condition.help, condition.run
                    condition.help, condition.run = [], []
                else:
                    self.steps.pop()
                    what = f'"{shorten(condition.text, 60)}" sounds like a condition, but no step is below it.'
            condition.section_end = len(self.steps)
            self.notes.append(Note(line=condition.line, text=what))

    def _item(self, item: re.Match[str], number: int) -> None:
        indent, written, box, text = len(item[1].expandtabs(4)), item[2], item[3], item[4].strip()
        inside = bool(self.steps) and (self.by_heading or (indent > self.indent and not self.new_section))
        if self._is_answer(text, number):
            self._continue_step(text, number, bullet=True)
        elif (written or box) and not (inside and not written):
            self._numbered(int(written) if written else 0, text, number, indent, inside=inside)
        elif self._below_condition() or (self.bulleted and not inside):
            self.bulleted = True
            self._numbered(1 if self.new_section else 0, text, number, indent, inside=False)
        else:
            self._continue_step(text, number, bullet=True)

    def _below_condition(self) -> bool:
        """Whether a conditional heading has no steps yet."""
        return self.new_section and bool(self.conditions) and self.conditions[-1] is self.steps[-1]

    def _is_answer(self, text: str, number: int) -> bool:
        """Whether an item is "Yes -> …" below a question. A heading that is a question becomes a step then."""
        if self.new_section and self.section.endswith("?") and parse_answer(text, self.first + number, asks=True):
            self._add_question(self.section, number)
            self.new_section = False
            return True
        if not self.steps or self.new_section or not self.steps[-1].asks():
            return False
        parsed = parse_answer(text, self.first + number, asks=True)
        return parsed is not None and parsed.sure

    def _numbered(self, written: int, text: str, number: int, indent: int, *, inside: bool) -> None:
        """Add a step; one nested in another is numbered below it: 2.1 in 2."""
        nested = next((step for step in reversed(self.steps) if step.indent < indent), None) if inside else None
        if nested is None:
            self._add(written, text, number, indent)
            return
        within = sum(step.number.startswith(f"{nested.number}.") for step in self.steps[self.steps.index(nested) :])
        self._append(f"{nested.number}.{within + 1}", text, number, indent)

    def _add(self, written: int, text: str, number: int, indent: int) -> None:
        """Add a step of the outermost list; if all items are numbered 1, they are counted."""
        again = written == 1 and (self.new_section or self.previous > 1)
        if not self.steps or again:
            self.lists += 1
            self.previous = 0
        counted_on = written <= self.previous or written == 0
        self.previous = self.previous + 1 if counted_on else written
        self.new_section, self.indent = False, indent
        self._append(str(self.previous), text, number, indent)

    def _append(self, name: str, text: str, number: int, indent: int) -> None:
        step = Step(
            series=self.lists, number=name, text=text, line=self.first + number, indent=indent, section=self.section
        )
        self._set_text(step, text)
        self.steps.append(step)

    def _set_text(self, step: Step, text: str) -> None:
        """Set the text of a step, and its branches to those in the text."""
        step.text, step.branches = split_branches(text, step.line)
        self._note_unread(step.text, step.line)

    def _note_unread(self, text: str, line: int) -> None:
        if words := unread_jump(text):
            what = f'"{words}" is not read as a jump: it stays text. Write "→ step N" for a jump.'
            self.notes.append(Note(line=line, text=what))

    def _continue_step(self, text: str, number: int, *, bullet: bool = False) -> None:
        """Read a line below a step: an answer, a field of a template, or help."""
        if self._below_condition():
            self._note_unread(text, self.first + number)
            self.steps[-1].help.append(text)
            return
        if not self.steps or (self.new_section and not self.by_heading):
            self.unused_lines.append(self.first + number)  # before the first step, or a paragraph of the next section
            return
        step = self.steps[-1]
        if (field := _FIELD.fullmatch(text)) and self._field(step, field[1].lower(), field[2]):
            return
        line, asks = self.first + number, step.asks()
        rest, listed = split_branches(text, line)
        answer = parse_answer(text, line, asks=asks) if len(listed) < 2 else None
        branch = answer or (parse_escalation(text, line) if not listed else None)
        if branch is not None and branch.sure:
            rest, listed = "", [branch]
        elif branch is not None and not listed:
            step.possible.append((len(step.help), branch))
        elif asks and not listed and (word := unread_answer(text)):
            self.notes.append(_not_an_answer(word, line))
        self._note_unread(rest or "".join(each.text for each in listed), line)
        step.branches.extend(listed)
        if rest:
            step.help.append(f"- {rest}" if bullet else rest)

    def _field(self, step: Step, name: str, text: str) -> bool:
        """Read a field of a template, such as "**Command:** `df -h`"; return whether it is one."""
        code = _CODE.fullmatch(text)
        if name in ("command", "run") and code:
            step.run.append(code[1])
        elif name in ("description", "action", "task") and not step.text:
            self._set_text(step, text)
        else:
            return False
        return True


class _ChartBuilder:
    """Builds a chart from steps: each leads to the targets of its answers, else to the next step."""

    def __init__(self, reader: _Reader, first: int) -> None:
        self.steps = reader.steps
        self.ids = ids_of(reader.steps)
        self.names = Names(self.ids.values())
        self.by_number = {number: name for (_, number), name in reversed(self.ids.items())}
        self.chart = Chart(line=first, title=reader.title, start=next(iter(self.ids.values())))
        self.chart.notes.extend(reader.notes)

    def build(self) -> Chart:
        for step in self.steps:
            for branch in step.resolve_possible():
                self.chart.notes.append(_not_an_answer(branch.label, branch.line))
            self.chart.nodes[self.ids[step.series, step.number]] = Node(
                text=_plain(step.text) or f"Step {step.number}",
                line=step.line,
                shape="diamond" if step.level or any(branch.label for branch in step.branches) else "",
                help="\n".join(step.help),
                run="\n".join(step.run),
            )
        for step, after in zip(self.steps, [*self.steps[1:], None], strict=True):
            self._connect(step, self.ids[after.series, after.number] if after else None)
        return self.chart

    def _connect(self, step: Step, after: str | None) -> None:
        source = self.ids[step.series, step.number]
        if step.level:
            following = self.steps[step.section_end] if step.section_end < len(self.steps) else None
            no = self.ids[following.series, following.number] if following else self._node("Done", step.line)
            self.chart.connect(Link(source=source, to=after or no, label="Yes", line=step.line))
            self.chart.connect(Link(source=source, to=no, label="No", line=step.line))
            return
        jump = next((branch for branch in step.branches if not branch.label), None)
        for branch in step.branches:
            if branch.ambiguous and not branch.label:
                self.chart.note(branch.line, f'"{branch.ambiguous}" is read as "go to step {branch.step}".')
            if branch.label:
                self._connect_answer(source, step, branch, after)
        labels = {branch.label.casefold() for branch in step.branches if branch.label}
        if {"yes", "no"} <= labels or ("otherwise" in labels and len(labels) > 1):
            return
        other = _OPPOSITES.get(next(iter(labels)), "Otherwise") if len(labels) == 1 else "Otherwise"
        to = self._target(step, jump) if jump else after
        if to is None and labels:
            to = self._node("Done", step.line)
        if to is not None:
            self.chart.connect(Link(source=source, to=to, label=other if labels else "", line=step.line))
            if labels:
                what = f'Step {step.number} does not say where else it leads: "{other}" leads to {to}.'
                self.chart.note(step.line, what)

    def _connect_answer(self, source: str, step: Step, branch: Branch, after: str | None) -> None:
        to = self._target(step, branch)
        if to is None:
            return
        self.chart.connect(Link(source=source, to=to, label=branch.label, line=branch.line))
        next_target = self._target(step, replace(branch, text="")) if branch.continues and branch.step else after
        if branch.continues and next_target is not None:
            self.chart.connect(Link(source=to, to=next_target, label="", line=branch.line))

    def _target(self, step: Step, branch: Branch) -> str | None:
        """Return the target of a branch: a new node, or a step, preferably of the same list; None if there is none."""
        if branch.text:
            return self._node(branch.text, branch.line)
        name = self.ids.get((step.series, branch.step)) or self.by_number.get(branch.step)
        if name is None:
            what = f'There is no step {shorten(branch.step, 20)} that "{branch.label}" could lead to.'
            self.chart.note(branch.line, what)
        return name

    def _node(self, text: str, line: int) -> str:
        name = self.names.id(text)
        self.chart.nodes[name] = Node(text=text, line=line)
        return name


def _not_an_answer(word: str, line: int) -> Note:
    what = f'"{word}" is not read as an answer: it stays text. Write "If yes: …", "If not: …" for one.'
    return Note(line=line, text=what)


def _plain(text: str) -> str:
    """Return a text without the asterisks of bold type around it."""
    bare = text.strip()
    return bare.replace("**", "").replace("__", "").strip() if bare.startswith(("**", "__")) else bare
