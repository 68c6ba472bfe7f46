"""Requesting completions from rflow, in the protocol of the scripts that it installs."""

from support.program import Program


def answered(me: Program, shell: str, *words: str) -> list[str]:
    """Return the lines for the last of `words`; for bash, `words` are the line and the part to replace."""
    result = me.ok(_RFLOW_COMPLETE=shell, _RFLOW_WORDS="".join(f"{word}\n" for word in words))
    assert result.err == ""
    return result.out.splitlines()


def offered(me: Program, *words: str) -> list[str]:
    """Return the words offered for the last of `words`."""
    return list(explained(me, *words))


def explained(me: Program, *words: str) -> dict[str, str]:
    """Return the words offered for the last of `words`, with what each means."""
    rows = [line.partition("\t") for line in answered(me, "zsh", *words)]
    return {word: meaning for word, _, meaning in rows}
