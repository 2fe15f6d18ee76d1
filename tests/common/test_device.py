"""Nothing here needs a GPU. The Hub is a real server on this machine's own address."""

import http.server
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from common import device
from common.device import ModelCache, choose, gpu, gpu_lock, hub_reachable, tier
from common.errors import UserError


@pytest.fixture(autouse=True)
def plain_settings(monkeypatch):
    for name in ("DEVICE", "MODELS", "HF_HUB_OFFLINE", "HF_ENDPOINT", "SPACES_ZERO_GPU"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hub(monkeypatch):
    """A server that answers 404 to everything, like the Hub's to a question it does not like."""

    class Refuse(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.server.asked += 1
            self.send_error(404)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refuse) as server:
        server.asked = 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield server
        server.shutdown()


def test_the_cpu_on_request_with_the_reason(monkeypatch):
    monkeypatch.setenv("DEVICE", " CPU ")
    chosen = choose()
    assert (chosen.name, chosen.dtype) == ("cpu", "float32")
    assert "DEVICE=cpu" in chosen.reason


def test_the_choice_is_one_that_torch_can_use():
    import torch

    chosen = choose()
    assert chosen.reason
    torch.ones(2, 2, device=chosen.name, dtype=getattr(torch, chosen.dtype)).sum().item()


def test_an_unknown_or_missing_device_is_named(monkeypatch):
    import torch

    monkeypatch.setenv("DEVICE", "tpu")
    with pytest.raises(UserError, match=r"DEVICE='tpu'.*cuda"):
        choose()
    missing = "mps" if not torch.backends.mps.is_available() else "cuda"
    monkeypatch.setenv("DEVICE", missing)
    with pytest.raises(UserError, match=f"DEVICE={missing}"):
        choose()


def test_the_gpu_lock_is_one_for_all_threads_and_may_be_taken_twice_by_one():
    order = []

    def work() -> None:
        with gpu_lock():
            order.append("second")

    with gpu_lock(), gpu_lock():
        other = threading.Thread(target=work)
        other.start()
        time.sleep(0.1)
        order.append("first")
    other.join(5)
    assert order == ["first", "second"]


def test_gpu_leaves_functions_alone_outside_zero_gpu():
    def function():
        return 1

    assert gpu(function) is function


def test_gpu_needs_hugging_faces_package_and_not_our_folder():
    # -S leaves the installed packages out, so that only our folder spaces/ answers to the name.
    code = "from common.device import gpu\ntry: gpu(print)\nexcept RuntimeError as error: print(error)"
    environment = {"SPACES_ZERO_GPU": "true", "PYTHONPATH": str(Path(device.__file__).parent.parent)}
    run = subprocess.run(
        [sys.executable, "-S", "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert "not installed" in run.stdout


def test_the_tier_is_what_models_says(monkeypatch):
    for value in ("full", "embedded"):
        monkeypatch.setenv("MODELS", value.upper())
        assert tier() == value
    monkeypatch.setenv("MODELS", "huge")
    with pytest.raises(UserError, match=r"MODELS='huge'.*embedded, full"):
        tier()


def test_full_by_itself_only_with_a_gpu_and_the_hub(monkeypatch, hub):
    monkeypatch.setenv("DEVICE", "cpu")
    assert tier() == "embedded"
    monkeypatch.setenv("SPACES_ZERO_GPU", "1")
    assert tier() == "full"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert tier() == "embedded"


def test_a_tier_that_is_asked_for_costs_no_torch():
    code = "import sys; from common.device import tier; print(tier(), 'torch' in sys.modules)"
    environment = os.environ | {"MODELS": "embedded"}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["embedded", "False"]


def test_the_hub_is_asked_once_and_an_answer_is_an_answer(hub):
    assert hub_reachable() and hub_reachable()
    assert hub.asked == 1


def test_a_hub_that_refuses_or_is_silent_is_not_there(monkeypatch):
    import socket

    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        assert not hub_reachable()
    monkeypatch.setattr(device, "HUB_ANSWERS_WITHIN", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        assert not hub_reachable()
        assert time.monotonic() - started < 2


# --- ModelCache. Arrays stand for models: they have a size, and no two are the same object.


def array(megabytes: int = 1):
    return lambda: np.zeros(megabytes * 1_000_000, np.uint8)


def test_a_model_is_loaded_once():
    cache = ModelCache(10_000_000)
    first = cache.get("a", array())
    assert cache.get("a", array()) is first
    assert cache.get("b", array()) is not first
    assert cache.held() == {"a": 1_000_000, "b": 1_000_000}


def test_the_one_used_longest_ago_goes_first():
    cache = ModelCache(3_000_000)
    for key in "abc":
        cache.get(key, array())
    kept = cache.get("a", array())
    cache.get("d", array())
    assert list(cache.held()) == ["c", "a", "d"]
    assert cache.get("a", array()) is kept
    cache.get("e", array(2))
    assert list(cache.held()) == ["a", "e"]


def test_one_larger_than_the_limit_is_kept_alone():
    cache = ModelCache(2_000_000)
    cache.get("small", array())
    large = cache.get("large", array(5))
    assert cache.get("large", array(5)) is large
    assert list(cache.held()) == ["large"]


def test_a_stated_size_makes_room_before_loading():
    cache = ModelCache(3_000_000)
    cache.get("a", array(2))
    seen = []
    cache.get("b", lambda: seen.append(cache.held()) or object(), size=2_000_000)
    assert seen == [{}]
    assert cache.held() == {"b": 2_000_000}


def test_a_released_model_lives_while_it_is_used():
    cache = ModelCache(1_000_000)
    model = cache.get("a", array())
    cache.get("b", array())
    assert list(cache.held()) == ["b"] and model.sum() == 0
    cache.clear()
    assert cache.held() == {}
    assert cache.get("b", array()).nbytes == 1_000_000


def test_two_threads_that_want_the_same_load_once():
    cache = ModelCache(10_000_000)
    loads = []
    together = threading.Barrier(8)

    def load():
        loads.append(1)
        time.sleep(0.1)
        return np.zeros(10)

    def ask(_):
        together.wait(5)
        return cache.get("a", load)

    with ThreadPoolExecutor(8) as pool:
        models = list(pool.map(ask, range(8)))
    assert len(loads) == 1 and all(model is models[0] for model in models)


def test_a_slow_load_does_not_hold_up_another_key():
    cache = ModelCache(10_000_000)
    started, go_on = threading.Event(), threading.Event()

    def slow():
        started.set()
        assert go_on.wait(5)
        return np.zeros(1)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(cache.get, "slow", slow)
        assert started.wait(5)
        cache.get("quick", array())
        assert not waiting.done() and "slow" not in cache.held()
        go_on.set()
        assert waiting.result(5).nbytes == 8


def test_a_load_that_fails_is_tried_again_and_told_to_all_who_waited():
    cache = ModelCache(10_000_000)
    waiting = threading.Event()

    def fail():
        waiting.wait(5)
        raise OSError("the disk is gone")

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(cache.get, "a", fail) for _ in range(2)]
        time.sleep(0.1)
        waiting.set()
        for future in asked:
            with pytest.raises(OSError, match="gone"):
                future.result(5)
    assert cache.held() == {}
    assert cache.get("a", array()).nbytes == 1_000_000


def test_a_model_without_a_size_is_refused_and_not_kept():
    cache = ModelCache(10)
    with pytest.raises(AttributeError, match="nbytes"):
        cache.get("a", object)
    assert cache.get("a", object, size=1) is cache.get("a", object, size=1)


def test_many_threads_never_pass_the_limit_nor_mix_up_models():
    cache = ModelCache(4_000)

    def ask(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for key in rng.integers(0, 12, 200).tolist():
            model = cache.get(key, lambda key=key: np.full(1_000, key, np.uint8))
            assert model[0] == key
            assert sum(cache.held().values()) <= 4_000

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(ask, range(6)))


def test_a_limit_must_be_positive():
    with pytest.raises(ValueError, match="-1"):
        ModelCache(-1)
