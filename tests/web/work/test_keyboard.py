"""Every page by keyboard alone, in a real browser: each control is reached, its focus is seen, and the page's main job
is done without a mouse.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from support.nightly import NIGHTLY
from support.team import PASSWORD
from support.web.visitor import Visitor
from support.web.workspace import CODE, MAYA, PLACES, Workspace, a_reader

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("web-judges")]

ENTER, SPACE = "Enter", "Space"
MOST_CONTROLS = 400
"""Where Tab has not come back to its beginning after so many, it is caught."""

NAME = """(at) => {
  const label = at.getAttribute("aria-label") ?? [...(at.labels ?? [])].map((each) => each.textContent).join(" ");
  return (label || at.textContent).replace(/\\s+/g, " ").trim();
}"""

CONTROLS = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
  .filter((each) => each.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }))
  .filter((each) => !each.disabled && each.type !== "hidden" && each.tabIndex >= 0)
  .filter((each) => each.type !== "radio" || each.checked)"""
"""What can be used with a mouse, and should be reached by Tab; of radio buttons, the one that is chosen."""

FOCUSED = f"""() => {{
  const at = document.activeElement;
  if (!at || at === document.body || at === document.documentElement) return null;
  const shown = at.matches("input.vh") ? at.closest("label") : at;
  const style = getComputedStyle(shown), box = shown.getBoundingClientRect(), sized = box.width > 1 && box.height > 1;
  const lined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return {{
    number: Number(at.dataset.walked ??= String(window.walked = (window.walked ?? 0) + 1)),
    name: ({NAME})(at),
    html: at.outerHTML.slice(0, 160),
    closed: at.matches("details:not([open]) > summary"),
    outlined: lined && !/, 0\\)$/.test(style.outlineColor),
    seen: sized && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  }};
}}"""
"""What has the focus, how it is called, and whether that can be seen; null for nothing."""

NOT_REACHED = f"""() => ({CONTROLS})()
  .filter((each) => !each.dataset.walked).map((each) => each.outerHTML.slice(0, 160))"""
"""The controls that Tab did not reach."""

GO_TO = f"""(control) => {{
  const all = ({CONTROLS})(), name = {NAME};
  const ends = (each) => each.matches(".btn.end") && name(each).includes(control);
  const found = all.find((each) => name(each).startsWith(control) || ends(each));
  found?.focus();
  if (found?.matches("input")) found.select(); // as Tab does
  return found && found === document.activeElement ? [] : all.map(name);
}}"""
"""Focus the first control whose name begins so; a button in a list may say more in hidden words. Else all the names."""


def asked(page: "Page", script: str, value: object = None) -> Any:
    """Run a script in the page; None where another page comes at this moment."""
    driver = pytest.importorskip("playwright.sync_api")
    try:
        return page.evaluate(script, value)
    except driver.Error as error:
        if "navigation" not in error.message:
            raise
        page.wait_for_load_state()
        return None


def tab(page: "Page") -> Any:
    """Press Tab; return what has the focus then, None for nothing."""
    page.keyboard.press("Tab")
    return asked(page, FOCUSED)


def walked(page: "Page") -> list[Any]:
    """Press Tab until it is where it began, unfold what is folded on the way, and return what had the focus."""
    reached: dict[int, Any] = {}
    for _ in range(MOST_CONTROLS):
        at = tab(page)
        if at is not None and [*reached][-1:] == [at["number"]]:  # a field for a time has a stop for each of its parts
            continue
        if at is None or at["number"] in reached:
            return list(reached.values())
        reached[at["number"]] = at
        if at["closed"]:
            page.keyboard.press(ENTER)
    raise AssertionError(f"Tab does not come back on {page.url}")


@pytest.fixture(scope="module")
def page_at(
    team: Workspace, browser: "Browser", cookies: Mapping[str, dict[str, str]]
) -> "Iterator[Callable[[str], Page]]":
    """Open a place. Each person has a window for all of theirs; nobody, who may sign in there, has new ones."""
    options = {"permissions": ["clipboard-read", "clipboard-write"]}
    windows: dict[str, Page] = {}
    with ExitStack() as stack:

        def opened(name: str) -> "Page":
            who = PLACES[name][0]
            if not who or who not in windows:
                a_window = a_reader(browser, team, cookies[who], "desktop", "light", **options)
                windows[who] = stack.enter_context(a_window)
            windows[who].goto(team.served.url + team.at(name))
            return windows[who]

        yield opened


STATES = {
    "empty",
    "search-nothing",
    "no-shares",
    "share-whole",
    "device-unknown",
    "not-a-member",
    "no-format",
    "not-theirs",
}
"""Pages in another state, with no controls but those that other places have: they are walked nightly."""


@pytest.mark.parametrize("name", [name for name in PLACES if NIGHTLY or name not in STATES])
def test_tab_reaches_everything_and_its_focus_is_seen(page_at: "Callable[[str], Page]", name: str) -> None:
    page = page_at(name)
    reached = walked(page)
    assert reached[0]["name"] == "Skip to content"
    assert [each["html"] for each in reached if not each["outlined"]] == []
    assert [each["html"] for each in reached if not each["seen"]] == []
    assert page.evaluate(NOT_REACHED) == []


# The main job of each page

Keys = Sequence[tuple[str, str]]
"""The controls to go to, by the beginning of their names, each with what to press or type there."""

SIGN_IN: Keys = [("Name", MAYA), ("Password", PASSWORD), ("Sign in", ENTER)]
SEARCH: Keys = [("Search sessions", "postgres\n")]

JOBS: Mapping[str, tuple[Keys, str]] = {
    "welcome": ([("Sign in", ENTER)], "Password"),
    "sign-in": (SIGN_IN, "Intermittent 502"),
    "set-password": (
        [("New password", "a fine long password"), ("Once more", "a fine long password"), ("Set", ENTER)],
        "Your password is set.",
    ),
    "home": ([("Till 3 is slow", ENTER)], "Not waiting for anybody"),
    "inbox": ([("Intermittent 502", ENTER)], "Handed to you"),
    "empty": (SEARCH, "postgres"),
    "list": ([("A label printer", ENTER)], "What did you do, or see?"),
    "search": ([("Shop checkout", ENTER)], "Question"),
    "search-nothing": (SEARCH, "Shop checkout"),
    "start": ([("What is broken", "Fan of rack 4"), ("Start", ENTER)], "Fan of rack 4"),
    "session": ([("What did you do, or see?", "Asked the vendor"), ("Add", ENTER)], "Step added."),
    "session-action": ([("What came of it?", "Two jobs were stuck"), ("Done", ENTER)], "Recorded as done."),
    "session-closed": ([("Open it again", ENTER)], "Open again."),
    "session-handed": ([("Accept", ENTER)], "It is yours now."),
    "session-other": (
        [("Maya owns it.", ENTER), ("Why?", "Maya is off shift"), ("Take over", ENTER)],
        "It is yours now.",
    ),
    "share": (
        [("Password, views", ENTER), ("What it is for", "the vendor"), ("Make a link", ENTER)],
        "The link is made",
    ),
    "share-whole": ([("Jira", ENTER), ("Copy for Jira", ENTER)], "Copied. Paste it now."),
    "hand-off": ([("To whom?", "Cleo"), ("A message", "Go on"), ("Hand off", ENTER)], "Handed to Cleo"),
    "reassign": ([("To whom?", "Cleo"), ("Why?", "Maya is ill"), ("Reassign", ENTER)], "Cleo owns it now."),
    "redact-list": ([("Remove the texts of", ENTER)], "Remove these texts for good?"),
    "redact": ([("Remove them for good", ENTER)], "are removed for good."),
    "shares": ([("Select", SPACE), ("Revoke selected", ENTER)], "1 link revoked."),
    "no-shares": ([("My work", ENTER)], "My work"),
    "share-one": ([("My shares", ENTER)], "My shares"),
    "account": ([("E-mail address", "maya@example.com"), ("Save", ENTER)], "Saved."),
    "tokens": ([("write", SPACE), ("What it is for", "a script"), ("Make a token", ENTER)], "The token is made"),
    "spaces": ([("default", ENTER)], "Members"),
    "space": ([("Keep closed sessions", "90"), ("Set the policy", ENTER)], "The policy of Leeds is set."),
    "admin": ([("Name", "Gus"), ("Add", ENTER)], "Gus can set a password here"),
    "admin-account": ([("Link to reset the password", ENTER)], "A link to set a password"),
    "admin-audit": ([("Accounts", ENTER)], "Add an account"),
    "device": ([("Code", "BCDF-GHJK\n")], "get a new one in the terminal"),
    "device-asking": ([("Approve", ENTER)], "is signed in as you."),
    "device-unknown": ([("Code", "\n")], "get a new one in the terminal"),
    "missing": (SEARCH, "Shop checkout"),
    "delete": ([(f"Type {CODE}", CODE), ("Delete the session", ENTER)], "The session is deleted."),
}
"""What is done on each page, and what the page says then. They come in this order: each may change what is there."""

ONLY_READ = {"space-member", "not-a-member", "no-format", "not-theirs"}
"""Pages that only say something."""


def given_back(team: Workspace) -> None:
    """Make the session of the examples Maya's again."""
    path = f"/sessions/{CODE}"
    maya = Visitor(team.served.url).sign_in(MAYA).go(path)
    if f"{path}/cancel" in maya.actions():
        maya.submit(f"{path}/cancel")
    else:
        maya.submit(f"{path}/take-over", take_reason="Back again")


AFTERWARDS: Mapping[str, Callable[[Workspace], None]] = dict.fromkeys(
    ("session-other", "hand-off", "reassign"), given_back
)


def test_every_page_has_a_job() -> None:
    assert set(JOBS) | ONLY_READ == set(PLACES)


def test_the_job_of_every_page_is_done_without_a_mouse(team: Workspace, page_at: "Callable[[str], Page]") -> None:
    undone = []
    for name, (keys, said) in JOBS.items():
        page = page_at(name)
        missed = next((missed for control, pressed in keys if (missed := press(page, control, pressed))), None)
        undone += [(name, missed)] if missed or not says(page, said) else []
        if name in AFTERWARDS:
            AFTERWARDS[name](team)
    assert undone == []


def press(page: "Page", control: str, pressed: str) -> list[str]:
    """Press a key on a control, or type there; return what there is instead, if it is not found.

    The other test has shown that Tab leads to each; to go there by Tab again would take a minute.
    """
    page.wait_for_load_state()
    while (names := asked(page, GO_TO, control)) is None:
        pass
    if names:
        return [control, *names]
    page.keyboard.press(pressed) if pressed in (ENTER, SPACE) else page.keyboard.type(pressed)
    return []


def says(page: "Page", text: str) -> bool:
    """Wait until a page says something, at most five seconds; return whether it did."""
    driver = pytest.importorskip("playwright.sync_api")
    try:
        page.locator("body", has_text=text).wait_for(timeout=5000)
    except driver.TimeoutError:
        return False
    return True
