"""Excerpts: what people read of a command's output."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.core.excerpt import HEAD, TAIL, Excerpt, cut_line, excerpt


def log(first: int, last: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, last + 1))


@pytest.mark.parametrize("nothing", [b"", b"\n", b"\r\n\r\n", b" \n"])
def test_no_output_is_an_empty_text(nothing: bytes) -> None:
    assert excerpt(nothing) == Excerpt(text="", left_out=0)


def test_a_short_output_is_whole() -> None:
    assert excerpt(b"pinging printer-leeds\n100 % loss\n") == Excerpt(
        text="pinging printer-leeds\n100 % loss", left_out=0
    )
    assert excerpt(log(1, 50)).text.splitlines() == log(1, 50).decode().splitlines()


def test_of_a_long_output_the_ends_are_kept_and_the_gap_is_said() -> None:
    told = excerpt(log(1, 1051))
    lines = told.text.split("\n")
    assert lines[:HEAD] == [f"line {number}" for number in range(1, 11)]
    assert lines[HEAD] == "… 1,001 lines left out …"
    assert lines[HEAD + 1 :] == [f"line {number}" for number in range(1012, 1052)]
    assert told.left_out == 1001
    assert excerpt(log(1, 51)).text.split("\n")[HEAD] == "… 1 line left out …"


def test_it_reads_as_the_terminal_showed_it() -> None:
    told = excerpt(b"\x1b[31mdown\x1b[0m\r\n 10%\r 50%\r100%\r\n\x1b]0;title\x07done\r\n")
    assert told.text == "down\n100%\ndone"


def test_a_long_line_is_cut() -> None:
    line = excerpt(b"x" * 500 + b"\nshort\n").text.split("\n")[0]
    assert line == "x" * 399 + "…"
    assert excerpt(b"y" * 400).text == "y" * 400


def test_a_huge_line_is_read_at_both_ends() -> None:
    progress = b"".join(b"\rloading %7d of 1000000" % number for number in range(0, 1_000_001, 5))
    assert excerpt(progress + b"\n").text == "loading 1000000 of 1000000"
    assert excerpt(b'{"printer": "leeds", "log": "' + b"a" * 5_000_000).text.startswith('{"printer": "leeds"')


@pytest.mark.parametrize("letter", ["x", "ü", "印", "🖨"])
def test_sixteen_kib_are_never_exceeded(letter: str) -> None:
    told = excerpt(f"{letter * 600}\n".encode() * 100)
    assert len(told.text.encode()) <= 16 * 1024
    lines = told.text.split("\n")
    assert told.left_out == 100 - (len(lines) - 1)
    assert len(lines) > 8


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (bytes(range(256)) * 50, "(binary, 12 KiB)"),
        (b"\x7fELF\x02\x01\x01" + bytes(993), "(binary, 1,000 bytes)"),
        (b"\x00", "(binary, 1 byte)"),
        (b"\x00" * 2_000_000, "(binary, 1.9 MiB)"),
    ],
)
def test_only_the_size_of_binary_data_is_shown(data: bytes, text: str) -> None:
    assert excerpt(data) == Excerpt(text=text, left_out=0)


def test_text_with_a_few_odd_bytes_is_still_text() -> None:
    assert excerpt(b"HOME=/home/ada\x00LANG=C.UTF-8\x00SHELL=/bin/sh\x00").text == (
        "HOME=/home/ada LANG=C.UTF-8 SHELL=/bin/sh"
    )
    assert excerpt("Drucker im Café\n".encode("latin-1")).text == "Drucker im Caf\N{REPLACEMENT CHARACTER}"


def test_utf_16_as_powershell_writes_it_is_text() -> None:
    data = "".join(f"Zeile {number}: größer\r\n" for number in range(1, 61)).encode("utf-16")
    told = excerpt(data)
    assert told.text.startswith("Zeile 1: größer\nZeile 2: größer\n")
    assert told.left_out == 10


def test_missing_bytes_are_marked_where_they_are_missing() -> None:
    data = log(1, 3) + cut_line(3_200_000).encode() + b"\n" + log(9001, 9002)
    assert excerpt(data, cut=3_200_000) == Excerpt(
        text="line 1\nline 2\nline 3\n… 3.1 MiB left out …\nline 9001\nline 9002", left_out=0
    )


def test_missing_bytes_and_lines_are_reported_together() -> None:
    data = log(1, 110) + cut_line(3_200_000).encode() + b"\n" + log(9001, 9140)
    told = excerpt(data, cut=3_200_000)
    lines = told.text.split("\n")
    assert lines[HEAD - 1 : HEAD + 2] == ["line 10", "… 200 lines and 3.1 MiB left out …", "line 9101"]
    assert len(lines) == HEAD + 1 + TAIL
    assert told.left_out == 200


def test_missing_bytes_that_nothing_marks_are_missing_in_the_middle() -> None:
    told = excerpt(log(1, 20) + log(81, 98) + b"end", cut=500)
    assert told.text.startswith("line 1\n")
    assert "500 bytes left out …" in told.text
    assert told.text.endswith("line 98\nend")


def test_missing_bytes_of_binary_data_count_in_its_size() -> None:
    data = b"\x00" * 1000 + b"\n" + cut_line(5_000_000).encode() + b"\n" + b"\x00" * 1000
    assert excerpt(data, cut=5_000_000).text == "(binary, 4.8 MiB)"


def test_what_a_full_screen_program_drew_is_not_repeated() -> None:
    vim = b"\x1b[?1049h\x1b[2J\x1b[1;1H10.1.4.7 printer\n~\n~\n\x1b[?1049l"
    assert excerpt(b"before\n" + vim + b"after\n").text == "before\n(full screen)\nafter"
    assert excerpt(b"before\n" + vim[:20]).text == "before\n(full screen)"


@pytest.mark.slow
@given(st.binary(max_size=4000) | st.text(max_size=3000).map(str.encode), st.integers(0, 3) | st.just(10**7))
def test_any_bytes_give_a_bounded_text_without_controls(data: bytes, cut: int) -> None:
    told = excerpt(data, cut=cut)
    assert len(told.text.encode()) <= 16 * 1024
    assert told.left_out >= 0
    assert all(letter.isprintable() or letter in "\n\t" or ord(letter) > 0x9F for letter in told.text)
    assert len(told.text.split("\n")) <= HEAD + 1 + TAIL


@given(st.lists(st.text("abü 1.", max_size=30).map(lambda line: f"{line}."), max_size=200))
def test_every_line_is_shown_or_counted(lines: list[str]) -> None:
    told = excerpt("".join(f"{line}\n" for line in lines).encode())
    shown = told.text.split("\n") if told.text else []
    assert len(shown) - (told.left_out > 0) + told.left_out == len(lines)
    assert shown[:HEAD] == lines[:HEAD]
