"""Text is cleaned, put on one line, shortened, and read as a terminal would have shown it."""

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rflow.core.text import byte_size, clean, columns, counted, one_line, pad, shorten, terminal_text, wrap
from support.nightly import examples

# Every code point, surrogates too: a file name or an argument that is not UTF-8 has them.
any_text = st.text(st.characters())
CONTROLS = ["\n", "\r", "\b", "\x00", "\x07", "\x1b", "\x1b[31m", "\x1b[K", "\x1b[2K", "\x1b]0;"]
terminal_output = st.lists(st.sampled_from(["a", "bc", " ", *CONTROLS]) | st.text(max_size=3)).map("".join)

HOSTILE_OUTPUTS = [
    "\x1b]" * 200_000,
    "\x1b[" * 200_000,
    "\x1b[0;" * 100_000,
    "\x1b" * 400_000,
    "\x1b[" + "0" * 400_000,
    "\x1b]" + "a" * 400_000,
    "a" * 200_000 + "\rx" * 100_000,
    "ab\b" * 130_000,
    "ab\x1b[2K" * 60_000,
]


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_every_form_of_newline_becomes_one_newline(newline: str) -> None:
    assert clean(f"Restarted the spooler.{newline}Still jams.") == "Restarted the spooler.\nStill jams."


@pytest.mark.slow
def test_only_text_newlines_and_tabs_pass_the_cleaning() -> None:
    """Checked for every code point there is: what is allowed stays, bidi controls go, the rest becomes U+FFFD."""
    newlines, dropped = (
        "\n\r\v\f\x85\u2028\u2029",
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff",
    )
    for point in range(sys.maxunicode + 1):
        char = chr(point)
        control = point < 0x20 or 0x7F <= point < 0xA0 or 0xD800 <= point < 0xE000
        control = control or 0xFDD0 <= point < 0xFDF0 or point & 0xFFFE == 0xFFFE  # no characters
        if char in newlines:
            wanted = "\n"
        elif char in dropped:
            wanted = ""
        else:
            wanted = "\ufffd" if control and char != "\t" else char
        assert clean(char) == wanted, hex(point)


def test_an_escape_sequence_in_a_note_can_not_reach_the_readers_terminal() -> None:
    assert clean("\x1b]52;c;cm0gLXJm\x07\x9b31m") == "\ufffd]52;c;cm0gLXJm\ufffd\ufffd31m"


@given(any_text)
@examples(300)
@example("\r\u200e\n")
def test_cleaning_twice_changes_nothing_more_and_gives_utf8(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    clean(text).encode()


@given(any_text)
@examples(300)
def test_one_line_is_one_trimmed_line(text: str) -> None:
    line = one_line(text)
    assert line.split() == ([] if not line else line.split(" "))
    assert one_line(line) == line


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("Printer in Leeds", 16, "Printer in Leeds"),
        ("Printer in Leeds jams", 16, "Printer in…"),
        ("Printer in Leeds jams", 17, "Printer in Leeds…"),
        ("Printer\nin\tLeeds", 40, "Printer in Leeds"),
        ("C:\\Windows\\System32\\spool\\drivers", 12, "C:\\Windows\\…"),
        ("a C:\\Windows\\System32\\spool", 12, "a C:\\Window…"),
        ("Printer", 1, "…"),
        ("", 5, ""),
    ],
)
def test_a_long_line_is_cut_after_a_word_where_that_leaves_most_of_it(text: str, width: int, shown: str) -> None:
    assert shorten(text, width) == shown


@given(any_text, st.integers(1, 40))
@examples(300)
def test_a_shortened_line_fits_and_says_when_it_was_cut(text: str, width: int) -> None:
    short = shorten(text, width)
    assert len(short) <= width
    assert short == one_line(text) or (short.endswith("…") and one_line(text).startswith(short[:-1]))


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (b"\x1b[1;31mFAILED\x1b[0m 3 of 7\n", "FAILED 3 of 7\n"),
        (b"line\r\nnext\r\n", "line\nnext\n"),
        (b" 10%\r 50%\r100%\n", "100%\n"),
        (b"Downloading 50%\r\x1b[KDone\n", "Done\n"),
        (b"Downloading 50%\x1b[2K\rDone\n", "Done\n"),
        (b"Downloading\rDone       \n", "Done\n"),
        (b"abcdef\rxyz\n", "xyzdef\n"),
        (b"N\bNA\bAM\bME\bE  _\bf_\bi_\bl_\be\n", "NAME  file\n"),
        (b"-\b\\\b|\b \bready\n", "ready\n"),
        (b"\x1b]0;root@gw01: ~\x07$ ip a\n", "$ ip a\n"),
        (b"\x1b]8;;https://wiki/vpn\x1b\\VPN\x1b]8;;\x1b\\ page\n", "VPN page\n"),
        (b"\x1b]0;never ended\nstill here\n", "\nstill here\n"),
        (b"\x1b(B\x1b[m\x0fok\x1b[?25h\x1b7\x1b8\n", "ok\n"),
        (b"cut off \x1b[3", "cut off "),
        (b"cut off \x1b", "cut off "),
        ("Zürich €\n".encode(), "Zürich €\n"),
        ("Zürich\n".encode("cp1252"), "Z\ufffdrich\n"),
        ("\ufeffService läuft\r\n".encode("utf-16-le"), "Service läuft\n"),
        ("\ufeffService läuft\r\n".encode(), "Service läuft\n"),
        ("Windows-Subsystem\r\n".encode("utf-16-le"), "Windows-Subsystem\n"),
        (b"", ""),
    ],
)
def test_output_reads_as_a_terminal_showed_it(output: bytes, shown: str) -> None:
    assert terminal_text(output) == shown


@pytest.mark.slow
@given(terminal_output)
@examples(500)
def test_terminal_text_is_clean_and_stays_as_it_is(output: str) -> None:
    shown = terminal_text(output)
    assert shown == clean(shown) == terminal_text(shown)


@given(st.binary())
@examples(200)
def test_any_bytes_can_be_read(output: bytes) -> None:
    assert terminal_text(output) == clean(terminal_text(output))


@pytest.mark.slow
@pytest.mark.timeout(30)
@pytest.mark.parametrize("output", HOSTILE_OUTPUTS, ids=lambda output: repr(output[:6]))
def test_hostile_output_of_400_kb_takes_no_more_than_linear_time(output: str) -> None:
    terminal_text(output)


# Columns


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("VPN", 3),
        ("プリンター", 10),
        ("한국", 4),
        ("é", 1),
        ("e\u0301", 1),
        ("👍", 2),
        ("✔", 1),
        ("❤\ufe0f", 2),
        ("a\u200db", 2),
    ],
)
def test_text_is_as_wide_as_a_terminal_shows_it(text: str, width: int) -> None:
    assert columns(text) == width


def test_padding_fills_columns_not_characters() -> None:
    assert [pad(text, 6) + "|" for text in ("VPN", "プリ", "プリンター")] == ["VPN   |", "プリ  |", "プリンター|"]


def test_a_line_is_shortened_to_columns_where_that_is_asked() -> None:
    assert shorten("プリンターが動かない", 10) == "プリンターが動かない"
    assert shorten("プリンターが動かない", 10, columns) == "プリンタ…"
    assert shorten("The printer in Leeds", 12, columns) == shorten("The printer in Leeds", 12)


@given(st.lists(st.text(alphabet="ab👍é", min_size=1, max_size=6), min_size=1), st.integers(14, 30))
def test_a_wrapped_line_keeps_its_words_and_fits_into_the_columns(words: list[str], width: int) -> None:
    lines = wrap(" ".join(words), width, "- ", "  ")
    assert " ".join(line[2:] for line in lines) == " ".join(words)
    assert all(columns(line) <= width for line in lines)


@given(st.lists(st.text(alphabet="ab日本ポ、（）(", min_size=1, max_size=40), min_size=1), st.integers(14, 30))
def test_a_wrapped_line_keeps_every_character_of_a_script_without_spaces(words: list[str], width: int) -> None:
    assert "".join("".join(wrap(" ".join(words), width)).split()) == "".join(words)


def test_japanese_is_wrapped_between_characters_but_never_before_what_closes_or_behind_what_opens() -> None:
    said = "ログには何もありません。WSDポート（print-01）を「TCP/IP」に変更しました、すみません。"
    assert wrap(said, 24, "", "  ") == [
        "ログには何もありません。",
        "  WSDポート（print-01）",
        "  を「TCP/IP」に変更しま",
        "  した、すみません。",
    ]
    assert wrap("見て https://leeds.example/印刷/二 C:\\ログ\\印刷.txt", 12)[1:] == [
        "https://leeds.example/印刷/二",
        "C:\\ログ\\印刷.txt",
    ]
    assert wrap("注文" * 20, 24) == ["注文" * 6, "注文" * 6, "注文" * 6, "注文" * 2]


def test_a_word_that_is_wider_than_a_line_stays_whole_and_a_blank_line_gives_none() -> None:
    assert wrap("see https://leeds.example/printers/2 now", 12) == ["see", "https://leeds.example/printers/2", "now"]
    assert wrap("  ", 12) == []


# Numbers


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        *((0, "0 bytes"), (1, "1 byte"), (1000, "1,000 bytes"), (1536, "1.5 KiB"), (65_536, "64 KiB")),
        *((9 * 2**20, "9.0 MiB"), (3 * 2**40, "3.0 TiB")),
    ],
)
def test_sizes_are_binary_and_say_so(count: int, shown: str) -> None:
    assert byte_size(count) == shown


def test_a_number_agrees_with_its_noun() -> None:
    assert [counted(1, "step"), counted(3000, "step"), counted([7, 9], "entry", "entries")] == [
        *("1 step", "3,000 steps", "2 entries"),
    ]
