"""The warning about entries of a session that can't be read."""

from rflow.cli.app import App
from rflow.core.session.state import Session


def warn_of_unreadable(run: App, session: Session) -> None:
    """Say on standard error which entries are not shown, or that git left two versions of the session."""
    reasons = [entry.reason for entry in session.unreadable]
    if count := len(reasons) - reasons.count("conflict"):
        run.say(f"Warning: {count} entries can't be read by this rflow; they are kept, not shown.")
    if "conflict" in reasons:
        what = f"{session.code} holds two versions with git's conflict markers; what both sides wrote is shown."
        run.say(f"Warning: {what} To put them together: rflow store merge")
