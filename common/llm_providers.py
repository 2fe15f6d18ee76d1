"""The providers of language models, each through its official client library.

    Ollama        a server at OLLAMA_HOST                       ollama
    OpenAI        OpenAI, or any server that speaks its language: vLLM, llama.cpp, LM Studio, …   openai
    Anthropic     Anthropic                                     anthropic

Their own retries are off: common/llm.py decides what is tried again and when.
"""

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from common.llm_failures import Failed, broken_off, failures, no_model, refused

if TYPE_CHECKING:
    import httpx

OPENAI_URL = "https://api.openai.com/v1"
ANTHROPIC_URL = "https://api.anthropic.com"
OLLAMA_PORT = 11434
OLLAMA_URL = f"http://127.0.0.1:{OLLAMA_PORT}"
OPENAI_MODEL = "gpt-5.4-mini"
ANTHROPIC_MODEL = "claude-haiku-4-5"
# Tokens more for a model that thinks before it answers and doesn't let itself be stopped: its thoughts count too.
THOUGHTS = 4000
_PARAMETERS = ("temperature", "seed", "reasoning_effort", "thinking")  # that a model may refuse


@dataclass(frozen=True)
class Limits:
    """Time limits of one try, in seconds.

    connect: to reach the server
    silence: until the first piece of the answer, and between two
    answer: for the whole answer
    """

    connect: float = 3.0
    silence: float = 20.0
    answer: float = 60.0


class Provider(ABC):
    """A place that answers. Safe to share between threads.

    name: as in LLM_PROVIDERS. model: "" for the first that the server has. url: of the server
    """

    name: str

    def __init__(self, url: str, model: str, limits: Limits) -> None:
        self.url = url
        self.model = model
        self._limits = limits
        self._lock = threading.Lock()
        self._client: Any = None

    @property
    def where(self) -> str:
        """The server's host and port. Not its address, which may hold a password."""
        parts = urlsplit(self.url)
        return parts.netloc.rpartition("@")[2]

    def open(self) -> Any:
        """The client, made at the first call; asks no server."""
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def close(self) -> None:
        """Let go of the connections. The provider can be used again."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    @abstractmethod
    def _connect(self) -> Any: ...

    @abstractmethod
    def check(self) -> str:
        """Raise Failed where a question can't be answered now; costs no tokens. Gives what else is to know, or ""."""

    @abstractmethod
    def stream(self, system: str, user: str, most_tokens: int, temperature: float) -> Iterator[str]:
        """The answer in pieces, some of them empty. Raises Failed; no time limit but those of the sockets."""

    def prepare(self, system: str) -> None:  # noqa: B027 — most have nothing to prepare
        """Do beforehand what would slow the first answer; `system` as it will be asked. May raise UserError."""


class Ollama(Provider):
    """Models in an Ollama server. Its library sends OLLAMA_API_KEY, where that is set."""

    name = "ollama"

    def _connect(self) -> Any:
        import httpx
        from ollama import Client

        hooks = {"response": [self._judge]}
        limits = httpx.Timeout(self._limits.silence, connect=self._limits.connect)
        return Client(self.url, timeout=limits, event_hooks=hooks, trust_env=not is_local(self.url))

    def _judge(self, response: "httpx.Response") -> None:
        """Called by the library's HTTP client: the library itself would drop the headers of a refusal."""
        if response.status_code >= 400:
            raise self._refused(response.status_code, response.headers.get("Retry-After"))

    def _refused(self, status: int, retry_after: str | None = None) -> Failed:
        if status == 404:
            return Failed(f"{self.where} has no model {self.model!r}; bring it with `ollama pull {self.model}`")
        return refused(status, self.where, "OLLAMA_API_KEY", retry_after=retry_after)

    def check(self) -> str:
        with self._failures():
            names = [model.model or "" for model in self.open().list().models]
        if not names:
            raise Failed(f"{self.where} has no models; bring one with `ollama pull llama3.2`")
        if not self.model:
            self.model = names[0]
        if not {self.model, f"{self.model}:latest"} & set(names):
            raise self._refused(404)
        return ""

    def stream(self, system: str, user: str, most_tokens: int, temperature: float) -> Iterator[str]:
        if not self.model:
            self.check()
        options = {"temperature": temperature, "num_predict": most_tokens, "seed": 0}
        with self._failures():
            # Thoughts would use up the tokens, and nobody reads them.
            parts = self.open().chat(self.model, _messages(system, user), think=False, stream=True, options=options)
            with contextlib.closing(parts):
                for part in parts:
                    yield part.message.content or ""
                    if part.done:
                        return
        raise broken_off(self.where)

    def _failures(self) -> contextlib.AbstractContextManager:
        import httpx

        return failures(
            self.where, timeouts=(httpx.TimeoutException,), unreachable=(httpx.ConnectError, ConnectionError)
        )


class _Stainless(Provider):
    """What the libraries of OpenAI and Anthropic share: both are made by one generator.

    key: from the environment, "" for a server that needs none. variable: the one that the key is from
    """

    variable: str

    def __init__(self, url: str, model: str, limits: Limits, key: str = "") -> None:
        super().__init__(url, model, limits)
        self._key = key
        self._unwanted: set[str] = set()  # parameters that the model refused

    def _options(self, library: ModuleType) -> dict[str, Any]:
        limits = library.Timeout(self._limits.silence, connect=self._limits.connect)
        client = library.DefaultHttpxClient(timeout=limits, trust_env=not is_local(self.url))
        # The library insists on a key, also for servers that want none.
        return {"base_url": self.url, "api_key": self._key or "none", "max_retries": 0, "http_client": client}

    @contextlib.contextmanager
    def _failures(self, library: ModuleType) -> Iterator[None]:
        with failures(self.where, (library.APITimeoutError,), (library.APIConnectionError,)):
            try:
                yield
            except library.APIStatusError as error:
                headers = error.response.headers
                code = getattr(error, "code", None) or getattr(error, "type", None)
                raise refused(
                    error.status_code, self.where, self.variable, self.model, code, headers.get("Retry-After")
                ) from None

    def _ask(self, library: ModuleType, create: Callable, tokens: str, most: int, values: dict[str, Any]) -> Any:
        """Call `create`, leaving out what the model refuses: which parameters are allowed depends on the model.

        tokens: the name of the parameter for the most tokens
        """
        while True:
            kept = {name: value for name, value in values.items() if name not in self._unwanted}
            thinks = bool({"reasoning_effort", "thinking"} & self._unwanted)
            try:
                return create(model=self.model, stream=True, **{tokens: most + THOUGHTS * thinks}, **kept)
            except library.BadRequestError as error:
                named = {name for name in _PARAMETERS if name in kept and name in str(error.body)}
                if not named:
                    raise
                self._unwanted |= named


class OpenAI(_Stainless):
    """OpenAI, or a server that speaks its language."""

    name = "openai"
    variable = "OPENAI_API_KEY"

    @property
    def _is_theirs(self) -> bool:
        return urlsplit(self.url).hostname == urlsplit(OPENAI_URL).hostname

    def _connect(self) -> Any:
        import openai

        if self._is_theirs and not self._key:
            raise Failed(f"{self.variable} is not set")
        return openai.OpenAI(**self._options(openai))

    def check(self) -> str:
        import openai

        with self._failures(openai):
            if self._is_theirs:
                self.open().models.retrieve(self.model)
                return ""
            names = [model.id for model in self.open().models.list().data]
        if not names:
            raise Failed(f"{self.where} has no models")
        if not self.model:
            self.model = names[0]
        if self.model not in names:
            raise no_model(self.where, self.model)
        return ""

    def stream(self, system: str, user: str, most_tokens: int, temperature: float) -> Iterator[str]:
        import openai

        if not self.model:
            self.check()
        values = {"messages": _messages(system, user), "temperature": temperature}
        # Other servers know the older name only, and some stumble over what they don't know.
        tokens = "max_completion_tokens" if self._is_theirs else "max_tokens"
        values |= {"reasoning_effort": "none"} if self._is_theirs else {"seed": 0}
        finished, create = False, self.open().chat.completions.create
        with self._failures(openai), self._ask(openai, create, tokens, most_tokens, values) as events:
            for event in events:
                for choice in event.choices:
                    yield choice.delta.content or ""
                    finished = finished or choice.finish_reason is not None
        if not finished:
            raise broken_off(self.where)


class Anthropic(_Stainless):
    """Anthropic. Its newer models take no temperature, so none is sent."""

    name = "anthropic"
    variable = "ANTHROPIC_API_KEY"

    def _connect(self) -> Any:
        import anthropic

        if not self._key:
            raise Failed(f"{self.variable} is not set")
        return anthropic.Anthropic(**self._options(anthropic))

    def check(self) -> str:
        import anthropic

        with self._failures(anthropic):
            self.open().models.retrieve(self.model)
        return ""

    def stream(self, system: str, user: str, most_tokens: int, temperature: float) -> Iterator[str]:
        import anthropic

        values = {"system": system, "messages": _messages("", user), "thinking": {"type": "disabled"}}
        create = self.open().messages.create
        with self._failures(anthropic), self._ask(anthropic, create, "max_tokens", most_tokens, values) as events:
            for event in events:
                if event.type == "content_block_delta" and event.delta.type == "text_delta":
                    yield event.delta.text
                elif event.type == "message_delta" and event.delta.stop_reason == "refusal":
                    raise Failed(f"{self.where} declines to answer")
                elif event.type == "message_stop":
                    return
        raise broken_off(self.where)


def is_local(url: str) -> bool:
    """Whether an address is on this machine, where a proxy has no business."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _messages(system: str, user: str) -> list[dict[str, str]]:
    told = [{"role": "system", "content": system}] if system else []
    return [*told, {"role": "user", "content": user}]
