"""Trees of the model, as `rflow tree add` takes them, and how a choice is named."""

from typing import Any

TREES: dict[str, dict[str, Any]] = {
    "label-printer": {
        "id": "label-printer",
        "title": "A label printer prints nothing",
        "start": "lamp",
        "nodes": {
            "lamp": {
                "text": "Which lamp is lit?",
                "choices": [
                    {"label": "Red, steady", "to": "ribbon"},
                    {"label": "Red, blinking", "to": "head"},
                    {"label": "1", "to": "queue"},
                ],
            },
            "ribbon": {"text": "Reseat the ribbon", "to": "cable"},
            "cable": {"text": "Is the cable in?", "choices": [{"label": "It is in now", "to": "works"}]},
            "queue": {"text": "Clear the print queue", "to": "works"},
            "works": {
                "text": "Does a test label print?",
                "choices": [
                    {"label": "Yes", "to": "fixed"},
                    {"label": "No", "to": "head"},
                    {"label": "Another lamp is lit now", "to": "lamp"},
                ],
            },
            "head": {"text": "Send the printer in", "outcome": "escalate"},
            "fixed": {"text": "It prints again", "outcome": "resolved"},
        },
    },
    "scales": {
        "id": "scales",
        "title": "Scales show nothing",
        "start": "plug",
        "nodes": {
            "plug": {"text": "Plug the scales in again", "to": "zero"},
            "zero": {
                "text": "Do they show zero?",
                "choices": [{"label": "Yes", "to": "weighs"}, {"label": "No", "to": "plug"}],
            },
            "weighs": {"text": "They weigh", "outcome": "resolved"},
        },
    },
}
"""Trees as `rflow tree add` takes them: loops, joins, a question with one answer, labels that begin alike or are a
number."""


class Refused(Exception):
    """A command is refused with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


USAGE, NOT_FOUND, MOVED, NOT_ALLOWED = 2, 3, 4, 5


def chosen(choices: list[dict[str, str]], said: str) -> dict[str, str]:
    """Find the choice meant: exact label, number in the menu, unique beginning; `#2` is always the second."""
    word = said.strip().casefold()
    menu = {str(number): choice for number, choice in enumerate(choices, 1)}
    if word.startswith("#") and word[1:] in menu:
        return menu[word[1:]]
    labelled = [choice for choice in choices if choice["label"].casefold() == word]
    numbered = [menu[word]] if word in menu else []
    meant = labelled or numbered or [choice for choice in choices if choice["label"].casefold().startswith(word)]
    if len(meant) != 1 or not word or (numbered and meant != numbered):
        raise Refused(USAGE)
    return meant[0]


def kind(node: dict[str, Any]) -> str:
    """Name the kind of a node."""
    return "decision" if "choices" in node else "action" if "to" in node else "end"
