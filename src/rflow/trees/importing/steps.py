"""The steps of a runbook, before they are connected to a chart."""

import re

import msgspec

from rflow.trees.importing.branching import Branch
from rflow.trees.importing.names import Names, slug

_QUESTION = re.compile(r"\?(?=[\s*_)]|$)")
_QUESTION_LENGTH = 400
"""Number of characters at the end of a step's text that are searched for a question."""
_OPPOSITES = {"Yes": {"No", "Otherwise"}, "No": {"Yes"}}


class Step(msgspec.Struct, kw_only=True):
    """A step: its list (`series`), its number there, and its content."""

    series: int
    number: str
    text: str
    line: int
    indent: int
    section: str
    help: list[str] = []
    run: list[str] = []
    branches: list[Branch] = []
    level: int = 0
    """The level of the heading if the step asks whether a section applies, else 0."""
    section_end: int = 0
    """The index among the steps at which that section ends."""
    possible: list[tuple[int, Branch]] = []
    """Texts of `help`, by index, that are answers if the step has a matching other one."""

    def asks(self) -> bool:
        """Whether the last text of the step is a question."""
        return any(_QUESTION.search(text) for text in (self.text[-_QUESTION_LENGTH:], *self.help[-1:]))

    def resolve_possible(self) -> list[Branch]:
        """Read "No: not that one" as an answer if there is a "Yes" too; return those that stay remarks."""
        sure = {branch.label for branch in self.branches}
        every = sure | {branch.label for _, branch in self.possible}
        found = {
            at: branch
            for at, branch in self.possible
            if branch.label not in sure
            and (_OPPOSITES.get(branch.label, set()) & every or (branch.label == "Otherwise" and len(every) > 1))
        }
        self.branches = sorted([*self.branches, *found.values()], key=lambda branch: branch.line)
        self.help = [text for at, text in enumerate(self.help) if at not in found]
        return [branch for at, branch in self.possible if at not in found]


def ids_of(steps: list[Step]) -> dict[tuple[int, str], str]:
    """Return an id for each step: step-2, or the section and the number where several lists have a step 2."""
    names, ids = Names(), {}
    for step in steps:
        heading = slug(step.text, 30) if step.number.startswith("heading-") else ""
        name = heading or f"step-{step.number.replace('.', '-')}"
        if name in names.taken:
            name = f"{slug(step.section, 30) or f'list-{step.series}'}-{step.number.replace('.', '-')}"
        ids[step.series, step.number] = names.id(name)
    return ids


def listed_ranges(numbers: list[int]) -> str:
    """Return numbers in order as "3, 5-7"."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
