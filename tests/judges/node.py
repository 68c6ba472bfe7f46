"""Judges written in JavaScript: a Node process that reads a JSON value per line and writes one for each."""

import json
import subprocess
from typing import Any

from judges.node_tools import MODULES, node_file
from support.needs import need


class NodeJudge:
    """A running `tests/node/SCRIPT`, which needs the npm `packages`, until `close`."""

    def __init__(self, script: str, *packages: str) -> None:
        for package in packages:
            node_file(f"{package}/package.json")
        need("node")
        command = ["node", str(MODULES.parent / script)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", errors="surrogatepass"
        )

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=20)

    def ask(self, value: Any) -> Any:
        """Send a value and return the verdict."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the judge has died: its error is above"
        return json.loads(answer)
