"""Forms whose answer (a new link or token) is shown only once: sending the same form again must not create another."""

from rflow.errors import UsageProblem
from rflow.web.work.call import Call


def check_first(call: Call, try_: str) -> None:
    """Raise `UsageProblem` if this form was sent before: a second click, or a reload of the page that answered it."""
    if call.form.command_id and not call.team.is_first(call.me, call.form.command_id):
        raise UsageProblem("This form was sent twice. The first time did it, and nothing was done now.", try_=try_)
