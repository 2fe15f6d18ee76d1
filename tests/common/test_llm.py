"""Language models: over real sockets, with servers that answer, are late, are broken, or aren't there."""

import contextlib
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anthropic  # noqa: F401 — imported before the clocks of the tests run
import ollama  # noqa: F401
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import llm, llm_local, weights
from common.errors import UserError, WeightsUnavailable
from common.llm import Models, NoModel
from common.llm_breaker import Breaker
from common.llm_failures import Failed, seconds
from common.llm_local import Engine, Local
from common.llm_providers import THOUGHTS, Anthropic, Limits, Ollama, OpenAI

KEY = "sk-secret-0123456789"
QUICK = Limits(connect=2.0, silence=5.0, answer=10.0)
IMPATIENT = Limits(connect=2.0, silence=0.3, answer=0.8)
ROOT = Path(__file__).resolve().parents[2]


class Stub:
    """A server on a free port that answers each POST with the next of its `answers`, and each GET with `models`."""

    def __init__(self) -> None:
        self.answers: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.models: Callable[[BaseHTTPRequestHandler], None] = lambda handler: respond(handler, 404)
        self.asked: list[dict] = []
        self.headers: list[dict] = []
        self.looked = 0
        self.over = threading.Event()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                stub.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                stub.headers.append({name.lower(): value for name, value in self.headers.items()})
                answer = stub.answers.pop(0) if len(stub.answers) > 1 else stub.answers[0]
                with contextlib.suppress(OSError):  # who asked has gone
                    answer(self)

            def do_GET(self) -> None:
                stub.looked += 1
                stub.models(self)

            def log_message(self, *_) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads, self.server.block_on_close = True, False
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def silent(self, handler: BaseHTTPRequestHandler) -> None:
        """No answer at all until the test is over."""
        self.over.wait(20)


def respond(handler, status: int, body: bytes | str | dict = b"", kind: str = "application/json", **headers) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    data = json.dumps(body) if isinstance(body, dict) else body
    handler.wfile.write(data.encode() if isinstance(data, str) else data)


def refuse(status: int, body: bytes | str | dict = b"{}", **headers) -> Callable:
    return lambda handler: respond(handler, status, body, **headers)


class Protocol:
    """How a kind of server streams an answer."""

    kind = "text/event-stream"

    def lines(self, pieces: list[str]) -> Iterator[str]: ...

    def says(self, *pieces: str, until: int | None = None, pause: Callable[[], object] = lambda: None) -> Callable:
        """Answers with the pieces, `until` so many lines are sent."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            respond(handler, 200, kind=self.kind)
            for line in list(self.lines(list(pieces)))[:until]:
                handler.wfile.write(line.encode())
                handler.wfile.flush()
                pause()

        return answer


class OpenAIProtocol(Protocol):
    name = "openai"
    tokens = "max_tokens"

    def provider(self, url: str, limits: Limits = QUICK) -> OpenAI:
        return OpenAI(f"{url}/v1", "small", limits, KEY)

    def lines(self, pieces: list[str]) -> Iterator[str]:
        for at, piece in enumerate([*pieces, None]):
            choice = {"index": 0, "delta": {"content": piece} if piece is not None else {}}
            choice["finish_reason"] = "stop" if at == len(pieces) else None
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "small", "choices": [choice]}
            yield f"data: {json.dumps(chunk)}\n\n"
        yield "data: [DONE]\n\n"

    def models(self, *names: str) -> dict:
        return {"object": "list", "data": [{"id": n, "object": "model", "created": 1, "owned_by": "x"} for n in names]}


class AnthropicProtocol(Protocol):
    name = "anthropic"
    tokens = "max_tokens"

    def provider(self, url: str, limits: Limits = QUICK) -> Anthropic:
        return Anthropic(url, "small", limits, KEY)

    def lines(self, pieces: list[str], reason: str = "end_turn") -> Iterator[str]:
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {"id": "1", "type": "message", "role": "assistant", "model": "small", "content": [], "usage": usage}
        events = [
            {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": p}} for p in pieces),
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage},
            {"type": "message_stop"},
        ]
        for event in events:
            yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"

    def models(self, *names: str) -> dict:
        return {"id": names[0], "type": "model", "display_name": "x", "created_at": "2025-01-01T00:00:00Z"}


class OllamaProtocol(Protocol):
    name = "ollama"
    kind = "application/x-ndjson"

    def provider(self, url: str, limits: Limits = QUICK) -> Ollama:
        return Ollama(url, "small", limits)

    def lines(self, pieces: list[str]) -> Iterator[str]:
        for piece in pieces:
            yield (
                json.dumps({"model": "small", "message": {"role": "assistant", "content": piece}, "done": False}) + "\n"
            )
        yield json.dumps({"model": "small", "message": {"role": "assistant", "content": ""}, "done": True}) + "\n"

    def models(self, *names: str) -> dict:
        return {"models": [{"model": name} for name in names]}


PROTOCOLS = {protocol.name: protocol for protocol in (OpenAIProtocol(), AnthropicProtocol(), OllamaProtocol())}


@pytest.fixture
def stub() -> Iterator[Stub]:
    server = Stub()
    yield server
    server.stop()


@pytest.fixture
def other() -> Iterator[Stub]:
    server = Stub()
    yield server
    server.stop()


@pytest.fixture(params=PROTOCOLS)
def protocol(request) -> Protocol:
    return PROTOCOLS[request.param]


@pytest.fixture
def make() -> Iterator[Callable[..., Models]]:
    """Models that don't wait between tries, but write down in `waits` what they would."""
    made: list[Models] = []

    def models(*providers, limits: Limits = QUICK, **more) -> Models:
        waits: list[float] = []
        made.append(Models(providers, limits, sleep=waits.append, **more))
        made[-1].waits = waits
        return made[-1]

    yield models
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def nowhere() -> str:
    """The address of a port at which nobody listens."""
    server = Stub()
    server.stop()
    return server.url


# An answer


def test_an_answer_comes_in_pieces(stub, protocol, make):
    stub.answers = [protocol.says("Well", " done", ".")]
    pieces = []
    models = make(protocol.provider(stub.url))
    reply = models.ask("Be kind.", "How was it?", most_tokens=77, temperature=0.25, on_text=pieces.append)
    assert (reply.text, pieces) == ("Well done.", ["Well", " done", "."])
    assert (reply.provider, reply.model, reply.tried) == (protocol.name, "small", ())
    assert 0 < reply.first_token <= reply.seconds < 10
    assert models.waits == []


def test_what_is_asked_reaches_each_kind_of_server(stub, protocol, make):
    stub.answers = [protocol.says("Yes")]
    make(protocol.provider(stub.url)).ask("Be kind.", "How was it?", most_tokens=77, temperature=0.25)
    [asked], [headers] = stub.asked, stub.headers
    user = {"role": "user", "content": "How was it?"}
    system = {"role": "system", "content": "Be kind."}
    assert (asked["model"], asked["stream"]) == ("small", True)
    assert headers.get("authorization") == (None if protocol.name == "ollama" else f"Bearer {KEY}")
    if protocol.name == "anthropic":
        assert (asked["system"], asked["messages"], asked["max_tokens"]) == ("Be kind.", [user], 77)
        assert "temperature" not in asked  # newer models refuse it
        assert asked["thinking"] == {"type": "disabled"}
    elif protocol.name == "openai":
        assert (asked["messages"], asked["max_tokens"], asked["temperature"]) == ([system, user], 77, 0.25)
    else:
        assert (asked["messages"], asked["think"]) == ([system, user], False)
        assert (asked["options"]["num_predict"], asked["options"]["temperature"]) == (77, 0.25)


def test_a_server_without_a_key_and_a_model_is_asked_for_its_first(stub, make):
    protocol = PROTOCOLS["openai"]
    stub.answers, stub.models = [protocol.says("Yes")], refuse(200, protocol.models("first", "second"))
    assert make(OpenAI(f"{stub.url}/v1", "", QUICK)).ask("", "Well?").model == "first"
    assert stub.asked[0]["messages"] == [{"role": "user", "content": "Well?"}]


def test_ollama_without_a_model_uses_the_first_that_it_has(stub, make):
    protocol = PROTOCOLS["ollama"]
    stub.answers, stub.models = [protocol.says("Yes")], refuse(200, protocol.models("llama3.2:latest", "second"))
    assert make(Ollama(stub.url, "", QUICK)).ask("", "Well?").model == "llama3.2:latest"


@pytest.mark.parametrize(("name", "parameter"), [("openai", "temperature"), ("anthropic", "thinking")])
def test_a_parameter_that_the_model_refuses_is_left_out_from_then_on(stub, make, name, parameter):
    protocol = PROTOCOLS[name]
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": f"{parameter} is not supported"}}
    stub.answers = [refuse(400, error), protocol.says("Yes")]
    models = make(protocol.provider(stub.url))
    assert models.ask("", "Well?", most_tokens=50).text == "Yes"
    models.ask("", "Well?", most_tokens=50)
    assert [parameter in asked for asked in stub.asked] == [True, False, False]
    # A model that thinks on uses up the tokens for its thoughts.
    assert stub.asked[1]["max_tokens"] == 50 + (THOUGHTS if parameter == "thinking" else 0)


# Failures


def test_a_server_error_is_tried_again_after_waits_that_grow(stub, protocol, make):
    stub.answers = [refuse(500, "internal"), refuse(503), protocol.says("At last")]
    models = make(protocol.provider(stub.url))
    assert models.ask("", "Well?").text == "At last"
    first, second = models.waits
    assert 0.25 <= first <= 0.75 and 0.5 <= second <= 1.5
    assert len(stub.asked) == 3


def test_the_jitter_is_of_its_own_seed(stub, make):
    protocol = PROTOCOLS["ollama"]
    stub.answers = [refuse(500)]
    waits = []
    for seed in (0, 0, 1):
        models = make(protocol.provider(stub.url), seed=seed)
        with pytest.raises(NoModel):
            models.ask("", "Well?")
        waits.append(models.waits)
    assert waits[0] == waits[1] != waits[2]


def test_who_asks_to_wait_is_waited_for(stub, protocol, make):
    stub.answers = [refuse(429, Retry_After="2"), protocol.says("Now")]
    models = make(protocol.provider(stub.url))
    assert models.ask("", "Well?").text == "Now"
    assert models.waits == [2.0]


def test_who_asks_to_wait_long_is_left_alone_for_that_time(stub, other, protocol, make):
    stub.answers = [refuse(429, Retry_After="120")]
    other.answers = [PROTOCOLS["ollama"].says("I am here")]
    now = [0.0]
    clock = lambda: now[0]  # noqa: E731
    models = make(protocol.provider(stub.url), Ollama(other.url, "small", QUICK), clock=clock)
    reply = models.ask("", "Well?")
    assert (reply.text, models.waits, len(stub.asked)) == ("I am here", [], 1)
    assert "answers 429" in reply.tried[0]
    now[0] = 119.0
    assert "asked again in 1 s" in models.ask("", "Well?").tried[0]
    assert len(stub.asked) == 1
    now[0] = 121.0
    stub.answers = [protocol.says("Back")]
    assert models.ask("", "Well?").text == "Back"


def test_an_account_without_credit_is_not_asked_again(stub, make):
    stub.answers = [refuse(429, {"error": {"code": "insufficient_quota", "message": "x", "type": "x", "param": None}})]
    with pytest.raises(NoModel, match="has no credit left"):
        make(PROTOCOLS["openai"].provider(stub.url)).ask("", "Well?")
    assert len(stub.asked) == 1


@pytest.mark.parametrize(
    "body",
    ["{", "<html>busy</html>", "null", "[]", '{"choices": 3}', "data: {broken\n\n", "data: 17\n\n", "\x00\xff" * 50],
    ids=["cut", "html", "null", "list", "wrong type", "broken event", "number", "bytes"],
)
def test_what_can_t_be_read_leads_to_the_next_provider(stub, other, protocol, make, body):
    stub.answers = [refuse(200, body, kind=protocol.kind)]
    other.answers = [PROTOCOLS["openai"].says("I am here")]
    reply = make(protocol.provider(stub.url), OpenAI(f"{other.url}/v1", "big", QUICK)).ask("", "Well?")
    assert (reply.text, reply.provider, reply.model) == ("I am here", "openai", "big")
    [tried] = reply.tried
    assert tried.startswith(f"{protocol.name}: ") and "(tried 3 times)" in tried


def test_an_answer_that_breaks_off_begins_anew(stub, protocol, make):
    cut = 4 if protocol.name == "anthropic" else 2
    stub.answers = [protocol.says("Half", " an", " answer", until=cut), protocol.says("All", " of it")]
    pieces = []
    reply = make(protocol.provider(stub.url)).ask("", "Well?", on_text=pieces.append)
    assert reply.text == "All of it"
    assert pieces == ["Half", " an", "", "All", " of it"]


def test_an_empty_answer_is_none(stub, protocol, make):
    stub.answers = [protocol.says("", " ")]
    with pytest.raises(NoModel, match="empty answer"):
        make(protocol.provider(stub.url)).ask("", "Well?")


def test_silence_is_waited_for_only_so_long_and_not_tried_again(stub, protocol, make):
    stub.answers = [stub.silent]
    models = make(protocol.provider(stub.url, IMPATIENT), limits=IMPATIENT)
    with pytest.raises(NoModel, match=r"says nothing for 0\.3 s|does not answer in time"):
        models.ask("", "Well?")
    assert (len(stub.asked), models.waits) == (1, [])


def test_a_stream_that_drips_is_ended_when_its_time_is_over(stub, protocol, make):
    stub.answers = [protocol.says(*["drop"] * 100, pause=lambda: stub.over.wait(0.1))]
    models = make(protocol.provider(stub.url, IMPATIENT), limits=IMPATIENT)
    with pytest.raises(NoModel, match=r"is not done after 0\.8 s"):
        models.ask("", "Well?")


def test_a_server_that_sends_only_signs_of_life_is_silent(stub, make):
    """What the client library drops itself must not keep the question waiting."""

    def pings(handler: BaseHTTPRequestHandler) -> None:
        respond(handler, 200, kind="text/event-stream")
        while not stub.over.wait(0.05):
            handler.wfile.write(b": ping\n\n")

    stub.answers = [pings]
    with pytest.raises(NoModel, match=r"says nothing for 0\.3 s"):
        make(PROTOCOLS["openai"].provider(stub.url, IMPATIENT), limits=IMPATIENT).ask("", "Well?")


def test_a_server_that_is_not_there_is_named(protocol, make, nowhere):
    models = make(protocol.provider(nowhere))
    with pytest.raises(NoModel, match=rf"{nowhere.removeprefix('http://')} can't be reached \(tried 3 times\)"):
        models.ask("", "Well?")
    assert models.waits  # it may just be starting


def test_a_wrong_model_is_said_and_not_tried_again(stub, protocol, make):
    stub.answers = [refuse(404, {"error": "model 'small' not found"})]
    with pytest.raises(NoModel, match="has no model 'small'"):
        make(protocol.provider(stub.url)).ask("", "Well?")
    assert len(stub.asked) == 1


@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_a_wrong_key_is_said_without_the_key(stub, make, name, caplog):
    protocol = PROTOCOLS[name]
    echo = {"type": "error", "error": {"type": "authentication_error", "message": f"wrong key {KEY} for your text"}}
    stub.answers = stub.models = [refuse(401, echo)], refuse(401, echo)
    stub.answers, stub.models = stub.answers
    provider = protocol.provider(stub.url)
    models = make(provider)
    with caplog.at_level(logging.DEBUG), pytest.raises(NoModel) as raised:
        models.ask("", "Well?")
    [health] = models.health()
    variable = f"{name.upper()}_API_KEY"
    assert f"refuses the key in {variable} (401)" in str(raised.value)
    assert (health.ready, variable in health.reason) == (False, True)
    spoken = [str(raised.value), repr(raised.value.__cause__), repr(health), repr(provider), repr(models), caplog.text]
    assert KEY not in "".join(spoken)
    assert "your text" not in str(raised.value)


def test_a_password_in_an_address_is_not_shown(nowhere, make):
    url = nowhere.replace("http://", "http://me:hidden@")
    models = make(OpenAI(f"{url}/v1", "small", QUICK), Ollama(url, "small", QUICK))
    with pytest.raises(NoModel) as raised:
        models.ask("", "Well?")
    assert "can't be reached" in str(raised.value)
    assert "hidden" not in f"{raised.value}{models.health()}"


def test_a_refusal_of_the_model_is_no_answer(stub, make):
    protocol = PROTOCOLS["anthropic"]
    lines = list(protocol.lines(["I"], reason="refusal"))
    stub.answers = [refuse(200, "".join(lines), kind=protocol.kind)]
    with pytest.raises(NoModel, match="declines to answer"):
        make(protocol.provider(stub.url)).ask("", "Well?")
    assert len(stub.asked) == 1


def test_all_that_was_tried_is_told_in_its_order(stub, other, nowhere, make):
    stub.answers, other.answers = [refuse(404)], [refuse(500)]
    models = make(
        Ollama(nowhere, "small", QUICK), Anthropic(stub.url, "small", QUICK, KEY), OpenAI(other.url, "big", QUICK)
    )
    with pytest.raises(NoModel) as raised:
        models.ask("", "Well?")
    assert [reason.split(":")[0] for reason in raised.value.tried] == ["ollama", "anthropic", "openai"]
    assert isinstance(raised.value, UserError)


def test_an_error_of_the_listener_is_its_own(stub, protocol, make):
    """It ends the asking at once, and the provider is not blamed."""
    stub.answers = [protocol.says("One", " two")]
    breaker = Breaker(failures=1)
    models = make(protocol.provider(stub.url), breakers=[breaker])

    def listen(piece: str) -> None:
        raise KeyError(piece)

    with pytest.raises(KeyError, match="One"):
        models.ask("", "Well?", on_text=listen)
    assert breaker.allow() and len(stub.asked) == 1


def test_many_ask_at_once(stub, make):
    protocol = PROTOCOLS["openai"]
    stub.answers = [protocol.says("Well", " done")]
    models = make(protocol.provider(stub.url))
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(models.ask("", "Well?").text)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == ["Well done"] * 8


@pytest.mark.parametrize(
    ("header", "wait"),
    [("3", 3.0), ("0.5", 0.5), ("-4", 0.0), ("", None), ("soon", None), ("nan", None), ("inf", None)],
)
def test_the_header_retry_after_in_seconds(header, wait):
    assert seconds(header) == wait


def test_the_header_retry_after_as_a_date():
    later = datetime.now(timezone.utc) + timedelta(seconds=90)
    assert 85 < seconds(format_datetime(later, usegmt=True)) <= 90
    assert seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


@given(st.text())
def test_any_header_retry_after_is_a_time_or_nothing(header):
    wait = seconds(header)
    assert wait is None or wait >= 0


# Health


def test_health_tells_who_could_answer(stub, other, nowhere, make):
    stub.models = refuse(200, PROTOCOLS["openai"].models("small"))
    other.models = refuse(200, PROTOCOLS["ollama"].models("other:latest"))
    models = make(
        OpenAI(f"{stub.url}/v1", "small", QUICK),
        Ollama(other.url, "small", QUICK),
        Ollama(other.url, "other", QUICK),
        Anthropic(nowhere, "small", QUICK, KEY),
        OpenAI("https://api.openai.com/v1", "small", QUICK),
    )
    found = models.health()
    assert [health.ready for health in found] == [True, False, True, False, False]
    assert found[0].reason == found[2].reason == ""
    assert "has no model 'small'" in found[1].reason and "ollama pull small" in found[1].reason
    assert "can't be reached" in found[3].reason
    assert found[4].reason == "OPENAI_API_KEY is not set"


def test_anthropic_is_healthy_where_it_knows_the_model(stub, make):
    stub.models = refuse(200, PROTOCOLS["anthropic"].models("small"))
    assert make(Anthropic(stub.url, "small", QUICK, KEY)).health()[0].ready


def test_health_is_asked_for_now_and_then_only(stub, make):
    stub.models = refuse(200, PROTOCOLS["ollama"].models("small"))
    now = [0.0]
    models = make(Ollama(stub.url, "small", QUICK), clock=lambda: now[0])
    for now[0] in (0.0, 1.0, 9.9):
        assert models.health()[0].ready
    assert stub.looked == 1
    stub.models = refuse(500)
    now[0] = 10.1
    assert not models.health()[0].ready
    assert stub.looked == 2


def test_health_does_not_wait_for_a_server_that_says_nothing(stub, make, monkeypatch):
    monkeypatch.setattr(llm, "HEALTH_WITHIN", 0.3)
    stub.models = stub.silent
    models = make(*(Ollama(stub.url, "small", QUICK) for _ in range(4)))
    assert {health.reason for health in models.health()} == {"is not done after 0.3 s"}


def test_who_failed_before_is_not_ready_though_it_looks_well(stub, make):
    stub.answers, stub.models = [refuse(500)], refuse(200, PROTOCOLS["ollama"].models("small"))
    models = make(Ollama(stub.url, "small", QUICK))
    with pytest.raises(NoModel):
        models.ask("", "Well?")
    [health] = models.health()
    assert not health.ready
    assert "answers 500; is asked again in 30 s" in health.reason


def test_nothing_is_set_up(make):
    models = make()
    assert models.health() == []
    with pytest.raises(NoModel, match=r"No language model is set up\. Set OLLAMA_HOST.*LLM_LOCAL=1"):
        models.ask("", "Well?")


# The circuit breaker


def test_a_breaker_opens_lets_one_through_and_closes():
    now = [0.0]
    breaker = Breaker(failures=2, pause=30, clock=lambda: now[0])
    assert breaker.allow()
    breaker.failed("once")
    assert breaker.allow() and breaker.remaining() == 0
    breaker.failed("twice")
    assert not breaker.allow()
    now[0] = 29.0
    assert (breaker.allow(), breaker.remaining(), breaker.reason) == (False, 1.0, "twice")
    now[0] = 30.0
    assert [breaker.allow() for _ in range(3)] == [True, False, False]
    breaker.failed("again")
    assert not breaker.allow() and breaker.remaining() == 30.0
    now[0] = 60.0
    assert breaker.allow()
    breaker.abandoned()  # told nothing, so another one may try
    assert breaker.allow()
    breaker.succeeded()
    assert all(breaker.allow() for _ in range(3))
    breaker.failed("once")  # counted anew
    assert breaker.allow()


def test_only_failures_in_a_row_count():
    breaker = Breaker(failures=2)
    for _ in range(5):
        breaker.failed("no")
        breaker.succeeded()
    assert breaker.allow()


def test_of_many_threads_one_goes_through_a_half_open_breaker():
    now = [0.0]
    breaker = Breaker(failures=1, pause=1, clock=lambda: now[0])
    breaker.failed("no")
    now[0] = 2.0
    allowed, gate = [], threading.Barrier(16)

    def ask() -> None:
        gate.wait()
        allowed.append(breaker.allow())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == 1


@pytest.mark.parametrize("wrong", [{"failures": 0}, {"pause": 0}])
def test_a_breaker_that_can_t_work_is_refused(wrong):
    with pytest.raises(ValueError, match="must be at least 1"):
        Breaker(**wrong)


def test_a_provider_that_fails_is_left_alone_for_a_while(nowhere, stub, make):
    stub.answers = [PROTOCOLS["openai"].says("I am here")]
    now = [0.0]
    models = make(Ollama(nowhere, "small", QUICK), OpenAI(stub.url, "big", QUICK), clock=lambda: now[0])
    models.ask("", "Well?")
    waits = len(models.waits)
    reply = models.ask("", "Well?")
    assert "can't be reached; is asked again in 30 s" in reply.tried[0]
    assert len(models.waits) == waits


# What the environment says


def names(environ: dict[str, str]) -> list[str]:
    return [provider.name for provider in Models.from_environment(environ).providers]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, []),
        ({"OPENAI_API_KEY": " ", "LLM_LOCAL": "0"}, []),
        ({"ANTHROPIC_API_KEY": KEY, "OPENAI_API_KEY": KEY, "OLLAMA_HOST": "box"}, ["ollama", "openai", "anthropic"]),
        ({"OPENAI_BASE_URL": "http://box:8000/v1"}, ["openai"]),
        ({"LLM_LOCAL": "1", "OLLAMA_MODEL": "llama3.2"}, ["ollama", "local"]),
        ({"LLM_LOCAL": "/models/x.gguf"}, ["local"]),
        ({"LLM_PROVIDERS": "local, anthropic,local"}, ["local", "anthropic"]),
        ({"LLM_PROVIDERS": "Anthropic ollama", "OPENAI_API_KEY": KEY}, ["anthropic", "ollama"]),
        ({"LLM_PROVIDERS": "none", "OPENAI_API_KEY": KEY}, []),
    ],
)
def test_what_is_set_up_is_used_in_its_order(environ, expected):
    assert names(environ) == expected


def test_the_variables_reach_the_providers():
    environ = {
        "OLLAMA_HOST": "box", "OLLAMA_MODEL": "llama3.2",
        "OPENAI_API_KEY": KEY, "OPENAI_MODEL": "big",
        "ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": "http://box:9/", "ANTHROPIC_MODEL": "good",
        "LLM_LOCAL": "~/x.gguf", "LLM_TIMEOUT": "5",
    }  # fmt: skip
    models = Models.from_environment(environ)
    found = [(provider.url, provider.model) for provider in models.providers]
    assert found == [
        ("http://box:11434", "llama3.2"),
        ("https://api.openai.com/v1", "big"),
        ("http://box:9", "good"),
        ("", "x"),
    ]
    assert models.limits == Limits(connect=3, silence=5, answer=5)
    assert KEY not in repr(models) + repr(models.providers) + repr(vars(models))


@pytest.mark.parametrize(
    ("host", "url"),
    [("box:99", "http://box:99"), ("https://box/ollama", "https://box/ollama"), ("0.0.0.0", "http://0.0.0.0:11434")],
)
def test_the_address_of_ollama_is_read_as_ollama_does(host, url):
    assert Models.from_environment({"OLLAMA_HOST": host}).providers[0].url == url


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"LLM_PROVIDERS": "ollama,gpt"}, "LLM_PROVIDERS names 'gpt'; there are ollama, openai, anthropic, local"),
        ({"OPENAI_BASE_URL": "box:8000"}, "OPENAI_BASE_URL: 'box:8000' is no address"),
        ({"OLLAMA_HOST": "http://"}, "OLLAMA_HOST: 'http://' is no address"),
        ({"ANTHROPIC_API_KEY": "x", "ANTHROPIC_BASE_URL": "http://a:b"}, "ANTHROPIC_BASE_URL"),
        ({"OPENAI_BASE_URL": "ftp://me:hidden@box"}, "OPENAI_BASE_URL: its value is no address"),
        ({"LLM_TIMEOUT": "soon"}, "LLM_TIMEOUT='soon' is no number of seconds"),
        ({"LLM_TIMEOUT": "-1"}, "LLM_TIMEOUT='-1'"),
        ({"LLM_TIMEOUT": "inf"}, "LLM_TIMEOUT='inf'"),
        ({"LLM_LOCAL": "1", "LLM_THREADS": "0"}, "LLM_THREADS='0' is no number of threads"),
    ],
)
def test_what_makes_no_sense_is_said_at_once(environ, said):
    with pytest.raises(UserError, match=said) as raised:
        Models.from_environment(environ)
    assert "hidden" not in str(raised.value)


# The model on this machine


@pytest.fixture(scope="module")
def gguf() -> Path:
    pytest.importorskip("xllamacpp")
    try:
        return weights.path("smollm2-135m")
    except WeightsUnavailable as error:
        pytest.skip(str(error).splitlines()[0])


@pytest.fixture(scope="module")
def local(gguf) -> Iterator[Local]:
    provider = Local(gguf, Limits(silence=60, answer=120))
    yield provider
    provider.close()


def test_the_model_on_this_machine_answers(local):
    models = Models([local], Limits(silence=60, answer=120))
    assert models.health()[0].reason == "loads at the first question"
    models.prepare("You are terse.")
    pieces = []
    reply = models.ask("You are terse.", "Say hello.", most_tokens=8, on_text=pieces.append)
    assert (reply.provider, reply.text) == ("local", "".join(pieces).strip())
    assert reply.text and len(pieces) <= 8
    again = models.ask("You are terse.", "Say hello.", most_tokens=8)
    assert again.text == reply.text  # without temperature the same
    assert local.check() == ""


def test_the_engine_is_an_openai_server_that_only_its_owner_may_ask(local):
    """The path of every server that speaks OpenAI's language, over a real one."""
    local.prepare("")
    client = local._running()
    server = Models([OpenAI(client.url, local.model, Limits(silence=60, answer=120), client._key)])
    assert server.health()[0].ready
    assert server.ask("", "Say hello.", most_tokens=4).text
    with pytest.raises(NoModel, match="answers 400"):
        server.ask("", "hello " * 4000, most_tokens=4)
    server.close()
    stranger = Models([OpenAI(client.url, local.model, QUICK, "guessed")])
    with pytest.raises(NoModel, match="refuses the key"):
        stranger.ask("", "Say hello.")
    stranger.close()
    wrong = Models([OpenAI(client.url, "other", QUICK, client._key)])
    assert "has no model 'other'" in wrong.health()[0].reason
    wrong.close()


def test_an_engine_that_died_is_started_again(local):
    local.prepare("")
    local._engine._process.kill()
    local._engine._process.wait()
    assert Models([local], Limits(silence=60, answer=120)).ask("", "Say hello.", most_tokens=4).text


def test_the_engine_ends_with_who_started_it():
    pytest.importorskip("xllamacpp")
    command = [sys.executable, "-m", "common.llm_engine"]
    settings = json.dumps({"path": "/nowhere.gguf", "name": "x", "key": "x", "threads": 1})
    ended = subprocess.run(command, cwd=ROOT, input=settings + "\n", capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0
    assert "error" in json.loads(ended.stdout)


def test_a_file_that_is_no_model_is_said(tmp_path):
    pytest.importorskip("xllamacpp")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(Failed, match=r"can't load broken\.gguf"):
        Engine(broken, "x")


def test_why_there_is_no_model_on_this_machine_is_said(tmp_path, monkeypatch):
    [health] = Models([Local(tmp_path / "none.gguf", QUICK)]).health()
    assert not health.ready and "there is no file" in health.reason and "none.gguf" in health.reason
    monkeypatch.setenv("DEMO_WEIGHTS_CACHE", str(tmp_path))
    monkeypatch.delenv("DEMO_WEIGHTS_DIR", raising=False)
    [health] = Models([Local(None, QUICK)]).health()
    assert "(1.1 GB) is not here; `python -m common.weights fetch qwen2.5-coder-1.5b`" in health.reason
    monkeypatch.setattr(llm_local, "PACKAGE", "no_such_engine")
    [health] = Models([Local(None, QUICK)]).health()
    assert health.reason == "no_such_engine is not installed; `pip install no_such_engine` brings it"
    with pytest.raises(NoModel, match="is not installed"):
        Models([Local(None, QUICK)]).ask("", "Well?")


def test_importing_loads_no_client_library():
    code = (
        "import sys, common.llm; print(*({'openai', 'anthropic', 'ollama', 'httpx', 'xllamacpp'} & sys.modules.keys()))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert loaded.split() == []
    assert openai.__version__  # it is there, so the test can fail
