"""Spaces: who is in them, and their policy. Admins see all, leads theirs, members who is in theirs."""

from typing import Any, Literal, cast, get_args

from rflow.core.actors import MemberRole
from rflow.core.space_policy import LinkPolicy, Policy
from rflow.errors import NotFound, RflowError, UsageProblem
from rflow.ports.team import SpaceView
from rflow.web.work import texts
from rflow.web.work.call import Answer, Call, Page, Redirect, Shown
from rflow.web.work.errors import status_of
from rflow.web.work.pages.admin.accounts import check_admin, shown

DAY = 86_400
ROLES: tuple[str, ...] = get_args(MemberRole)


def spaces(call: Call) -> Answer:
    """List the spaces that the reader may see."""
    return _spaces_page(call)


def _spaces_page(call: Call, error: RflowError | None = None) -> Shown:
    values = {"spaces": call.workspace.spaces(), "me": call.me, "error": shown(error)}
    return Shown(template="spaces.html.j2", values=values, status=status_of(error) if error else 200)


def send_new(call: Call) -> Answer:
    """Create a space."""
    check_admin(call.me)
    try:
        space = call.team.spaces(call.me).add(call.form.line("name"))
    except UsageProblem as error:
        return _spaces_page(call, error)
    return Redirect(to=f"/spaces/{space.id}", say=texts.SPACE_ADDED.format(name=space.name))


def space(call: Call) -> Answer:
    """Show a space: its members, its policy."""
    return _space_page(call)


def _space_page(call: Call, error: RflowError | None = None) -> Shown:
    here = _space(call)
    leads = call.me.admin or here.role == "lead"
    users = call.team.accounts(call.me).users() if call.me.admin else ()
    values: dict[str, Any] = {
        "space": here,
        "members": call.team.spaces(call.me).members(here.name),
        "leads": leads,
        "roles": ROLES,
        "links": get_args(LinkPolicy),
        "users": users,
        "day": DAY,
        "error": shown(error),
    }
    return Shown(template="space.html.j2", values=values, status=status_of(error) if error else 200)


def _space(call: Call) -> SpaceView:
    wanted = call.named("space")
    for each in call.workspace.spaces():
        if each.id == wanted:
            return each
    raise NotFound("There is no such space.", try_="See which there are: rflow space list")


def send_role(call: Call) -> Answer:
    """Give somebody a role in a space, or none any longer."""
    here, name = _space(call), call.form.line("name")
    role = call.form.line("role")
    try:
        if role not in (*ROLES, "none"):
            raise UsageProblem(f'There is no role "{role}".', try_=f"Choose one of {', '.join(ROLES)}.")
        call.team.spaces(call.me).set_role(here.name, name, None if role == "none" else cast("MemberRole", role))
    except (UsageProblem, NotFound) as error:
        return _space_page(call, error)
    return Redirect(to=f"/spaces/{here.id}", say=texts.ROLE_SET.format(name=name, role=role, space=here.name))


def send_policy(call: Call) -> Answer:
    """Set the policy of a space."""
    here = _space(call)
    try:
        call.team.spaces(call.me).set_policy(here.name, _policy(call))
    except UsageProblem as error:
        return _space_page(call, error)
    return Redirect(to=f"/spaces/{here.id}", say=texts.POLICY_SET.format(space=here.name))


def _policy(call: Call) -> Policy:
    links = call.form.line("links")
    if links not in get_args(LinkPolicy):
        raise UsageProblem("No rule for links was chosen.", try_="Choose off, signed_in or public.")
    life, kept = _days(call, "longest_link"), _days(call, "retention_days")
    return Policy(
        links=cast("Literal['off', 'signed_in', 'public']", links),
        longest_link=None if life is None else life * DAY,
        retention_days=kept,
    )


def _days(call: Call, name: str) -> int | None:
    days = call.form.line(name)
    if not days:
        return None
    if not (days.isascii() and days.isdigit() and 0 < int(days) < 100_000):
        raise UsageProblem(f"“{days}” is no number of days.", try_="Type a whole number from 1, or leave it empty.")
    return int(days)


PAGES = (
    Page(path="/spaces", get=spaces, post=send_new),
    Page(path="/spaces/{space}", get=space),
    Page(path="/spaces/{space}/role", post=send_role),
    Page(path="/spaces/{space}/policy", post=send_policy),
)
