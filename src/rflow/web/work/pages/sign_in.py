"""Signing in and out, and setting a password by a one-time link."""

from rflow.core.accounts import PASSWORD_LENGTHS
from rflow.core.people import person
from rflow.errors import NotSignedIn, RflowError, TooManyAttempts, UsageProblem
from rflow.web.work import texts
from rflow.web.work.call import Call, HtmlPage, Page, Redirect, Result
from rflow.web.work.errors import retry_headers, status_of
from rflow.web.work.site import local_path


def sign_in(call: Call) -> Result:
    """Show the sign-in form; redirect people who are signed in already."""
    target = local_path(call.query.get("next", "/"))
    return Redirect(to=target) if call.actor else _sign_in_page(call, target)


def _sign_in_page(call: Call, target: str, error: RflowError | None = None) -> HtmlPage:
    return HtmlPage(
        template="sign_in.html.j2",
        values={"next": target, "error": error, "accounts": call.team.accounts_exist()},
        status=status_of(error),
        headers=retry_headers(error),
    )


def send_sign_in(call: Call) -> Result:
    """Sign in: start a new web session, and end the one that the browser had."""
    target = local_path(call.form.text("next") or "/")
    try:
        call.site.require_safe_sign_in()
        actor = call.team.sign_in.by_password(call.form.line("name"), call.form.text("password"), call.request.client)
        if not call.site.accepts_password_of(actor.person.id):
            raise NotSignedIn(texts.WRONG_PASSWORD, try_=f"Use the button: {call.site.oidc}.")
    except (NotSignedIn, TooManyAttempts, UsageProblem) as error:
        return _sign_in_page(call, target, error)
    call.team.sign_in.close_session(call.request.token)
    return Redirect(to=target, session=call.team.sign_in.open_session(actor, call.request.client))


def send_sign_out(call: Call) -> Result:
    """End the web session of this browser."""
    call.team.sign_in.close_session(call.request.token)
    return Redirect(to="/sign-in", notice=texts.SIGNED_OUT, session="")


def send_sign_out_everywhere(call: Call) -> Result:
    """End all web sessions of the reader."""
    call.team.sign_in.close_all_sessions(call.me)
    return Redirect(to="/sign-in", notice=texts.SIGNED_OUT_EVERYWHERE, session="")


def set_password(call: Call) -> Result:
    """Show the form of a one-time link for setting a password."""
    return _set_password_page(call)


def _set_password_page(call: Call, error: RflowError | None = None) -> HtmlPage:
    name = call.team.sign_in.invited(call.path_param("token"))
    values = {"name": name, "error": error, "fewest": PASSWORD_LENGTHS[0]}
    return HtmlPage(template="set_password.html.j2", values=values, status=404 if not name else status_of(error))


def send_set_password(call: Call) -> Result:
    """Set a password with a one-time link, and sign in."""
    try:
        call.site.require_safe_sign_in()
        if not call.site.accepts_password_of(person(call.team.sign_in.invited(call.path_param("token")) or "").id):
            raise UsageProblem(texts.NO_PASSWORDS, try_=f"Sign in with {call.site.oidc}.")
        password = new_password(call)
        actor = call.team.sign_in.set_password(call.path_param("token"), password)
    except (NotSignedIn, UsageProblem) as error:
        return _set_password_page(call, error)
    call.team.sign_in.close_session(call.request.token)
    return Redirect(
        to="/", notice=texts.PASSWORD_SET, session=call.team.sign_in.open_session(actor, call.request.client)
    )


def new_password(call: Call) -> str:
    """Return the new password from a form that asks for it twice; raise `UsageProblem` if they differ."""
    password = call.form.text("new")
    if password != call.form.text("again"):
        raise UsageProblem(texts.PASSWORDS_DIFFER, try_="Type the new one twice.")
    return password


PAGES = (
    Page(path="/sign-in", get=sign_in, post=send_sign_in, public=True),
    Page(path="/sign-out", post=send_sign_out, public=True),
    Page(path="/sign-out-everywhere", post=send_sign_out_everywhere),
    Page(path="/set-password/{token}", get=set_password, post=send_set_password, public=True),
)
