"""Starting a session, and continuing one from a link to it."""

from collections.abc import Mapping, Sequence

from rflow.core.session.commands import Start
from rflow.core.session.events import Brief
from rflow.errors import NotFound, RflowError, UsageProblem
from rflow.ports.team import SpaceView
from rflow.ports.values import TreeName
from rflow.service.trees import tree_names
from rflow.web.work.call import Call, HtmlPage, Page, Redirect, Result
from rflow.web.work.errors import status_of

FACTS = ("ticket", "customer", "severity", "situation")
"""The header facts that the form has."""


def start(call: Call) -> Result:
    """Show the form for a new session."""
    return _start_page(call)


def _start_page(call: Call, error: RflowError | None = None) -> HtmlPage:
    spaces = _writable(call)
    trees: Mapping[str, Sequence[TreeName]] = {
        space.id: [name for name in tree_names(call.workspace, space.id) if name.digest] for space in spaces
    }
    wanted = call.form.text("space") or call.query.get("space", "")
    values = {"spaces": spaces, "trees": trees, "space": wanted, "error": error}
    return HtmlPage(template="start.html.j2", values=values, status=status_of(error))


def _writable(call: Call) -> list[SpaceView]:
    """Return the spaces in which the reader may start a session."""
    return [space for space in call.workspace.spaces() if space.role != "reader"]


def send_start(call: Call) -> Result:
    """Start a session; submitting the same form again does not start another."""
    form = call.form
    try:
        space = form.text("space") or next((space.id for space in _writable(call)), "")
        tree = form.text("tree")
        names = {name.digest: name for name in tree_names(call.workspace, space)} if tree else {}
        if tree and tree not in names:
            raise UsageProblem("That tree is not in the space that you chose.", try_="Choose one of the same space.")
        brief = Brief(**{name: form.line(name) for name in FACTS if form.line(name)})
        title = form.line("title") or (names[tree].title if tree else "")
        command = Start(title=title, brief=brief, space=space, tree=tree, command_id=form.command_id)
        sent = call.workspace.start(command)
    except UsageProblem as error:
        return _start_page(call, error)
    return Redirect(to=f"/sessions/{sent.code}", notice=f"{sent.code} is started. It is yours.")


def resume(call: Call) -> Result:
    """Redirect to the session of a link; people who can't see its space get a page that says who to ask."""
    token = call.path_param("token")
    share = call.team.shared_by(token)
    if share is None:
        raise NotFound("This link does not work.", try_="Ask the person who sent it for a new one.")
    try:
        return Redirect(to=f"/sessions/{call.workspace.find(share.session).code}")
    except NotFound:
        values = {"by": share.by.name, "link": f"/share/{token}"}
        return HtmlPage(template="not_a_member.html.j2", values=values, status=403)


PAGES = (
    Page(path="/sessions/new", get=start, post=send_start),
    Page(path="/share/{token}/resume", get=resume),
)
