"""What the server writes down: a line of JSON for each thing worth knowing, without tokens."""

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from typing import Any, TextIO

_MINUTE = 60.0
_TOKEN = re.compile(r"rfs_[0-9A-Za-z]+")


def without_tokens(text: str) -> str:
    """Take out whatever begins like a token: it opens a session to whoever reads the log."""
    return _TOKEN.sub("rfs_[removed]", text)


class Seldom:
    """Lets the same be said once a minute: what fails, fails for everybody who asks."""

    def __init__(self) -> None:
        self._said: dict[str, float] = {}

    def may_say(self, what: str) -> bool:
        """Whether it may be said now."""
        now = time.monotonic()
        if now - self._said.get(what, -_MINUTE) < _MINUTE:
            return False
        self._said = {said: at for said, at in self._said.items() if now - at < _MINUTE} | {what: now}
        return True


class Lines(logging.Formatter):
    """Formats a record as a line of JSON; tracebacks too, since a token may stand in them."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return without_tokens(json.dumps(told, ensure_ascii=False))


def log_to(stream: TextIO, *, requests: bool) -> None:
    """Send everything, uvicorn's own messages too, to `stream`; single requests only if they are wanted."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines())
    for name, level in (("uvicorn", logging.INFO), ("rflow", logging.INFO), ("rflow.requests", logging.INFO)):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler] if name != "rflow.requests" else []
        logger.propagate = name == "rflow.requests"
        logger.setLevel(level)
    logging.getLogger("rflow.requests").disabled = not requests
    logging.getLogger("uvicorn.access").disabled = True  # it would print the tokens
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: logging.getLogger("rflow").critical(
        "unexpected", exc_info=(kind, error, trace)
    )
