"""The sha256 of files."""

import hashlib

import pytest

from common.digests import sha256


# The second is the standard's own example of a message in many blocks (FIPS 180-2, B.3).
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"a" * 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        (b"a" * (1 << 20) + b"b", None),
    ],
)
def test_it_is_that_of_all_bytes(tmp_path, content, expected):
    (tmp_path / "a").write_bytes(content)
    assert sha256(tmp_path / "a") == (expected or hashlib.sha256(content).hexdigest())
