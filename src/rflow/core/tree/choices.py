"""Finding the choice that a person typed: by its exact label, its number in the menu, or a unique prefix."""

from rflow.core.text import one_line, shorten
from rflow.core.tree.model import Choice
from rflow.errors import UsageProblem


def find_choice(choices: tuple[Choice, ...], text: str) -> Choice:
    """Return the choice that `text` names; raise `UsageProblem` if it names none or several.

    `#2` is always the second choice of the menu. A bare number that is both a label and the number of another choice is
    refused, with both explained.
    """
    text = one_line(text)
    if not text:
        raise UsageProblem("The choice is empty.", try_=_menu(choices))
    labelled = _by_label(choices, text)
    numbered = _by_number(choices, text.removeprefix("#"))
    if text.startswith("#") and numbered is not None:
        return numbered
    if labelled is not None and numbered is not None and labelled is not numbered:
        raise UsageProblem(
            f'"{text}" is the label of one choice and the number of another.',
            try_=f'Type #{_number(choices, labelled)} for "{labelled.label}" or '
            f'#{_number(choices, numbered)} for "{numbered.label}".',
        )
    return labelled or numbered or _by_prefix(choices, text)


def _by_label(choices: tuple[Choice, ...], text: str) -> Choice | None:
    return next((choice for choice in choices if choice.label.casefold() == text.casefold()), None)


def _by_number(choices: tuple[Choice, ...], text: str) -> Choice | None:
    inside = text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= len(choices)
    return choices[int(text) - 1] if inside else None


def _by_prefix(choices: tuple[Choice, ...], text: str) -> Choice:
    matches = [choice for choice in choices if choice.label.casefold().startswith(text.casefold())]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageProblem(f'"{shorten(text, 60)}" could be more than one choice.', try_=_menu(choices, tuple(matches)))
    from difflib import get_close_matches

    close = get_close_matches(text.casefold(), [choice.label.casefold() for choice in choices], n=1)
    hint = f'Did you mean "{next(c.label for c in choices if c.label.casefold() == close[0])}"? ' if close else ""
    raise UsageProblem(f'"{shorten(text, 60)}" is not one of the choices.', try_=hint + _menu(choices))


def _number(choices: tuple[Choice, ...], choice: Choice) -> int:
    return choices.index(choice) + 1


def _menu(choices: tuple[Choice, ...], only: tuple[Choice, ...] = ()) -> str:
    listed = "; ".join(f"{n} {choice.label}" for n, choice in enumerate(choices, 1) if not only or choice in only)
    return f"Choose one of: {listed}."
