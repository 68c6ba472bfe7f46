"""Redaction: hides secrets in everything that is shared, and counts them by kind. See docs/redaction.md."""

import re
from collections import Counter
from collections.abc import Iterable

from rflow.core.redaction.kinds import Kind, in_words
from rflow.core.redaction.rules import find
from rflow.core.redaction.spans import MARK, Span, in_view, is_hidden, merged, visible
from rflow.errors import UsageProblem

__all__ = ["MARK", "Kind", "Redactor", "in_words"]


class Redactor:
    """Hides secret values in texts and counts what it hid.

    `patterns` are the user's own regular expressions; where one has a group named "secret", only that is hidden.
    """

    def __init__(self, patterns: Iterable[str] = (), *, on: bool = True) -> None:
        self.kinds: Counter[str] = Counter()
        self._on = on
        self._own = [_compiled(pattern) for pattern in patterns]
        self._without_secrets: set[str] = set()
        """A cache of texts without a secret: names, labels and questions occur often."""

    @property
    def count(self) -> int:
        """How many values were hidden."""
        return self.kinds.total()

    def __call__(self, text: str) -> str:
        """Return `text` with its secrets replaced by "[redacted]"."""
        if not self._on or not text or text in self._without_secrets:
            return text
        view = visible(text)
        spans = merged(view.text, (span for span in in_view(view, find) if not is_hidden(view.text, span)))
        hidden = self._hidden(text, spans, view.places) if spans else text
        for own in self._own:
            hidden = MARK.join(own.sub(self._hide_own, part) for part in hidden.split(MARK))
        if hidden == text and not spans:
            self._without_secrets.add(text)
        return hidden

    def _hidden(self, text: str, spans: list[Span], places: list[int]) -> str:
        """Replace the spans; `places` says where each visible character is in `text`, if not all are visible."""
        kept, at = list[str](), 0
        for span in spans:
            start, end = (places[span.start], places[span.end - 1] + 1) if places else (span.start, span.end)
            kept.append(text[at:start])
            self.kinds[span.kind] += 1
            at = end
        return MARK.join([*kept, text[at:]])

    def _hide_own(self, match: re.Match[str]) -> str:
        hidden = "secret" if match.groupdict().get("secret") else 0
        if not match[hidden]:
            return match[0]
        self.kinds["value of your own patterns"] += 1
        start, whole = match.start(), match[0]
        return whole[: match.start(hidden) - start] + MARK + whole[match.end(hidden) - start :]


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageProblem(
            f"The redaction pattern {pattern!r} is not a regular expression: {error}.",
            try_="Correct it with `rflow config set redact.patterns …`.",
        ) from error
