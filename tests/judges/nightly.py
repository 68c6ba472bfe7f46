"""The judges of the long runs: pa11y, Lighthouse and wapiti, which tests/web/test_judges.py says how to install."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from support.needs import NIGHTLY_NPM_PACKAGES, skip_without
from support.web.browser import CHROMIUM

MODULES = Path(__file__).parents[1] / "node" / "nightly" / "node_modules"
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def cookie_header(cookies: Mapping[str, str]) -> str:
    """Return cookies as a request has them."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def pa11y(url: str, folder: Path, cookies: Mapping[str, str] = {}) -> list[Any]:
    """Return what pa11y finds on a page, with the rules of axe and of HTML_CodeSniffer; what axe can't tell is none.

    It can't tell the contrast of texts in a drawing, which tests/formats/test_tree_map.py measures, and over the
    shadow of a scroll cue, where they have the colours of the page.
    """
    launch = {"executablePath": CHROMIUM, "args": list(FLAGS)}
    config: dict[str, Any] = {"chromeLaunchConfig": launch, "runners": ["axe", "htmlcs"], "timeout": 60_000}
    config |= {"levelCapWhenNeedsReview": "notice"}
    config |= {"headers": {"Cookie": cookie_header(cookies)}} if cookies else {}
    (folder / "pa11y.json").write_text(json.dumps(config), "utf-8")
    words = [*_tool("pa11y"), "--config", str(folder / "pa11y.json"), "--reporter", "json", url]
    found = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert found.stdout, found.stderr
    problems: list[Any] = json.loads(found.stdout)
    return problems


def lighthouse(
    url: str, folder: Path, device: str, categories: Sequence[str], cookies: Mapping[str, str] = {}
) -> dict[str, float]:
    """Return the scores of Lighthouse for a page; none where it gave up, which it does now and then."""
    preset = ["--preset=desktop"] if device == "desktop" else []
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    words = [*_tool("lighthouse"), url, *preset, "--quiet", "--output=json", f"--output-path={report}"]
    words += [f"--chrome-flags={' '.join(FLAGS)}", f"--only-categories={','.join(categories)}"]
    words += [f"--extra-headers={json.dumps({'Cookie': cookie_header(cookies)})}"] if cookies else []
    environ = {**os.environ, "CHROME_PATH": str(CHROMIUM)}
    subprocess.run(words, env=environ, check=False, capture_output=True, timeout=200)
    if not report.exists():
        return {}
    found = json.loads(report.read_text("utf-8"))["categories"]
    return {name: float(category["score"] or 0) for name, category in found.items()}


def wapiti(urls: Sequence[str], folder: Path, *more: str, seconds: int = 200) -> tuple[dict[str, Any], int]:
    """Attack the forms and addresses of a server; return what was found, and how many pages were visited."""
    program = shutil.which(os.environ.get("RFLOW_WAPITI", "wapiti"))
    if program is None:
        skip_without("wapiti")
    starts = [word for url in urls for word in ("--start", url)]
    modules = "xss,sql,exec,file,csp,http_headers,cookieflags,csrf,redirect,crlf"
    words = [program, "--url", urls[0], *starts, "--scope", "domain", "--module", modules, *more]
    words += ["--format", "json", "--output", str(folder / "report.json"), "--no-bugreport"]
    words += ["--store-session", str(folder / "session"), "--max-scan-time", str(seconds), "--flush-session"]
    environ = {**os.environ, "HOME": str(folder)}
    subprocess.run(words, env=environ, check=True, capture_output=True, timeout=280)
    report = json.loads((folder / "report.json").read_text("utf-8"))
    found = {name: each for kind in ("vulnerabilities", "anomalies") for name, each in report[kind].items() if each}
    return found, int(report["infos"]["crawled_pages_nbr"])


def _tool(name: str) -> list[str]:
    """Return the command of a tool, or skip the test."""
    if not (MODULES / ".bin" / name).exists():
        skip_without(NIGHTLY_NPM_PACKAGES)
    if CHROMIUM is None:
        skip_without("chromium")
    return [str(MODULES / ".bin" / name)]
