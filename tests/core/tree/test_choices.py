"""Which choice somebody meant."""

import pytest

from rflow.core.session.commands import (
    Choose,
)
from rflow.core.session.events import (
    ChoiceMade,
)
from rflow.core.tree.model import End
from rflow.errors import Exit
from support.core.builders import (
    ANN,
    decision,
    fact_of,
    printing,
    refusal,
    tree_of,
)

MENU = tree_of(
    {
        "speed": decision("Which network?", **{"5 GHz": "end", "2": "end", "Cable": "end", "Cable and 5 GHz": "end"}),
        "end": End(text="Fine", outcome="resolved"),
    }
)


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("Cable", "Cable"),  # exact, although another begins so
        ("cable", "Cable"),
        ("  cable   and 5 ghz ", "Cable and 5 GHz"),
        ("cable a", "Cable and 5 GHz"),
        ("2", "2"),  # label and number of the same
        ("#2", "2"),
        ("1", "5 GHz"),
        ("#4", "Cable and 5 GHz"),
        ("5", "5 GHz"),  # no fifth: a beginning
    ],
)
def test_a_choice_is_named_by_label_number_or_beginning(said: str, label: str) -> None:
    fact = fact_of(printing(tree=MENU), ANN, Choose(choice=said))
    assert isinstance(fact, ChoiceMade)
    assert fact.label == label


ERRORS = tree_of(
    {
        "code": decision(
            "Which error?", **{"809": "end", "1": "end", "10": "end", "Server down": "end", "Server slow": "end"}
        ),
        "end": End(text="Fine", outcome="resolved"),
    }
)


@pytest.mark.parametrize(
    ("said", "what", "remedy"),
    [
        ("1", '"1" is the label of one choice and the number of another.', 'Type #2 for "1" or #1 for "809".'),
        ("Server", '"Server" could be more than one choice.', "Choose one of: 4 Server down; 5 Server slow."),
        ("Sever slow", '"Sever slow" is not one of the choices.', 'Did you mean "Server slow"? Choose one of: 1 809;'),
        ("purple", '"purple" is not one of the choices.', "Choose one of: 1 809; 2 1; 3 10;"),
        ("", "The choice is empty.", "Choose one of: 1 809;"),
        ("6", '"6" is not one of the choices.', "Choose one of:"),
        ("0", '"0" is not one of the choices.', 'Did you mean "10"? Choose one of:'),
        ("#6", '"#6" is not one of the choices.', "Choose one of:"),
        ("0000000012", '"0000000012" is not one of the choices.', "Choose one of:"),
        ("9" * 5_000, "is not one of the choices.", "Choose one of:"),
    ],
    ids=lambda text: text[:20],
)
def test_a_choice_that_names_none_or_two_is_refused_with_a_way_on(said: str, what: str, remedy: str) -> None:
    error = refusal(printing(tree=ERRORS), ANN, Choose(choice=said))
    assert error.exit_code == Exit.USAGE
    assert what in error.what
    assert error.try_.startswith(remedy)


@pytest.mark.parametrize(("said", "label"), [("#1", "809"), ("#2", "1"), ("10", "10"), ("809", "809"), ("3", "10")])
def test_a_number_with_a_hash_is_always_the_position(said: str, label: str) -> None:
    fact = fact_of(printing(tree=ERRORS), ANN, Choose(choice=said))
    assert isinstance(fact, ChoiceMade)
    assert fact.label == label


def test_a_hash_is_the_position_even_where_a_label_has_one_too() -> None:
    trays = tree_of(
        {"ask": decision("Which tray?", **{"#2": "end", "#1": "end"}), "end": End(text="Fine", outcome="resolved")}
    )
    fact = fact_of(printing(tree=trays), ANN, Choose(choice="#2"))
    assert isinstance(fact, ChoiceMade)
    assert fact.label == "#1"
