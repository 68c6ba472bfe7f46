"""The audit log: sign-ins, and what was created, changed and removed. It has no secrets and no texts of sessions."""

import msgspec

from rflow.web.work.call import Call, Download, HtmlPage, Page, Result
from rflow.web.work.forms import whole_number
from rflow.web.work.pages.admin.accounts import check_admin

PAGE = 100


def audit(call: Call) -> Result:
    """Show the audit, latest first."""
    check_admin(call.me)
    found = call.team.accounts(call.me).latest_audit(PAGE + 1, whole_number(call.query.get("before", "")))
    entries = found[:PAGE]
    older = entries[-1].seq if len(found) > PAGE else 0
    return HtmlPage(template="audit.html.j2", values={"entries": entries, "older": older})


def audit_file(call: Call) -> Result:
    """Download the whole audit as JSON Lines."""
    check_admin(call.me)
    lines = [msgspec.json.encode(entry) + b"\n" for entry in call.team.accounts(call.me).audit()]
    return Download(name="audit.jsonl", content=b"".join(lines))


PAGES = (
    Page(path="/admin/audit", get=audit),
    Page(path="/admin/audit/file", get=audit_file),
)
