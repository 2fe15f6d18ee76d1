"""A circuit breaker: who failed several times in a row is left alone for a while (Nygard 2007, "Release It!").

    if breaker.allow():
        try:
            ...
        except Failed as failure:
            breaker.failed(str(failure))
        else:
            breaker.succeeded()

Closed, it lets every call through. After `failures` failures it is open and lets none through for `pause` seconds.
Then it is half-open: one call goes through, and closes it or opens it again.
"""

import threading
import time
from collections.abc import Callable


class Breaker:
    """The state of one service; safe to share between threads.

    failures: how many in a row open it. pause: seconds. clock: seconds that never run backwards.
    reason: of the last failure
    """

    def __init__(self, failures: int = 3, pause: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        if failures < 1 or pause <= 0:
            raise ValueError(f"failures must be at least 1 and pause above 0, not {failures} and {pause}")
        self.failures = failures
        self.pause = pause
        self.reason = ""
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0  # in a row
        self._until: float | None = None  # when it is half-open; None: closed
        self._probing = False

    def allow(self) -> bool:
        """Whether a call may go through. Whoever gets True must end with `succeeded`, `failed` or `abandoned`."""
        with self._lock:
            if self._until is None:
                return True
            if self._probing or self._clock() < self._until:
                return False
            self._probing = True
            return True

    def remaining(self) -> float:
        """Seconds until a call may go through again; 0 where one may now."""
        with self._lock:
            return 0.0 if self._until is None else max(0.0, self._until - self._clock())

    def succeeded(self) -> None:
        with self._lock:
            self._failed, self._until, self._probing = 0, None, False

    def failed(self, reason: str, pause: float | None = None) -> None:
        """pause: seconds for which the service itself asked to be left alone; opens at once."""
        with self._lock:
            self.reason = reason
            self._failed += 1
            if pause is not None or self._until is not None or self._failed >= self.failures:
                self._until = self._clock() + (self.pause if pause is None else pause)
            self._probing = False

    def abandoned(self) -> None:
        """The call ended without telling anything about the service."""
        with self._lock:
            self._probing = False
