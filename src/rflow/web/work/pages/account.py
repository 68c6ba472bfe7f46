"""One's own account: who one is here, the password, signing out everywhere."""

from rflow.core.accounts import PASSWORD_LENGTHS
from rflow.errors import NotSignedIn, RflowError, TooManyAttempts, UsageProblem
from rflow.web.work import texts
from rflow.web.work.call import Answer, Call, Page, Redirect, Shown
from rflow.web.work.errors import status_of
from rflow.web.work.pages.sign_in import new_password


def account(call: Call) -> Answer:
    """Show the reader's own account."""
    return _account_page(call)


def _account_page(call: Call, error: RflowError | None = None) -> Shown:
    values = {
        "me": call.me,
        "spaces": call.workspace.spaces(),
        "error": error,
        "fewest": PASSWORD_LENGTHS[0],
    }
    return Shown(template="account.html.j2", values=values, status=status_of(error) if error else 200)


def send_password(call: Call) -> Answer:
    """Change one's own password: all web sessions end, and this browser gets a new one."""
    actor = call.me
    try:
        call.team.accounts(actor).change_password(call.form.text("old"), new_password(call))
    except (NotSignedIn, TooManyAttempts, UsageProblem) as error:
        return _account_page(call, error)
    session = call.team.sign_in.open_session(actor)
    return Redirect(to="/account", say=texts.PASSWORD_CHANGED, session=session)


PAGES = (
    Page(path="/account", get=account),
    Page(path="/account/password", post=send_password),
)
