"""Redaction judged from outside: by a scanner of other people's, and by what machines print."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rflow.core.redaction import Redactor

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).parents[2] / "samples" / "redaction"

STILL_REPORTED = {
    "Hex High Entropy String": "an ETag names a version of a page; who has it can do nothing with it",
    "Secret Keyword": 'a message about a password ("must be at least 8 characters"), or null',
}
"""What the scanner still reports in what redaction lets out, and why it may. The list may only get shorter."""
MOST_REPORTS = 3


def samples() -> str:
    """Return every sample as it is let out."""
    secrets = (SAMPLES / "secrets.txt").read_text()
    texts = [case.replace("«", "").replace("»", "") for case in re.split(r"^=== .*\n", secrets, flags=re.MULTILINE)]
    return "\n".join(Redactor()(text) for text in (*texts, (SAMPLES / "innocent.txt").read_text()))


def test_a_scanner_reports_nothing_more_than_what_is_listed_here(tmp_path: Path) -> None:
    scanner = pytest.importorskip("detect_secrets")
    settings = pytest.importorskip("detect_secrets.settings")
    file = tmp_path / "summary.txt"
    file.write_text(samples())
    reports = scanner.SecretsCollection()
    with settings.default_settings():
        reports.scan_file(str(file))
    lines = file.read_text().splitlines()
    found = [(report.type, lines[report.line_number - 1]) for _, report in reports]
    assert [line for kind, line in found if kind not in STILL_REPORTED] == []
    assert len(found) <= MOST_REPORTS


OUTPUTS = (
    ("dpkg", "-l"),
    ("ss", "-tan"),
    ("ls", "-lR", "/etc"),
    ("git", "log", "--stat", "-n", "200"),
    ("openssl", "storeutl", "-noout", "-text", "-certs", "/etc/ssl/certs/ca-certificates.crt"),
    ("openssl", "ciphers", "-v"),
    ("python3", "-m", "pip", "list"),
    ("cat", "/var/log/dpkg.log", "/etc/services", "/etc/passwd", "/etc/nsswitch.conf", "/etc/login.defs"),
    ("df", "-a"),
    ("mount",),
    ("systemctl", "list-unit-files"),
)
"""Commands whose output holds no secret. Not `ps`: its arguments may."""
LINES_PER_MARK = 5_000


def test_what_a_machine_prints_stays_readable() -> None:
    lines: list[str] = []
    for command in OUTPUTS:
        if shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, timeout=60, check=False)
            lines += done.stdout.decode("utf-8", "replace").splitlines()[:8_000]
    if len(lines) < LINES_PER_MARK:
        pytest.skip(f"This machine printed only {len(lines)} lines.")
    blocks = ["\n".join(lines[start : start + 100]) for start in range(0, len(lines), 100)]
    hidden = [Redactor()(block) for block in blocks]
    marked = [line for block in hidden for line in block.splitlines() if "[redacted]" in line]
    assert len(marked) <= len(lines) // LINES_PER_MARK, marked
