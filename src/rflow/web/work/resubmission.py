"""Forms that create a secret, which is shown only once: submitting one twice must not create a second."""

from rflow.errors import UsageProblem
from rflow.web.work.call import Call


def refuse_resubmission(call: Call, try_: str) -> None:
    """Raise `UsageProblem` if this form was submitted before, by a double click or a reload; `try_` says what to do."""
    if call.form.command_id and not call.team.is_first(call.me, call.form.command_id):
        raise UsageProblem("This form was sent twice. The first one was carried out; this one did nothing.", try_=try_)
