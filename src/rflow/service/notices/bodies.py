"""A notice as it is sent: a mail, or a message to Slack, Teams or anything that takes JSON."""

from html import escape
from typing import Any

import msgspec

from rflow.core.accounts import Account
from rflow.core.fingerprint import fingerprint
from rflow.core.notices import Notice
from rflow.core.text import one_line
from rflow.delivery.mail import Mail
from rflow.delivery.webhooks.targets import Kind
from rflow.service.notices.content import Content

_STOP = "A server of rflow sends this to its members. To switch it off:"


def mail(notice: Notice, content: Content, account: Account) -> Mail:
    """Return a notice as a mail to an account."""
    return Mail(
        to=account.email,
        name=one_line(account.name),
        subject=content.subject,
        text=_plain(content),
        html=_html(content),
        key=_key(notice.id),
        thread=_key(notice.session),
    )


def _key(name: str) -> str:
    return f"rflow.{fingerprint(name.encode())[:32]}"


def _plain(content: Content) -> str:
    parts = "".join(f"{name}: {text}\n" for name, text in content.parts)
    blocks = [
        content.what,
        parts.rstrip("\n"),
        content.url,
        f"In a terminal: {content.command}",
        f"-- \n{_STOP} {content.account_url}",
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _html(content: Content) -> str:
    rows = "".join(f"<p><b>{escape(name)}</b><br>{_lines(text)}</p>\n" for name, text in content.parts)
    account = escape(content.account_url)
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f"<title>{escape(content.subject)}</title>\n"
        f"<p>{escape(content.what)}</p>\n{rows}"
        f'<p><a href="{escape(content.url)}">{escape(content.url)}</a></p>\n'
        f"<p>In a terminal: <code>{escape(content.command)}</code></p>\n"
        f'<p><small>{escape(_STOP)} <a href="{account}">{account}</a></small></p>\n'
        "</html>\n"
    )


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.split("\n"))


def post_body(notice: Notice, content: Content, kind: Kind) -> bytes:
    """Return a notice as the body of a webhook; texts are literal in all of them."""
    if kind == "json":
        return msgspec.json.encode(_json(notice, content))
    return msgspec.json.encode(_slack(content) if kind == "slack" else _teams(content))


def _slack(content: Content) -> dict[str, Any]:
    lines = [content.what, *(f"{name}: {text}" for name, text in content.parts)]
    elements = [{"type": "text", "text": "\n".join(lines) + "\n"}, {"type": "link", "url": content.url}]
    section = {"type": "rich_text_section", "elements": elements}
    fallback = content.what.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {
        "text": fallback,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [{"type": "rich_text", "elements": [section]}],
    }


def _teams(content: Content) -> dict[str, Any]:
    lines = [content.what, *(f"{name}: {text}" for name, text in content.parts)]
    # A renderer replaces {{DATE(…)}} and {{TIME(…)}} by times.
    runs = [{"type": "TextRun", "text": line.replace("{{", "{\u200b{")} for line in lines]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "RichTextBlock", "inlines": [run]} for run in runs],
        "actions": [{"type": "Action.OpenUrl", "title": "Open the session", "url": content.url}],
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "attachments": [{"contentType": content_type, "contentUrl": None, "content": card}],
    }


def _json(notice: Notice, content: Content) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "notice": notice.kind,
        "code": notice.code,
        "session": notice.session,
        "space": notice.space,
        "to": {"id": notice.to.id, "name": notice.to.name, "kind": notice.to.kind},
        "by": {"id": notice.by.id, "name": notice.by.name, "kind": notice.by.kind},
        "at": notice.at,
        "url": content.url,
        "what": content.what,
        "texts": {name.casefold(): text for name, text in content.parts},
    }
