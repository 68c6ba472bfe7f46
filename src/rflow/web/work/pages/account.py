"""The reader's account: name, spaces, password, notices, signing out everywhere."""

from rflow.core.accounts import PASSWORD_LENGTHS
from rflow.errors import NotSignedIn, RflowError, TooManyAttempts, UsageProblem
from rflow.web.work import texts
from rflow.web.work.call import Call, HtmlPage, Page, Redirect, Result
from rflow.web.work.errors import status_of
from rflow.web.work.pages.sign_in import new_password


def account(call: Call) -> Result:
    """Show the reader's own account."""
    return _account_page(call)


def _account_page(call: Call, error: RflowError | None = None, notices_error: RflowError | None = None) -> HtmlPage:
    values = {
        "me": call.me,
        "user": call.team.accounts(call.me).mine(),
        "notices_error": notices_error,
        "spaces": call.workspace.spaces(),
        "error": error,
        "fewest": PASSWORD_LENGTHS[0],
    }
    wrong = error or notices_error
    return HtmlPage(template="account.html.j2", values=values, status=status_of(wrong))


def send_password(call: Call) -> Result:
    """Change the reader's password; all web sessions end, and this browser gets a new one."""
    actor = call.me
    try:
        call.team.accounts(actor).change_password(call.form.text("old"), new_password(call))
    except (NotSignedIn, TooManyAttempts, UsageProblem) as error:
        return _account_page(call, error)
    session = call.team.sign_in.open_session(actor, call.request.client)
    return Redirect(to="/account", notice=texts.PASSWORD_CHANGED, session=session)


def send_notices(call: Call) -> Result:
    """Set the reader's e-mail address and whether they get notices."""
    form = call.form
    try:
        name = call.me.person.name
        call.team.accounts(call.me).set_notices(name, email=form.line("email"), on=bool(form.text("notices")))
    except UsageProblem as error:
        return _account_page(call, notices_error=error)
    return Redirect(to="/account", notice=texts.NOTICES_SET)


PAGES = (
    Page(path="/account", get=account),
    Page(path="/account/password", post=send_password),
    Page(path="/account/notices", post=send_notices),
)
