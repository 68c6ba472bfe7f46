"""What axe-core finds on a page, by the rules of WCAG 2.2 AA and its best practices."""

from typing import TYPE_CHECKING, Any

from judges.node_tools import node_file

if TYPE_CHECKING:
    from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What passes is left out of the result: to describe each element that does takes a sixth of the time.
RUN = """async (rules) => {
  document.querySelectorAll("details").forEach((each) => (each.open = true));
  return (await axe.run(document, { runOnly: rules, resultTypes: ["violations"] })).violations;
}"""


def violations(page: "Page") -> list[tuple[str, list[str]]]:
    """Unfold everything on a page; return the rules that it breaks, each with the elements that do."""
    page.evaluate(node_file("axe-core/axe.min.js").read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(RUN, RULES)
    return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found]
