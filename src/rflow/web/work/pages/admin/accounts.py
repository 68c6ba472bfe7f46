"""Accounts: creating, resetting, promoting, disabling and erasing them."""

from typing import Any
from urllib.parse import quote

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.core.text import clean, counted
from rflow.errors import NotAllowed, NotFound, RflowError, UsageProblem
from rflow.ports.paging import Key, Part
from rflow.ports.team import OffboardingResult, OneTimeLink
from rflow.web.work import texts
from rflow.web.work.call import Call, HtmlPage, Page, Redirect, Result
from rflow.web.work.errors import status_of
from rflow.web.work.pages.cursors import PAGE_SIZE

KINDS = ("person", "admin", "agent")
"""The kinds of accounts that can be created."""


def check_admin(actor: Actor) -> None:
    """Raise `NotFound` unless the actor is an admin: for others the page does not exist."""
    if not actor.admin:
        raise NotFound("There is no such page.", try_="See your work: rflow list")


def overview(call: Call) -> Result:
    """List the accounts, with a form for a new one."""
    return _accounts_page(call)


def _accounts_page(call: Call, error: RflowError | None = None, link: OneTimeLink | None = None) -> HtmlPage:
    check_admin(call.me)
    after = clean(call.query.get("after", ""))
    found = call.team.accounts(call.me).users(Part(after=Key(id=after), limit=PAGE_SIZE + 1))
    values = {
        "users": found[:PAGE_SIZE],
        "more": found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else "",
        "first": not after,
        "space_names": space_names(call),
        "error": error,
        "link": one_time_url(call, link),
        "made": link,
    }
    return HtmlPage(template="admin_accounts.html.j2", values=values, status=status_of(error))


def one_time_url(call: Call, link: OneTimeLink | None) -> str:
    """Return the URL of a one-time link; "" for None."""
    return f"{call.site.url}/set-password/{link.token}" if link else ""


def space_names(call: Call) -> dict[str, str]:
    """Return the names of spaces, by id."""
    return {space.id: space.name for space in call.workspace.spaces()}


def send_new(call: Call) -> Result:
    """Create an account; for a person, show a one-time link for setting their password."""
    check_admin(call.me)
    form = call.form
    try:
        kind = form.line("kind") or "person"
        if kind not in KINDS:
            raise UsageProblem("That can't be added.", try_="Choose a person, an admin or an agent.")
        new = call.team.accounts(call.me).add(form.line("name"), admin=kind == "admin", agent=kind == "agent")
    except UsageProblem as error:
        return _accounts_page(call, _exists_error(call, form.line("name")) or error)
    if new.invitation is None:
        return Redirect(to=_address(new.user.id), notice=texts.AGENT_ADDED.format(name=new.user.name))
    return _accounts_page(call, link=new.invitation)


def _address(account: str) -> str:
    return f"/admin/accounts/{quote(account, safe='')}"


def _exists_error(call: Call, name: str) -> RflowError | None:
    """Return the error if an account has this name already; the form may have been sent twice."""
    try:
        user = call.team.accounts(call.me).user(name)
    except (NotFound, UsageProblem):
        return None
    return UsageProblem(
        f'There is an account "{user.name}" already.',
        try_="Choose another name. If you have just added it, open it for a new invitation.",
    )


def account(call: Call) -> Result:
    """Show an account."""
    return _account_page(call)


def _account_page(
    call: Call,
    error: RflowError | None = None,
    *,
    link: OneTimeLink | None = None,
    left: OffboardingResult | None = None,
) -> HtmlPage:
    check_admin(call.me)
    user = call.team.accounts(call.me).user(call.path_param("account"))
    values: dict[str, Any] = {
        "user": user,
        "me": call.me,
        "space_names": space_names(call),
        "tokens": call.team.tokens(call.me).tokens(user.name),
        "error": error,
        "link": one_time_url(call, link),
        "made": link,
        "left": left,
    }
    return HtmlPage(template="admin_account.html.j2", values=values, status=status_of(error))


def send_account(call: Call) -> Result:
    """Change an account, as the pressed button says."""
    check_admin(call.me)
    accounts, name, do = call.team.accounts(call.me), call.path_param("account"), call.form.line("do")
    try:
        if do == "link":
            return _account_page(call, link=accounts.one_time_link(name))
        if do == "erase":
            return _erase(call, name)
        if do == "disable":
            return _account_page(call, left=accounts.disable(name, call.form.line("heir")))
        if do not in ("enable", "admin", "member"):
            raise UsageProblem("Nothing was chosen.", try_="Use the buttons of the page.")
        user = accounts.enable(name) if do == "enable" else accounts.set_admin(name, admin=do == "admin")
    except NotFound as error:  # the heir; if the account itself were missing, showing its page would raise again
        return _account_page(call, NotFound(error.what, try_="Name a member, or a queue such as @tier2."))
    except (UsageProblem, NotAllowed) as error:
        return _account_page(call, error)
    return Redirect(to=_address(user.id), notice=texts.ACCOUNT_CHANGED.format(name=user.name))


def _erase(call: Call, name: str) -> Result:
    user = call.team.accounts(call.me).user(name)
    if person(clean(call.form.line("confirm"))).id != user.id:
        raise UsageProblem("The name does not match.", try_=f"To erase the account, type {user.name}.")
    left = call.team.accounts(call.me).erase(name, call.form.line("heir"))
    return Redirect(
        to="/admin", notice=texts.ERASED.format(name=left.user.name, sessions=counted(left.sessions, "open session"))
    )


PAGES = (
    Page(path="/admin", get=overview, post=send_new),
    Page(path="/admin/accounts/{account:path}", get=account, post=send_account),
)
