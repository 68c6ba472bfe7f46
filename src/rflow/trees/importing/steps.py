"""The steps of a runbook, before they are connected."""

import re

import msgspec

from rflow.trees.importing.branching import Branch
from rflow.trees.importing.names import Names, slug

_QUESTION = re.compile(r"\?(?=[\s*_)]|$)")
_LAST = 400
"""How many characters of a step's text are looked at for a question."""
_OPPOSITES = {"Yes": {"No", "Otherwise"}, "No": {"Yes"}}


class Step(msgspec.Struct, kw_only=True):
    """A step: its number in its list, and what belongs to it."""

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
    """The level of the heading if the step is one that asks whether its section applies, else 0."""
    until: int = 0
    """The place among the steps where that section ends."""
    unsure: list[tuple[int, Branch]] = []
    """Texts of the help, by index, that are answers if another one stands beside them."""

    def asks(self) -> bool:
        """Whether the last that was said is a question."""
        return any(_QUESTION.search(said) for said in (self.text[-_LAST:], *self.help[-1:]))

    def settle(self) -> list[Branch]:
        """Read "No: not that one" as an answer where there is a "Yes" too; return what is left as a remark."""
        sure = {branch.label for branch in self.branches}
        every = sure | {branch.label for _, branch in self.unsure}
        found = {
            at: branch
            for at, branch in self.unsure
            if branch.label not in sure
            and (_OPPOSITES.get(branch.label, set()) & every or (branch.label == "Otherwise" and len(every) > 1))
        }
        self.branches = sorted([*self.branches, *found.values()], key=lambda branch: branch.line)
        self.help = [said for at, said in enumerate(self.help) if at not in found]
        return [branch for at, branch in self.unsure if at not in found]


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
