"""Language models of several providers behind one interface.

    models = Models.from_environment()
    reply = models.ask("You are …", "Say …")     # of the first provider that answers; NoModel where none does
    models.health()                              # which of them could

The providers are in common/llm_providers.py and common/llm_local.py, the variables in common/llm_settings.py.
"""

import contextlib
import functools
import os
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from common.errors import UserError
from common.llm_breaker import Breaker
from common.llm_failures import Failed
from common.llm_providers import Limits, Provider
from common.llm_settings import SET_UP, limits_of, providers_of

TRIES = 3  # of one provider
BACK_OFF = 0.5  # seconds before the second try, about; doubled for every further one
LONGEST_WAIT = 8.0  # seconds; who asks for more is left alone for that time
HEALTH_FOR = 10.0  # seconds for which an examination holds
HEALTH_WITHIN = 5.0  # seconds that it takes at most
_END = object()


class NoModel(UserError):
    """No language model answered, or none is set up. tried: why not, per provider."""

    def __init__(self, message: str, tried: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.tried = tried


@dataclass(frozen=True)
class Reply:
    """What a model answered.

    seconds: from the question to the end of the answer, with all that was tried before
    first_token: seconds until the first piece of this answer
    tried: the providers that were asked before and gave no answer, with the reason: "ollama: … can't be reached"
    """

    text: str
    provider: str
    model: str
    seconds: float
    first_token: float | None
    tried: tuple[str, ...] = ()


@dataclass(frozen=True)
class Health:
    """Whether a provider could answer now, and why not."""

    provider: str
    model: str
    ready: bool
    reason: str


class Models:
    """Providers in the order in which they are asked. Safe to share between threads.

    breakers: of each provider, None for one that opens after three failures for half a minute
    seed: of the jitter
    clock, sleep: seconds, and waiting for them

    A time-out is not tried again, for the person has waited already; what may pass quickly is, after a wait that
    doubles. So an answer comes, or none, within `limits.answer` seconds per provider and a few for the waits.
    """

    def __init__(
        self,
        providers: Sequence[Provider] = (),
        limits: Limits | None = None,
        breakers: Sequence[Breaker] | None = None,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.providers = tuple(providers)
        self.limits = limits or Limits()
        self._breakers = tuple(breakers or (Breaker(TRIES, clock=clock) for _ in self.providers))
        self._random = random.Random(seed)
        self._clock = clock
        self._sleep = sleep
        self._examining = threading.Lock()
        self._examined: tuple[float, list[Health]] | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Models":
        """The providers that the variables set up; none is asked. Raises UserError for a value that makes no sense."""
        environ = os.environ if environ is None else environ
        return cls(providers_of(environ), limits_of(environ))

    def only(self, name: str) -> "Models":
        """The provider of this name alone, with what is known of its failures. Raises UserError for another name."""
        for provider, breaker in zip(self.providers, self._breakers, strict=True):
            if provider.name == name:
                return Models([provider], self.limits, [breaker], clock=self._clock, sleep=self._sleep)
        there = ", ".join(provider.name for provider in self.providers) or "none"
        raise UserError(f"There is no provider {name!r} set up; there are: {there}. {SET_UP}.")

    def ask(
        self,
        system: str,
        user: str,
        *,
        most_tokens: int = 400,
        temperature: float = 0.0,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """The answer of the first provider that gives one.

        system: what the model is to do; user: with what
        temperature: 0 for the likeliest answer; a model that takes none uses its own
        on_text: gets the answer in pieces as they come; "" says that the answer broke off and begins anew. An error
            that it raises ends the asking and is passed on.

        Raises NoModel when none answers.
        """
        begin, tried = time.monotonic(), []
        for provider, breaker in zip(self.providers, self._breakers, strict=True):
            try:
                text, first = self._insist(provider, breaker, (system, user, most_tokens, temperature), on_text)
            except Failed as failure:
                tried.append(f"{provider.name}: {failure}")
            else:
                seconds = time.monotonic() - begin
                return Reply(text, provider.name, provider.model, seconds, first, tuple(tried))
        if not self.providers:
            raise NoModel(f"No language model is set up. {SET_UP}.")
        raise NoModel(f"No language model answers. {'; '.join(tried)}.", tuple(tried))

    def health(self) -> list[Health]:
        """Of each provider whether it could answer now; asked for at most every ten seconds, without using tokens."""
        with self._examining:
            if self._examined is None or self._clock() - self._examined[0] >= HEALTH_FOR:
                with ThreadPoolExecutor(len(self.providers) or 1) as pool:
                    found = list(pool.map(self._examine, self.providers, self._breakers))
                self._examined = self._clock(), found
            return list(self._examined[1])

    def prepare(self, system: str = "") -> None:
        """Fetch and load the local model where it is among the providers: the first answer then comes sooner.

        system: as it will be asked, read beforehand. Takes minutes where 1.1 GB are missing. Raises UserError.
        """
        for provider in self.providers:
            try:
                provider.prepare(system)
            except Failed as failure:
                raise UserError(f"The local language model can't be prepared: {failure}.") from failure

    def close(self) -> None:
        """Close connections and end the local engine."""
        for provider in self.providers:
            provider.close()

    def _insist(
        self, provider: Provider, breaker: Breaker, question: tuple, on_text: Callable[[str], None] | None
    ) -> tuple[str, float | None]:
        """The answer of one provider and when it began; tried again where that may help. Raises Failed."""
        for number in range(1, TRIES + 1):
            if not breaker.allow():
                raise Failed(_paused(breaker))
            try:
                answer = self._once(provider, question, on_text)
            except Failed as failure:
                long = failure.wait is not None and failure.wait > LONGEST_WAIT
                breaker.failed(str(failure), failure.wait if long else None)
                if long or not failure.again or number == TRIES:
                    raise Failed(f"{failure} (tried {number} times)" if number > 1 else str(failure)) from None
                wait = BACK_OFF * 2 ** (number - 1) * self._random.uniform(0.5, 1.5)
                self._sleep(max(wait, failure.wait or 0.0))
            except BaseException:
                breaker.abandoned()
                raise
            else:
                breaker.succeeded()
                return answer
        raise AssertionError("the last try returns or raises")

    def _once(
        self, provider: Provider, question: tuple, on_text: Callable[[str], None] | None
    ) -> tuple[str, float | None]:
        provider.open()  # importing a client library can take seconds, which are not the server's
        begin, first, pieces = time.monotonic(), None, []
        try:
            stream = in_time(lambda: provider.stream(*question), self.limits.silence, self.limits.answer)
            with contextlib.closing(stream):
                for piece in filter(None, stream):
                    first = time.monotonic() - begin if first is None else first
                    pieces.append(piece)
                    if on_text is not None:
                        on_text(piece)
            if text := "".join(pieces).strip():
                return text, first
            raise Failed("gives an empty answer", again=True)
        except Failed:
            if pieces and on_text is not None:
                on_text("")
            raise

    def _examine(self, provider: Provider, breaker: Breaker) -> Health:
        def check() -> Iterator[str]:
            yield provider.check()

        try:
            provider.open()
            [note] = in_time(check, HEALTH_WITHIN, HEALTH_WITHIN)
        except Failed as failure:
            return Health(provider.name, provider.model, False, str(failure))
        if breaker.remaining():
            return Health(provider.name, provider.model, False, _paused(breaker))
        return Health(provider.name, provider.model, True, note)


def _paused(breaker: Breaker) -> str:
    return f"{breaker.reason}; is asked again in {breaker.remaining():.0f} s"


def in_time(make: Callable[[], Iterator[str]], silence: float, total: float) -> Iterator[str]:
    """What the iterator yields. Raises Failed after `silence` seconds without a piece and after `total` in all.

    It runs in a thread of its own, because no time limit of a socket covers the look-up of a name, the loading of a
    model, or a server that sends a byte now and then. The thread is left to itself when the time is over; it ends with
    its socket's own limit.
    """
    arrived: queue.SimpleQueue = queue.SimpleQueue()
    stopped = threading.Event()

    def work() -> None:
        try:
            with contextlib.closing(make()) as pieces:
                for piece in pieces:
                    arrived.put(piece)
                    if stopped.is_set():
                        return
            arrived.put(_END)
        except BaseException as error:
            arrived.put(error)

    threading.Thread(target=work, name="language model", daemon=True).start()
    begin = time.monotonic()
    try:
        while True:
            left = begin + total - time.monotonic()
            try:
                item = arrived.get(timeout=max(0.0, min(silence, left)))
            except queue.Empty:
                late = f"says nothing for {silence:g} s" if silence < left else f"is not done after {total:g} s"
                raise Failed(late) from None
            if left <= 0:
                raise Failed(f"is not done after {total:g} s")
            if item is _END:
                return
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()


@functools.cache
def shared() -> Models:
    """Those of the environment, made once for the process: what fails is remembered from one request to the next."""
    return Models.from_environment()
