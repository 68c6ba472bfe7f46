"""Signing in and out, and setting a password by a one-time link."""

from rflow.core.accounts import PASSWORD_LENGTHS
from rflow.core.people import person
from rflow.errors import NotSignedIn, RflowError, TooManyAttempts, UsageProblem
from rflow.web.work import texts
from rflow.web.work.call import Answer, Call, Page, Redirect, Shown
from rflow.web.work.errors import status_of
from rflow.web.work.site import local_path


def sign_in(call: Call) -> Answer:
    """Ask for name and password; people who are signed in continue at once."""
    wanted = local_path(call.query.get("next", "/"))
    return Redirect(to=wanted) if call.actor else _sign_in_page(call, wanted)


def _sign_in_page(call: Call, wanted: str, error: RflowError | None = None) -> Shown:
    headers = {"retry-after": str(error.retry_after)} if isinstance(error, TooManyAttempts) else {}
    return Shown(
        template="sign_in.html.j2",
        values={"next": wanted, "error": error, "accounts": call.team.accounts_exist()},
        status=status_of(error) if error else 200,
        headers=headers,
    )


def send_sign_in(call: Call) -> Answer:
    """Sign somebody in, with a new web session; one that the browser had before ends."""
    wanted = local_path(call.form.text("next") or "/")
    try:
        if not call.site.may_sign_in:
            raise UsageProblem("Signing in needs HTTPS.", try_="Ask the people who run this server.")
        actor = call.team.sign_in.by_password(call.form.line("name"), call.form.text("password"), call.asked.client)
        if not call.site.takes_password_of(actor.person.id):
            raise NotSignedIn(texts.WRONG_PASSWORD, try_=f"Use the button: {call.site.oidc}.")
    except (NotSignedIn, TooManyAttempts, UsageProblem) as error:
        return _sign_in_page(call, wanted, error)
    call.team.sign_in.close_session(call.asked.token)
    return Redirect(to=wanted, session=call.team.sign_in.open_session(actor, call.asked.client))


def send_sign_out(call: Call) -> Answer:
    """End the web session of this browser."""
    call.team.sign_in.close_session(call.asked.token)
    return Redirect(to="/sign-in", say=texts.SIGNED_OUT, session="")


def send_sign_out_everywhere(call: Call) -> Answer:
    """End all web sessions of who is signed in."""
    call.team.sign_in.close_all_sessions(call.me)
    return Redirect(to="/sign-in", say=texts.SIGNED_OUT_EVERYWHERE, session="")


def set_password(call: Call) -> Answer:
    """Ask people who have a one-time link for a new password."""
    return _set_password_page(call)


def _set_password_page(call: Call, error: RflowError | None = None) -> Shown:
    name = call.team.sign_in.invited(call.named("token"))
    values = {"name": name, "error": error, "fewest": PASSWORD_LENGTHS[0]}
    return Shown(
        template="set_password.html.j2", values=values, status=404 if not name else status_of(error) if error else 200
    )


def send_set_password(call: Call) -> Answer:
    """Set the password of a one-time link, which works once, and sign in."""
    try:
        if not call.site.may_sign_in:
            raise UsageProblem("Signing in needs HTTPS.", try_="Ask the people who run this server.")
        if not call.site.takes_password_of(person(call.team.sign_in.invited(call.named("token")) or "").id):
            raise UsageProblem(texts.NO_PASSWORDS, try_=f"Sign in with {call.site.oidc}.")
        password = new_password(call)
        actor = call.team.sign_in.set_password(call.named("token"), password)
    except (NotSignedIn, UsageProblem) as error:
        return _set_password_page(call, error)
    call.team.sign_in.close_session(call.asked.token)
    return Redirect(to="/", say=texts.PASSWORD_SET, session=call.team.sign_in.open_session(actor, call.asked.client))


def new_password(call: Call) -> str:
    """Return the new password of a form that asks for it twice."""
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
