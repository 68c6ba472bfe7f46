"""Every command that the documentation shows works as it stands, and prints what is shown."""

from pathlib import Path

import pytest

from support import walkthrough

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("page", walkthrough.PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_work_and_print_what_it_shows(page: Path) -> None:
    text = page.read_text("utf-8")
    wrong = []
    for command, code, output in walkthrough.play(text):
        assert code == command.code, f"{command.line}\n" + "\n".join(output)
        if command.output and walkthrough.comparable(command.output) != walkthrough.comparable(output):
            wrong.append((command.line, output))
    assert wrong == [], "if this is right: make walkthroughs"
