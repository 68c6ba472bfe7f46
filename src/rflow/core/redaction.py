"""Keeping secrets in: values hidden in everything that leaves, and texts removed from events for good."""

import re
from collections.abc import Iterable
from typing import TypeVar, assert_never

import msgspec

from rflow.core.events import (
    ActionDone,
    Brief,
    BriefSet,
    ChangeMade,
    ChangeReverted,
    ChoiceMade,
    EvidenceAdded,
    Fact,
    HandedOff,
    HandoffAccepted,
    HandoffCancelled,
    HandoffDeclined,
    NoteAdded,
    NoteAmended,
    ProgressShared,
    SessionClosed,
    SessionReopened,
    SessionStarted,
    StepAdded,
    SteppedBack,
    StepSkipped,
    TakenOver,
    TextRedacted,
    TreeEntered,
    WaitingSet,
)
from rflow.errors import UsageProblem

_F = TypeVar("_F", bound=msgspec.Struct)
MARK = "[redacted]"
REMOVED = "[removed]"

# A key that names a secret, alone or as the last part of a longer name (DB_PASSWORD, X-Api-Key, client_secret).
_KEY = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|auth[_-]?key|private[_-]?key"
    r"|client[_-]?secret|credentials?|sshpass|pgpassword|mysql_pwd|sas|sig)"
)
_VALUE = r"""(?:"[^"\n]*"|'[^'\n]*'|[^\s"'&,;|)\]}]+)"""

# Each pattern runs in time linear in the text: every repeat is bounded or followed by something it can't match.
# The group "keep" (before) stays; the rest of the match is hidden.
_PATTERNS: tuple[tuple[str, str], ...] = (
    (
        "private key",
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)",
    ),
    (
        "private key tail",
        r"(?:^[A-Za-z0-9+/=]{40,100}\n){1,200}(?:^[A-Za-z0-9+/=]{1,100}\n)?-----END [A-Z ]{0,40}PRIVATE KEY-----",
    ),
    ("json web token", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    ("webhook", r"https://hooks\.slack(?:-gov)?\.com/[^\s\"'<>]+"),
    (
        "webhook",
        r"https://[\w.-]{1,200}\.(?:webhook\.office\.com|logic\.azure\.com|environment\.api\.powerplatform\.com)[^\s\"'<>]*",
    ),
    ("webhook", r"https://(?:discord|discordapp)\.com/api/webhooks/[^\s\"'<>]+"),
    (
        "header",
        r"(?P<keep>\b(?:Proxy-)?Authorization[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?:(?:Bearer|Basic|Digest|Token|Negotiate|ApiKey)\s+)?)[^\s\"']+",
    ),
    ("bearer", r"(?P<keep>\bBearer\s+)[A-Za-z0-9._~+/=-]{8,}"),
    ("cookie", r"(?P<keep>\b(?:Set-)?Cookie\s{0,4}:\s{0,4})[^\n]+"),
    (
        "url password",
        r"(?P<keep>\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"']{0,200}:)[^\s/@\"'][^\s@\"'/]{0,400}(?=@)",
    ),
    ("known token", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    (
        "known token",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,})",
    ),
    (
        "known token",
        r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)[-_][\w-]{12,}|\bAIza[\w-]{30,}|\bnpm_[A-Za-z0-9]{30,}|\bpypi-[\w-]{30,}",
    ),
    (
        "known token",
        r"\bdop_v1_[0-9a-f]{40,}|\bhvs\.[\w-]{20,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\brfs_[A-Za-z0-9]{20,}",
    ),
    ("option", r"(?P<keep>(?<![\w-])--?" + r"(?:[\w]{1,30}-){0,3}" + _KEY + r"(?:=|\s+))" + _VALUE),
    (
        "key",
        r"(?P<keep>(?<![A-Za-z0-9])(?:[A-Za-z0-9]{1,30}[_.-]){0,4}"
        + _KEY
        + r"[\"']?\s{0,4}(?::=|=>|[:=])\s{0,4})"
        + _VALUE,
    ),
    ("netrc", r"(?P<keep>\bmachine\s+\S{1,200}\s+login\s+\S{1,200}\s+password\s+)\S+"),
    ("sentence", r"(?P<keep>\bpassword\s+(?:is|was)\s*:?\s+)" + _VALUE),
)


class Redactor:
    """Hides secret values in texts and counts what it hid.

    `patterns` are the user's own regular expressions; where one has a group named "secret", only that is hidden.
    """

    def __init__(self, patterns: Iterable[str] = (), *, on: bool = True) -> None:
        self.count = 0
        self._on = on
        self._own = [_compiled(pattern) for pattern in patterns]

    def __call__(self, text: str) -> str:
        """Give `text` with its secrets replaced by "[redacted]"."""
        if not self._on or not text:
            return text
        for pattern in _built_in():
            text = pattern.sub(self._hide, text)
        for pattern in self._own:
            text = pattern.sub(self._hide_own, text)
        return text

    def _hide(self, match: re.Match[str]) -> str:
        keep = match.groupdict().get("keep") or ""
        if match.group(0)[len(keep) :].strip("\"'") == MARK:
            return match.group(0)
        self.count += 1
        return keep + MARK

    def _hide_own(self, match: re.Match[str]) -> str:
        if not match.group(0):
            return ""
        self.count += 1
        whole, start = match.group(0), match.start()
        if "secret" not in match.groupdict() or match.group("secret") is None:
            return MARK
        return whole[: match.start("secret") - start] + MARK + whole[match.end("secret") - start :]


_cache: list[re.Pattern[str]] = []


def _built_in() -> list[re.Pattern[str]]:
    """Compile the built-in patterns once, on first use."""
    if not _cache:
        _cache.extend(re.compile(source, re.IGNORECASE | re.DOTALL | re.MULTILINE) for _, source in _PATTERNS)
    return _cache


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageProblem(
            f"The redaction pattern {pattern!r} is not a regular expression: {error}.",
            try_="Mend it with `rflow config set redact.patterns …`.",
        ) from error


def blank(fact: Fact) -> Fact:
    """Give `fact` without the texts that people wrote; what keeps the session in place stays."""
    match fact:
        case SessionStarted():
            return SessionStarted(title=REMOVED, brief=_blank_brief(fact.brief), source="")
        case BriefSet():
            return BriefSet(brief=_blank_brief(fact.brief), title=None if fact.title is None else REMOVED)
        case ChoiceMade():
            return _without(fact, "reason")
        case ActionDone():
            return _without(fact, "result")
        case StepSkipped() | HandoffDeclined() | TakenOver():
            return _without(fact, "reason")
        case StepAdded():
            return _without(fact, "text", "result")
        case NoteAdded() | NoteAmended():
            return _without(fact, "text")
        case EvidenceAdded():
            bare = _without(fact, "label", "excerpt", "command", "cwd", "host")
            return msgspec.structs.replace(bare, digest="", bytes_kept=0, left_out=0)
        case ChangeMade():
            return _without(fact, "text", "revert")
        case WaitingSet():
            return _without(fact, "waiting_for")
        case HandedOff():
            return _without(fact, "note")
        case HandoffAccepted():
            return _without(fact, "read_back")
        case SessionClosed():
            return _without(fact, "summary")
        case (
            TreeEntered()
            | SteppedBack()
            | ChangeReverted()
            | ProgressShared()
            | HandoffCancelled()
            | SessionReopened()
            | TextRedacted()
        ):
            return fact
        case _ as unexpected:
            assert_never(unexpected)


def _without(fact: _F, *fields: str) -> _F:
    return msgspec.structs.replace(fact, **{name: REMOVED for name in fields if getattr(fact, name)})


def _blank_brief(brief: Brief) -> Brief:
    return Brief(**{name: REMOVED for name in brief.__struct_fields__ if getattr(brief, name)})
