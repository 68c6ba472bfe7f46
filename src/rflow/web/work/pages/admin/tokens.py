"""API tokens: the reader's own; for admins, everybody's."""

from datetime import timedelta
from typing import cast, get_args

from rflow.core.actors import Scope
from rflow.errors import NotAllowed, NotFound, RflowError, UsageProblem
from rflow.ports.paging import Key, Part, cut, newest_first
from rflow.ports.team import NewToken, Token
from rflow.service.team.tokens import checked_scopes
from rflow.web.work import texts
from rflow.web.work.call import Call, HtmlPage, Page, Redirect, Result
from rflow.web.work.errors import status_of
from rflow.web.work.pages.cursors import PAGE_SIZE, format_cursor, parse_cursor
from rflow.web.work.resubmission import refuse_resubmission

LIVES = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
"""The lifetimes to choose from for a new token, in days."""


def tokens(call: Call) -> Result:
    """List tokens, with a form for a new one."""
    return _tokens_page(call)


def _tokens_page(call: Call, error: RflowError | None = None, new: NewToken | None = None) -> HtmlPage:
    users = call.team.accounts(call.me).users() if call.me.admin else []
    after = parse_cursor(call.query.get("after", ""), "/tokens")
    found = cut(call.team.tokens(call.me).tokens(), _key, Part(after=after, limit=PAGE_SIZE + 1))
    values = {
        "tokens": found[:PAGE_SIZE],
        "older": format_cursor(_key(found[PAGE_SIZE - 1])) if len(found) > PAGE_SIZE else "",
        "first": after is None,
        "me": call.me,
        "scopes": get_args(Scope),
        "lives": LIVES,
        "users": [user.name for user in users if user.active],
        "names": {user.id: user.name for user in users} | {call.me.person.id: call.me.person.name},
        "new": new,
        "error": error,
    }
    return HtmlPage(template="tokens.html.j2", values=values, status=status_of(error))


def _key(token: Token) -> Key:
    return newest_first(token.created_at, token.id)


def send_new(call: Call) -> Result:
    """Create a token and show it, only once."""
    form = call.form
    try:
        days = LIVES.get(form.line("expires"))
        if days is None:
            raise UsageProblem("A token can't work for that long.", try_=f"Choose one of {', '.join(LIVES)}.")
        scopes = checked_scopes([cast("Scope", scope) for scope in form.all("scope") if scope])
        user = form.line("user") or call.me.person.name
        until = call.team.now() + timedelta(days=days)
        refuse_resubmission(call, "The token is in the list; it was shown only once. If it is lost, revoke it.")
        new = call.team.tokens(call.me).create(user, scopes, until, form.line("label"))
    except NotFound as error:
        hint = error.try_ if error.suggests else "Check the name. /admin lists the accounts."
        return _tokens_page(call, NotFound(error.what, try_=hint))
    except (UsageProblem, NotAllowed) as error:
        return _tokens_page(call, error)
    return _tokens_page(call, new=new)


def send_revoke(call: Call) -> Result:
    """Revoke a token."""
    token = call.team.tokens(call.me).revoke(call.path_param("token"))
    return Redirect(to="/tokens", notice=texts.TOKEN_REVOKED.format(ending=token.ending))


PAGES = (
    Page(path="/tokens", get=tokens, post=send_new),
    Page(path="/tokens/{token}/revoke", post=send_revoke),
)
