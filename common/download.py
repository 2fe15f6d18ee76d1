"""Files from addresses, with time limits that fit a machine without a network."""

import contextlib
import socket
import ssl
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

# Seconds. Short, so that a machine without a network gets to the next source soon.
CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 15.0


class SourceFailed(Exception):
    """This source doesn't deliver; the message says why. Another source may."""


Progress = Callable[[int], None]
"""Told how many bytes are there by now."""


def download(url: str, target: Path, progress: Progress, certificates: str | None = None) -> None:
    """Get `url`, going on after a cut as long as every try brings more bytes.

    certificates: a file of the trusted ones, None for the client's own. Raises SourceFailed; what came stays in
    `target`.
    """
    import httpx

    look_up(url)
    while True:
        before = size(target)
        try:
            _get(url, target, progress, certificates)
            return
        except httpx.HTTPStatusError as error:
            raise SourceFailed(f"the server answers {error.response.status_code}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if size(target) <= before:
                raise SourceFailed(str(error) or type(error).__name__) from error


def look_up(url: str) -> None:
    """Raise SourceFailed where the host's name is not found within CONNECT_TIMEOUT: no other time limit covers that."""
    address = urllib.parse.urlsplit(url)
    proxied = {address.scheme, "all"} & urllib.request.getproxies().keys()
    if proxied and not urllib.request.proxy_bypass(address.hostname or ""):
        return  # the proxy looks it up

    def ask() -> None:
        with contextlib.suppress(OSError, UnicodeError):  # the client words these
            socket.getaddrinfo(address.hostname, None)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(CONNECT_TIMEOUT)
    if asking.is_alive():
        raise SourceFailed(f"the name {address.hostname!r} can't be looked up within {CONNECT_TIMEOUT:.0f} s")


def _get(url: str, target: Path, progress: Progress, certificates: str | None) -> None:
    import httpx

    start = size(target)
    # Without "identity" a server may compress, and then byte positions mean nothing.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with httpx.stream("GET", url, headers=headers, **client(certificates)) as answer:
        content_range = answer.headers.get("Content-Range", "")
        if answer.status_code == 416 and start:
            if content_range == f"bytes */{start}":
                return  # every byte was there already
            target.unlink()  # longer than the file, so not a beginning of it
            return _get(url, target, progress, certificates)
        answer.raise_for_status()
        resumed = answer.status_code == 206 and content_range.startswith(f"bytes {start}-")
        if answer.status_code == 206 and not resumed:
            raise SourceFailed(f"asked for bytes from {start:,}, the server sends {content_range or 'others'!r}")
        with open(target, "ab" if resumed else "wb") as out:
            # As the blocks come: with a block size httpx would hold back, and lose at a cut, what doesn't fill one.
            for block in answer.iter_raw():
                out.write(block)
                progress(out.tell())


def client(certificates: str | None) -> dict:
    """What every request has in common."""
    import httpx

    verify = ssl.create_default_context(cafile=certificates) if certificates else True
    timeout = httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT)
    return {"timeout": timeout, "follow_redirects": True, "verify": verify}


def answers(url: str) -> bool:
    """Whether anything answers at `url`, be it an error."""
    import httpx

    try:
        look_up(url)
        httpx.head(url, timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT))
    except (httpx.TransportError, SourceFailed):
        return False
    return True


def size(path: Path) -> int:
    """Bytes of a file, 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
