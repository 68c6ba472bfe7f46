"""Spaces: their members and policies. Admins see all spaces, leads manage theirs, members see who is in theirs."""

import re
from datetime import timedelta
from typing import Any, cast, get_args
from urllib.parse import quote

from msgspec.structs import replace

from rflow.core.actors import MemberRole
from rflow.core.space_policy import LinkPolicy, Policy
from rflow.core.space_policy import shown as format_span
from rflow.core.text import clean, shorten
from rflow.errors import NotFound, RflowError, UsageProblem
from rflow.ports.paging import Key, Part, cut
from rflow.ports.team import Member, SpaceView
from rflow.web.work import texts
from rflow.web.work.call import Call, HtmlPage, Page, Redirect, Result
from rflow.web.work.errors import status_of
from rflow.web.work.forms import whole_number
from rflow.web.work.pages.admin.accounts import check_admin
from rflow.web.work.pages.cursors import PAGE_SIZE

DAY = 86_400
NEVER = "never"
_DURATION = r"(?:(\d{1,5})d)?\s*(?:(\d{1,5})h)?\s*(?:(\d{1,5})m)?"
ROLES: tuple[str, ...] = get_args(MemberRole)


def spaces(call: Call) -> Result:
    """List the spaces that the reader may see."""
    return _spaces_page(call)


def _spaces_page(call: Call, error: RflowError | None = None) -> HtmlPage:
    values = {"spaces": call.workspace.spaces(), "me": call.me, "error": error}
    return HtmlPage(template="spaces.html.j2", values=values, status=status_of(error))


def _address(space: str) -> str:
    return f"/spaces/{quote(space, safe='')}"


def send_new(call: Call) -> Result:
    """Create a space."""
    check_admin(call.me)
    try:
        space = call.team.spaces(call.me).add(call.form.line("name"))
    except UsageProblem as error:
        return _spaces_page(call, error)
    return Redirect(to=_address(space.id), notice=texts.SPACE_ADDED.format(name=space.name))


def space(call: Call) -> Result:
    """Show a space: its members and its policy."""
    return _space_page(call)


def _space_page(call: Call, error: RflowError | None = None) -> HtmlPage:
    here = _space(call)
    leads = call.me.admin or here.role == "lead"
    users = call.team.accounts(call.me).users() if call.me.admin else ()
    policy, members = here.policy, call.team.spaces(call.me).members(here.name)
    after = clean(call.query.get("after", ""))
    found = cut(members, _key, Part(after=Key(id=after), limit=PAGE_SIZE + 1))
    values: dict[str, Any] = {
        "space": here,
        "members": found[:PAGE_SIZE],
        "count": len(members),
        "more": _key(found[PAGE_SIZE - 1]).id if len(found) > PAGE_SIZE else "",
        "first": not after,
        "leads": leads,
        "roles": ROLES,
        "links": get_args(LinkPolicy),
        "users": users,
        "longest_link": _format_span(policy.longest_link),
        "remind_after": NEVER if policy.remind_after == 0 else _format_span(policy.remind_after),
        "handoff_life": NEVER if policy.handoff_life == 0 else _format_span(policy.handoff_life),
        "error": error,
    }
    return HtmlPage(template="space.html.j2", values=values, status=status_of(error))


def _key(member: Member) -> Key:
    return Key(id=member.person.id)


def _format_span(seconds: int | None) -> str:
    return format_span(timedelta(seconds=seconds)) if seconds else ""


def _space(call: Call) -> SpaceView:
    wanted = call.path_param("space")
    for each in call.workspace.spaces():
        if each.id == wanted:
            return each
    raise NotFound("There is no such space.", try_="See which there are: rflow space list")


def send_role(call: Call) -> Result:
    """Set a member's role in a space, or remove them."""
    here, name = _space(call), call.form.line("name")
    role = call.form.line("role")
    try:
        if role not in (*ROLES, "none"):
            raise UsageProblem(f'There is no role "{role}".', try_=f"Choose one of {', '.join(ROLES)}.")
        call.team.spaces(call.me).set_role(here.name, name, None if role == "none" else cast("MemberRole", role))
    except NotFound as error:
        hint = error.try_ if error.suggests else "Check the name. Only an admin adds accounts."
        return _space_page(call, NotFound(error.what, try_=hint))
    except UsageProblem as error:
        return _space_page(call, error)
    notice = texts.ROLE_ENDED if role == "none" else texts.ROLE_SET
    return Redirect(to=_address(here.id), notice=notice.format(name=name, role=role, space=here.name))


def send_policy(call: Call) -> Result:
    """Set the policy of a space."""
    here = _space(call)
    try:
        call.team.spaces(call.me).set_policy(here.name, _policy(call, here.policy))
    except UsageProblem as error:
        return _space_page(call, error)
    return Redirect(to=_address(here.id), notice=texts.POLICY_SET.format(space=here.name))


def _policy(call: Call, policy: Policy) -> Policy:
    """Return a policy with the values of the form; fields that the form lacks stay as they are."""
    links = call.form.line("links")
    if links not in get_args(LinkPolicy):
        raise UsageProblem("No rule for links was chosen.", try_="Choose off, signed_in or public.")
    return replace(
        policy,
        links=cast("LinkPolicy", links),
        longest_link=_seconds(call, "longest_link"),
        retention_days=_days(call, "retention_days"),
        notice_texts=bool(call.form.text("notice_texts")),
        remind_after=_seconds_or_never(call, "remind_after"),
        handoff_life=_seconds_or_never(call, "handoff_life"),
    )


def _seconds_or_never(call: Call, name: str) -> int | None:
    """Return a duration in seconds; 0 for "never", None for the server's default."""
    typed = call.form.line(name)
    if whole_number(typed) is not None:
        raise UsageProblem(f"“{shorten(typed, 40)}” has no unit.", try_="Write it as 30m, 4h or 2d.")
    return 0 if typed.casefold() == NEVER else _seconds(call, name)


def _seconds(call: Call, name: str) -> int | None:
    """Return a duration in seconds, typed as a number of days or as 2d, 36h, 1d12h; None if it is empty."""
    typed = call.form.line(name)
    if not typed:
        return None
    parts = re.fullmatch(_DURATION, f"{typed}d" if whole_number(typed) is not None else typed, re.ASCII)
    days, hours, minutes = (int(part or 0) for part in parts.groups()) if parts else (0, 0, 0)
    seconds = days * DAY + hours * 3600 + minutes * 60
    if not seconds:
        raise UsageProblem(
            f"“{shorten(typed, 40)}” is not a duration.", try_="Write it as 36h or 7d, or leave it empty."
        )
    return seconds


def _days(call: Call, name: str) -> int | None:
    days = call.form.line(name)
    if not days:
        return None
    number = whole_number(days)
    if not number or number >= 100_000:
        raise UsageProblem(
            f"“{shorten(days, 40)}” is not a number of days.", try_="Type a whole number from 1, or leave it empty."
        )
    return number


PAGES = (
    Page(path="/spaces", get=spaces, post=send_new),
    Page(path="/spaces/{space:path}/role", post=send_role),
    Page(path="/spaces/{space:path}/policy", post=send_policy),
    Page(path="/spaces/{space:path}", get=space),
)
