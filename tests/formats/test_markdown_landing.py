"""Where Markdown lands: commands, maths and references of GitHub and GitLab, and places that do not render it."""

import pytest
from markdown_it import MarkdownIt

from rflow.formats.escaping.markdown import Markdown

MARKDOWN = Markdown()


def visible(markdown: str) -> str:
    inline = MarkdownIt("gfm-like", {"linkify": True}).parse(markdown)[1]
    assert not any(child.type == "link_open" for child in inline.children or ())
    return "".join(child.content for child in inline.children or ())


@pytest.mark.parametrize("line", ["/close", "/assign @ana", "/lgtm", "/label ~bug"])
def test_no_line_is_a_command_to_a_bot(line: str) -> None:
    for shown in (MARKDOWN.inline(line), *MARKDOWN.block(f"Rebooted it\n{line}").split("\n")):
        assert not shown.startswith("/")


@pytest.mark.parametrize("text", ["costs $5 and $6", "$HOME and $PATH", "$$x^2$$"])
def test_no_dollar_begins_maths(text: str) -> None:
    shown = MARKDOWN.inline(text)
    assert shown.count("\\$") == text.count("$")
    assert visible(shown) == text


def test_no_reference_to_an_issue_or_a_commit_is_linked() -> None:
    assert MARKDOWN.inline("see GH-5") == "see GH-\u200b5"
    assert MARKDOWN.inline("since 4f2c9a1 it fails") == "since `4f2c9a1` it fails"
    assert MARKDOWN.inline("deadbeef, 1234567 and facade") == "deadbeef, 1234567 and facade"
    assert "`" not in MARKDOWN.inline("019a2b3c-7d8e-7f00-8123-456789abcdef")


@pytest.mark.parametrize(
    "url",
    [
        "https://grafana.example.com/d/k_8s?var-pod=shop_1&from=now-1h",
        "http://10.0.0.4:8080/metrics",
        "postgres://db_1.internal/shop_orders",
    ],
)
def test_an_address_stays_whole_where_markdown_is_not_rendered_and_is_no_link_where_it_is(url: str) -> None:
    shown = MARKDOWN.inline(f"Opened {url}, it is slow ({url}).")
    assert shown == f"Opened `{url}`, it is slow (`{url}`)."
    assert visible(shown) == f"Opened {url}, it is slow ({url})."
