"""A server of a team as a process, and its members at their own computers, signed in."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.program import LABELS, Program
from support.web.server import Served, free_port, serving

PASSWORD = "nine green bottles"
MEMBERS = ("Ben Okafor", "Cleo", "Dana")
"""Ben and Cleo are members of the default space, Dana is in none."""


@dataclasses.dataclass
class TeamServer:
    """The server's store, as its admin has it, and the tokens of the members."""

    root: Program
    port: int
    tokens: dict[str, str]

    @property
    def url(self) -> str:
        """Where the server listens, while it runs."""
        return f"http://127.0.0.1:{self.port}"

    def member(self, name: str, home: Path, url: str = "") -> Program:
        """Return a member at a computer of their own, with a token in the environment."""
        home.mkdir(exist_ok=True)
        return Program(home, user=name, store=url or self.url, environ={"RFLOW_TOKEN": self.tokens[name]})

    @contextmanager
    def running(self) -> Iterator[Served]:
        """Run the server until the block ends, always on the same port."""
        with serving(self.root, port=self.port) as served:
            yield served


def team_at(home: Path) -> TeamServer:
    """Create a store with accounts, and the tree of the label printer; nothing runs yet."""
    root = Program(home, user="Root", store=str(home / "team.db"))
    root.ok("user", "add", "Root", "--admin", "--password-stdin", stdin=PASSWORD)
    tokens = {}
    for name in MEMBERS:
        root.ok("user", "add", name, "--password-stdin", stdin=PASSWORD)
        if name != "Dana":
            root.ok("space", "members", "default", "--add", name, "--role", "member")
        made = root.json("token", "create", "--user", name, "--scope", "read,write,move,own,share", "--json")
        tokens[name] = made["token"]
    (home / "labels.toml").write_text(LABELS, "utf-8")
    root.ok("tree", "add", str(home / "labels.toml"))
    return TeamServer(root=root, port=free_port(), tokens=tokens)
