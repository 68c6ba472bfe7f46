"""The server's log: one line per event, as JSON or for a terminal, with tokens removed."""

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from typing import Any, TextIO

_MINUTE = 60.0
_TOKEN = re.compile(r"(rf[stwirod]_)[0-9A-Za-z]+")


def without_tokens(text: str) -> str:
    """Remove everything that looks like a token, with which readers of the log could open sessions."""
    return _TOKEN.sub(r"\1[removed]", text)


class LogRateLimit:
    """Rate-limits a repeated log message to one per minute."""

    def __init__(self) -> None:
        self._logged: dict[str, float] = {}

    def allows(self, message: str) -> bool:
        """Whether a message may be logged now; if so, the next one like it has to wait."""
        now = time.monotonic()
        if now - self._logged.get(message, -_MINUTE) < _MINUTE:
            return False
        self._logged = {each: at for each, at in self._logged.items() if now - at < _MINUTE} | {message: now}
        return True


class WarningRateLimit(logging.Filter):
    """Rate-limits each warning of a logger, so that invalid requests can't fill the log."""

    def __init__(self) -> None:
        super().__init__()
        self._rate = LogRateLimit()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is logged."""
        return record.levelno != logging.WARNING or self._rate.allows(str(record.msg))


class PlainLines(logging.Formatter):
    """Formats a record for a terminal: the local time, what happened, its facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and a traceback below it."""
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        facts = "".join(f"  {name}={value}" for name, value in getattr(record, "facts", {}).items())
        line = (
            f"{time.strftime('%H:%M:%S', time.localtime(record.created))}  {level}{record.getMessage().strip()}{facts}"
        )
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return without_tokens(line + trace)


class JsonLines(logging.Formatter):
    """Formats a record as a line of JSON; tracebacks are part of it, since they may contain a token."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage().strip(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        return without_tokens(json.dumps(fields, ensure_ascii=False))


def log_to(stream: TextIO, *, json_lines: bool) -> None:
    """Log everything to `stream`, including uvicorn's messages and unhandled exceptions."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if json_lines else PlainLines())
    for name in ("uvicorn", "rflow"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").addFilter(WarningRateLimit())
    logging.getLogger("uvicorn.access").disabled = True  # it would print the tokens
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: logging.getLogger("rflow").critical(
        "unexpected", exc_info=(kind, error, trace)
    )
