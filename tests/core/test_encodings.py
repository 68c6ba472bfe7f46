"""Output in the encodings of Windows and of East Asia is read as what it says."""

import pytest

from rflow.core.encodings import encoding_named
from rflow.core.excerpt import excerpt
from rflow.errors import UsageProblem

SAID = "Größe überschritten: Zugriff verweigert\r\nDatei größer als 4 GB\r\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-8-sig", "utf-8"])
def test_utf_16_and_utf_8_are_recognised_with_and_without_their_mark(encoding: str) -> None:
    assert excerpt(SAID.encode(encoding)).text == SAID.replace("\r", "").strip()


def test_utf_16_without_a_mark_is_recognised_in_other_scripts() -> None:
    said = "Служба не запущена (код 5)\r\nПовторите попытку\r\n"
    assert excerpt(said.encode("utf-16-le")).text == said.replace("\r", "").strip()


@pytest.mark.parametrize(
    ("encoding", "said"), [("cp850", SAID), ("shift_jis", "接続が拒否されました"), ("gb18030", "拒绝访问")]
)
def test_a_named_encoding_is_used_and_one_of_the_machine_only_for_what_is_not_utf_8(encoding: str, said: str) -> None:
    wanted = said.replace("\r", "").strip()
    assert excerpt(said.encode(encoding), encoding=encoding).text == wanted
    assert excerpt(said.encode(encoding), fallback=encoding).text == wanted
    assert excerpt(said.encode(), fallback=encoding).text == wanted


@pytest.mark.parametrize(
    "data",
    [
        b"abc\0def\0ghi\0jkl\0",
        b"one\0two\0three\0four\0",
        b"\x7fELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0>\0\1\0\0\0",
        b"plain text\n" * 9,
    ],
)
def test_zero_bytes_alone_are_no_utf_16(data: bytes) -> None:
    assert not any("\u3000" <= letter <= "\u9fff" for letter in excerpt(data).text)


def test_names_of_encodings_are_those_that_people_use() -> None:
    assert encoding_named("850") == encoding_named("CP850") == "cp850"
    assert encoding_named("Shift-JIS") == "shift_jis"
    for name in ("klingon", "rot13", "base64", "punycode", "undefined", "unicode-escape", ""):
        with pytest.raises(UsageProblem, match="is not an encoding of text"):
            encoding_named(name)


def pull(rounds: int) -> bytes:
    """Return what `docker compose pull` prints on a terminal: it moves up and draws all its lines again."""
    screens = []
    for number in range(rounds):
        rows = "".join(f"\x1b[2K \x1b[33m{name}\x1b[0m Pulling {number}s\r\n" for name in ("web", "db", "cache"))
        screens.append(("\x1b[3A" if number else "") + rows)
    return f"[+] Pulling\r\n{''.join(screens)}Done\r\n".encode()


def test_output_that_draws_over_its_lines_is_shown_as_the_screen_stood_at_the_end() -> None:
    shown = excerpt(pull(500))
    assert shown.text == "[+] Pulling\n web Pulling 499s\n db Pulling 499s\n cache Pulling 499s\nDone"
    assert shown.left_out == 0


def test_no_move_of_the_cursor_makes_a_text_grow_without_end() -> None:
    for move in (b"\x1b[999999999B", b"\x1b[999999999C", b"\x1b[999999999G", b"\x1b[999999999D", b"\x1b[;;9A"):
        assert len(excerpt(b"one\ntwo\x1b[1A" + move + b"x\x1b[J").text) < 6000


def test_lines_that_were_not_kept_are_counted_too() -> None:
    from rflow.capture.output import HeadAndTail

    output = HeadAndTail(64 * 1024)
    for number in range(100_000):
        output.add(b"line %d\n" % number)
    data, kept = output.result()
    shown = excerpt(data, cut=output.total - kept, cut_lines=output.cut_lines)
    lines = shown.text.split("\n")
    assert shown.left_out == 100_000 - (len(lines) - 1)
    assert f"… {shown.left_out} lines left out …".replace(",", "") in shown.text.replace(",", "")
