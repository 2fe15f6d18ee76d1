"""Text files whose encoding is found out from their bytes, and files that are no text."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from common.text_files import examine, open_text

ADVICE = "Save it as CSV."


@pytest.fixture
def written(tmp_path):
    def write(content: bytes):
        (tmp_path / "in.txt").write_bytes(content)
        return tmp_path / "in.txt"

    return write


def read(path) -> str:
    with open_text(path, examine(path, ADVICE).encoding) as stream:
        return stream.read()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_encoding_is_found_out(written, encoding):
    text = "Größe stimmt nicht, 5 € zu viel\nC’est “génial”\n"  # noqa: RUF001
    path = written(text.replace("\n", "\r\n").encode(encoding))
    found = examine(path, ADVICE)
    assert found == (encoding, False, hashlib.sha256(path.read_bytes()).hexdigest())
    assert read(path) == text


@pytest.mark.parametrize("text", ["とても良い", "отлично 😀", "ممتاز"])
def test_other_scripts_are_read(written, text):
    assert read(written(text.encode())) == read(written(text.encode("utf-16"))) == text


def test_ascii_is_utf8_and_so_is_a_letter_between_two_pieces_that_are_read(written):
    assert examine(written(b"plain"), ADVICE)[:2] == ("utf-8", False)
    content = b"x" * ((1 << 20) - 1) + "ä".encode()
    assert examine(written(content), ADVICE)[:2] == ("utf-8", False)
    assert examine(written(content + b"\n" * ((1 << 20) - 1)), ADVICE)[:2] == ("utf-8", False)


def test_what_is_broken_here_and_there_stays_utf8(written):
    path = written("Größe\nÄrger\nschön ".encode() + b"\xff\xfe kaputt\n")
    assert examine(path, ADVICE)[:2] == ("utf-8", True)
    assert read(path) == "Größe\nÄrger\nschön \ufffd\ufffd kaputt\n"
    assert examine(written("zwei schöne ü".encode()[:-1]), ADVICE)[0] == "cp1252", "as many are wrong as right"
    assert examine(written("zwei schöne Töne ü".encode()[:-1]), ADVICE)[:2] == ("utf-8", True)


def test_a_last_letter_counts_as_well(written):
    """In UTF-8 the byte of é begins a sign of three bytes, of which the others never come."""
    assert read(written("Café".encode("cp1252"))) == "Café"
    assert read(written(b"x" * ((1 << 20) - 1) + "é".encode("cp1252")))[-1] == "é"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "'in.txt' is empty"),
        (b"PK\x03\x04rest", "'in.txt' is a workbook or a ZIP archive and no text"),
        (b"%PDF-1.7", "is a PDF and no text"),
        (b"\x1f\x8b\x08rest", "is a compressed file and no text"),
        (bytes(range(256)) * 20, "is no text file"),
        (b"\0" * 5000, "is no text file"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_do(written, content, said):
    with pytest.raises(UserError, match=f"{said}.*{ADVICE}"):
        examine(written(content), ADVICE)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "in.txt"
    path.write_bytes(content)
    try:
        found = examine(path, ADVICE)
    except UserError:
        return
    with open_text(path, found.encoding) as stream:
        text = stream.read()
    assert found.damaged <= ("\ufffd" in text) and found.sha256 == hashlib.sha256(content).hexdigest()
