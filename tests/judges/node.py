"""Judges written in JavaScript: a process of Node's that reads a JSON value to a line and answers each with another."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from judges.node_tools import MODULES, node_file


class NodeJudge:
    """Runs `tests/node/SCRIPT`, which needs the npm `packages`, and keeps it running until `close`."""

    def __init__(self, script: str, *packages: str) -> None:
        for package in packages:
            node_file(f"{package}/package.json")
        node = shutil.which("node")
        if node is None:
            pytest.skip("node is not installed")
        command = [node, str(MODULES.parent / script)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", errors="surrogatepass"
        )

    def close(self) -> None:
        """Let it end."""
        self._process.communicate(timeout=20)

    def ask(self, value: Any) -> Any:
        """Have a value judged."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the judge has died: its error stands above"
        return json.loads(answer)
