"""The audit: who signed in, what was made, changed and ended. Never a secret, never a text of a session."""

import msgspec

from rflow.web.work.call import Answer, Call, Download, Page, Shown
from rflow.web.work.forms import whole_number
from rflow.web.work.pages.admin.accounts import check_admin

PAGE = 100


def audit(call: Call) -> Answer:
    """Show the audit, the latest first."""
    check_admin(call.me)
    found = call.team.accounts(call.me).latest_audit(PAGE + 1, whole_number(call.query.get("before", "")))
    entries = found[:PAGE]
    older = entries[-1].seq if len(found) > PAGE else 0
    return Shown(template="audit.html.j2", values={"entries": entries, "older": older})


def audit_file(call: Call) -> Answer:
    """Send the whole audit as JSON Lines."""
    check_admin(call.me)
    lines = [msgspec.json.encode(entry) + b"\n" for entry in call.team.accounts(call.me).audit()]
    return Download(name="audit.jsonl", content=b"".join(lines))


PAGES = (
    Page(path="/admin/audit", get=audit),
    Page(path="/admin/audit/file", get=audit_file),
)
