"""Why a language model gave no answer, in our own words.

What a server says about an error is not passed on, because it may repeat a key or what a person wrote; its status and
the name of its error are.
"""

import contextlib
import email.utils
import math
import re
from collections.abc import Iterator
from datetime import datetime, timezone

# What passes by itself: time-outs and conflicts at the server, too many requests, and everything from 500 on.
_PASSES = (408, 409, 425, 429)


class Failed(Exception):
    """No answer; the message says why, without keys and without what was asked or answered.

    again: the same request may succeed a little later
    wait: seconds that the server asks to wait before
    """

    def __init__(self, reason: str, again: bool = False, wait: float | None = None) -> None:
        super().__init__(reason)
        self.again = again
        self.wait = wait


@contextlib.contextmanager
def failures(where: str, timeouts: tuple[type, ...], unreachable: tuple[type, ...]) -> Iterator[None]:
    """Every error of a client library as a Failed, in our own words.

    Every one, because what a server may answer instead of an answer is without end, and the next provider should be
    asked whatever it was.
    """
    try:
        yield
    except Failed:
        raise
    except timeouts:
        raise Failed(f"{where} does not answer in time") from None
    except unreachable:
        raise Failed(f"{where} can't be reached", again=True) from None
    except Exception as error:
        raise Failed(f"the answer of {where} can't be read ({type(error).__name__})", again=True) from None


def refused(
    status: int, where: str, variable: str, model: str = "", code: object = None, retry_after: str | None = None
) -> Failed:
    """An HTTP status of 400 or above as a Failed.

    variable: holds the key. code: the server's name for the error. retry_after: the header, seconds or a date
    """
    if status in (401, 403):
        return Failed(f"{where} refuses the key in {variable} ({status})")
    if status == 404:
        return no_model(where, model)
    if code == "insufficient_quota":
        return Failed(f"the account at {where} has no credit left ({status})")
    # Only what looks like a name: the rest could be anything.
    named = f" {code}" if isinstance(code, str) and re.fullmatch(r"[a-z_]{1,40}", code) else ""
    again = status in _PASSES or status >= 500
    return Failed(f"{where} answers {status}{named}", again, seconds(retry_after) if again else None)


def no_model(where: str, model: str) -> Failed:
    return Failed(f"{where} has no model {model!r}, or is no server of this kind")


def broken_off(where: str) -> Failed:
    return Failed(f"{where} broke off its answer", again=True)


def seconds(retry_after: str | None) -> float | None:
    """The header Retry-After (RFC 9110, 10.2.3), seconds or a date, in seconds from now; None where it says nothing."""
    if not retry_after:
        return None
    try:
        wait = float(retry_after)
    except ValueError:
        try:
            when = email.utils.parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        if when.tzinfo is None:
            when = when.replace(tzinfo=timezone.utc)
        wait = (when - datetime.now(timezone.utc)).total_seconds()
    return max(0.0, wait) if math.isfinite(wait) else None
