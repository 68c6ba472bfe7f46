"""The pages: each module has a table of its own, and `PAGES` has all of them.

A page is an entry `Page(path=…, get=…, post=…)` in the table of a module. Its handlers take a `Call` (who asks, their
workspace, the form) and run in a worker thread; they return `HtmlPage` (a template in templates/web that extends
base.html.j2), `Redirect` (after a form that worked, with a notice) or `Download`, or raise an `RflowError`, which
becomes a page that shows again what was typed. Addresses in templates begin with `{{ base }}`; macros for forms and
lists are in templates/web/forms.j2, those for times and icons in templates/formats/page_parts.j2. An entry in
`frame.NAVIGATION` shows once there is a page at its path.
"""

from rflow.web.work.call import Page
from rflow.web.work.pages import (
    account,
    admin,
    device,
    handoff,
    home,
    removing,
    session,
    shares,
    sharing,
    sign_in,
    start,
)

_GROUPS = (home, sign_in, account, start, session, sharing, shares, handoff, removing, admin, device)
PAGES: tuple[Page, ...] = tuple(page for group in _GROUPS for page in group.PAGES)
"""All pages, from which the routes, the navigation and the tests of forms are made."""
