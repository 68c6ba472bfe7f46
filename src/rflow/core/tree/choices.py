"""Which choice somebody meant: its exact label, its number in the menu, or a unique beginning of it."""

from rflow.core.text import one_line, shorten
from rflow.core.tree.model import Choice
from rflow.errors import UsageProblem


def find_choice(choices: tuple[Choice, ...], said: str) -> Choice:
    """Find the choice that `said` names; raise `UsageProblem` where it names none or more than one.

    `#2` is always the second choice of the menu. A bare number that is both a label and another choice's number is
    refused with both explained.
    """
    said = one_line(said)
    if not said:
        raise UsageProblem("Which answer? The choice is empty.", try_=_menu(choices))
    labelled = _labelled(choices, said)
    numbered = _numbered(choices, said.removeprefix("#"))
    if said.startswith("#") and numbered is not None:
        return numbered
    if labelled is not None and numbered is not None and labelled is not numbered:
        raise UsageProblem(
            f'"{said}" is the label of one choice and the number of another.',
            try_=f'Type #{_number(choices, labelled)} for "{labelled.label}" or '
            f'#{_number(choices, numbered)} for "{numbered.label}".',
        )
    return labelled or numbered or _beginning(choices, said)


def _labelled(choices: tuple[Choice, ...], said: str) -> Choice | None:
    return next((choice for choice in choices if choice.label.casefold() == said.casefold()), None)


def _numbered(choices: tuple[Choice, ...], said: str) -> Choice | None:
    inside = said.isascii() and said.isdigit() and len(said) < 10 and 1 <= int(said) <= len(choices)
    return choices[int(said) - 1] if inside else None


def _beginning(choices: tuple[Choice, ...], said: str) -> Choice:
    found = [choice for choice in choices if choice.label.casefold().startswith(said.casefold())]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageProblem(f'"{shorten(said, 60)}" could be more than one choice.', try_=_menu(choices, tuple(found)))
    from difflib import get_close_matches

    close = get_close_matches(said.casefold(), [choice.label.casefold() for choice in choices], n=1)
    hint = f'Did you mean "{next(c.label for c in choices if c.label.casefold() == close[0])}"? ' if close else ""
    raise UsageProblem(f'"{shorten(said, 60)}" is not one of the choices.', try_=hint + _menu(choices))


def _number(choices: tuple[Choice, ...], choice: Choice) -> int:
    return choices.index(choice) + 1


def _menu(choices: tuple[Choice, ...], only: tuple[Choice, ...] = ()) -> str:
    listed = "; ".join(f"{n} {choice.label}" for n, choice in enumerate(choices, 1) if not only or choice in only)
    return f"Choose one of: {listed}."
