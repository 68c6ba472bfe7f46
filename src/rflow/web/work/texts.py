"""Texts of pages that are not in a template: titles of errors, names of fields, notices."""

from collections.abc import Mapping

from rflow.core.session import events as e
from rflow.core.session.events import Fact
from rflow.core.session.state import Session
from rflow.errors import NotAllowed, NotFound, RflowError, SessionMoved, UsageProblem

HEADINGS: Mapping[int, str] = {
    400: "That could not be read",
    401: "Sign in first",
    403: "That is not allowed",
    404: "Not found",
    405: "That can’t be done here",
    408: "That took too long",
    409: "Somebody was faster",
    413: "That is too large",
    422: "Something is missing or wrong",
    429: "Too many attempts",
    500: "That failed",
    502: "That could not be delivered",
    503: "The store can’t be used at the moment",
}
"""The headings of error pages, by HTTP status."""

NOT_FOUND = (
    "The code may be mistyped, the session deleted, or it is in a space that you can’t see.",
    "Search for its title, ticket or customer, or look through your work.",
)
"""What happened and what to try, for everything that does not exist or that the reader may not see."""

HTTP_ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("The form could not be read.", "Open the page again and send it once more."),
    405: ("This page does not accept that request.", "Go back and use the buttons of the page."),
    408: ("The form did not arrive in time.", "Nothing was done. Check your connection and send it again."),
    413: (
        "What was sent is larger than this page takes.",
        "Nothing was done. Attach the last part of a long output, or use the terminal: rflow attach FILE.",
    ),
    500: (
        "The server could not finish this, and it has been logged.",
        "Reload the page to see whether it was done. If it happens again, tell the people who run this server.",
    ),
}
"""What happened and what to try, for errors that are not `RflowError`s, by HTTP status."""

PAGE_HINTS: Mapping[type[RflowError], str] = {
    SessionMoved: "Nothing was written. Look at it as it stands now, then send it again if it still fits.",
    NotAllowed: "Reload the page: it shows what you can do now.",
    NotFound: "Reload the page to see what is there now.",
    UsageProblem: "Change it and send it again.",
}
"""What to try on a page, for errors whose own hint is a command to type."""

FIELD_LABELS: Mapping[str, str] = {
    "q": "Search",
    "came": "Result",
    "change_revert": "How to revert it",
    "change_text": "Change",
    "choice": "Answer",
    "decline_reason": "Reason",
    "skip_reason": "Reason",
    "take_reason": "Reason",
    "waiting_for": "Waiting for",
    "why": "Reason",
    "code": "Code",
}
"""Labels of form fields, for the texts that an error page shows again so that they are not lost."""

NO_PASSWORDS = "This server does not use passwords of its own."
WRONG_PASSWORD = "The name or the password is wrong."  # noqa: S105 (a message)
SIGNED_OUT = "You are signed out."
SIGNED_OUT_EVERYWHERE = "You are signed out here and in every other browser."
PASSWORD_SET = "Your password is set. You are signed in."  # noqa: S105 (a notice)
PASSWORD_CHANGED = "Your password is changed. Every other browser was signed out."  # noqa: S105 (a notice)
NOTICES_SET = "Saved."
PASSWORDS_DIFFER = "The two passwords are not the same."

_UNDO_LABELS: Mapping[type[Fact], str] = {
    e.BriefSet: "the brief",
    e.WaitingSet: "what it waits for",
    e.Pinned: "the mark of a key fact",
    e.Unpinned: "removing the mark of a key fact",
    e.EntryAmended: "the correction",
    e.AssumptionSettled: "settling it",
    e.QuestionReplied: "the answer",
    e.ChangeReverted: "recording it as reverted",
    e.HandedOff: "the handoff",
    e.TreeEntered: "going into the tree",
}
"""What `undo` would take back, for facts that make no entry of their own."""


def undo_label(session: Session, seq: int) -> str:
    """Return what `undo` would take back with an event that makes no entry of its own."""
    event = session.adjustments.get(seq)
    if event is not None and is_short_form(event.fact):
        return "the short form"
    return _UNDO_LABELS.get(session.kinds[seq], "the last thing you entered")


REMOVABLE: Mapping[type[Fact], str] = {
    e.SessionStarted: "Start",
    e.BriefSet: "Brief",
    e.ChoiceMade: "Answer",
    e.ActionDone: "Action",
    e.StepSkipped: "Skipped action",
    e.StepAdded: "Step",
    e.EntryAmended: "Correction",
    e.NoteAdded: "Note",
    e.AssumptionSettled: "What came of it",
    e.NodeFlagged: "Flag",
    e.QuestionAsked: "Question",
    e.QuestionReplied: "Reply",
    e.EvidenceAdded: "Output",
    e.ChangeMade: "Change",
    e.ChangeReverted: "Reverting",
    e.WaitingSet: "Waiting",
    e.HandedOff: "Handoff",
    e.HandoffAccepted: "Accepting",
    e.HandoffDeclined: "Declining",
    e.TakenOver: "Takeover",
    e.Reassigned: "Reassigning",
    e.SessionClosed: "Closing",
}
"""Names of the facts whose texts can be removed."""


def removable_label(fact: Fact) -> str:
    """Return the name of a fact whose texts can be removed."""
    return "Short form" if is_short_form(fact) else REMOVABLE.get(type(fact), "")


def is_short_form(fact: Fact) -> bool:
    """Whether a fact only gives an entry a short form, which is no correction."""
    return isinstance(fact, e.EntryAmended) and fact.shortens


REVOKED = "{links} revoked. Pages that are open end too."
LINK_PASSWORD = "The link has the new password. Those who have it open must enter it."  # noqa: S105 (a notice)
LINK_OPEN = "The link opens without a password."
HANDED = "Handed to {name}, who has not accepted it yet."
REDACTED = "The texts of entry {seq} are removed for good."
DELETED = "The session is deleted."
REASSIGNED = "{name} owns it now."
AGENT_ADDED = "{name} is added. Give it a token to work with."
ACCOUNT_CHANGED = "{name} is changed."
ERASED = "{name} is erased. Moved: {sessions}."
SPACE_ADDED = "The space {name} is added."
ROLE_SET = "{name} in {space}: {role}."
ROLE_ENDED = "{name} is no longer in {space}."
POLICY_SET = "The policy of {space} is set."
TOKEN_REVOKED = "The token …{ending} is revoked."  # noqa: S105 (a notice)
DEVICE_APPROVED = "{machine} is signed in as you. You can go back to the terminal."
DEVICE_DENIED = "{machine} was not signed in."
