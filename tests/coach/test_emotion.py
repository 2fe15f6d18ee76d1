"""Arousal from voices by espeak-ng, valence with the real MiniLM, tiny real networks, and a service on a socket."""

import contextlib
import io
import threading
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach import arousal as acoustic
from coach import emotion_models
from coach.arousal import USUAL, Cues
from coach.emotion import Emotion, Reading, estimate
from coach.emotion_models import HubModel, Service
from coach.valence import affirmed, valence
from common import text, voice
from common.device import choose
from common.errors import UserError
from tests.coach.speech import Voice, speak

RATE = voice.RATE
PLAIN = Cues(level=-25.0, pitch=88.0, pitch_range=6.0, pitch_speed=2.9, balance=-12.0)
WORDS = "we met the supplier on a monday and went through the list of parts one by one"


@dataclass(frozen=True)
class Said:
    """As a segment of a transcript."""

    start: float
    end: float
    text: str


@pytest.fixture(scope="module")
def minilm(one_thread):
    return text.load()


def spoken(pitch=50, range=200, gain=0.0) -> tuple[np.ndarray, list[tuple[float, float]]]:
    talk = speak([WORDS], Voice("en-us", speed=150, pitch=pitch, range=range))
    return talk.samples * 10 ** (gain / 20), talk.stretches


def judged(samples, speech, **more) -> Emotion:
    return estimate(samples.astype(np.float32), voice.measure(samples), speech, **more)


class TestArousal:
    @pytest.mark.parametrize("cue", list(USUAL))
    @pytest.mark.parametrize("earlier", [(), (PLAIN,) * 3], ids=["people", "speaker"])
    def test_rises_with_each_cue(self, cue, earlier):
        values = [
            acoustic.arousal(replace(PLAIN, **{cue: getattr(PLAIN, cue) + step * USUAL[cue].within}), earlier)
            for step in (-2, -1, 0, 1, 2)
        ]
        assert values == sorted(values) and values[2] == pytest.approx(0.5) and values[4] - values[0] > 0.02

    def test_is_beside_how_the_speaker_speaks(self):
        low, high = replace(PLAIN, pitch=80.0), replace(PLAIN, pitch=93.0)
        assert acoustic.arousal(high) > acoustic.arousal(low) + 0.1
        for usual in (low, high):
            assert acoustic.arousal(usual, [usual] * 20) == pytest.approx(0.5, abs=0.01)
            lively = replace(usual, pitch=usual.pitch + 5, balance=usual.balance + 4)
            assert acoustic.arousal(lively, [usual] * 5) > 0.65
        one, many = (acoustic.arousal(high, [high] * count) for count in (1, 10))
        assert 0.5 < many < one < acoustic.arousal(high)

    def test_asks_no_level_of_a_recording_that_was_levelled(self):
        loud, soft = (replace(PLAIN, level=level, levelled=True) for level in (-10.0, -40.0))
        assert acoustic.arousal(loud) == acoustic.arousal(soft) == pytest.approx(0.5)
        assert acoustic.arousal(loud, [soft] * 3) == pytest.approx(0.5)
        # Beside quiet recordings by the same microphone, full scale is loud.
        assert acoustic.arousal(loud, [replace(PLAIN, level=-30.0)] * 3) > 0.6

    @given(st.lists(st.tuples(*[st.floats(-200, 200)] * 5, st.booleans()), min_size=1, max_size=5), st.randoms())
    def test_is_from_0_to_1_in_whatever_order_the_answers_came(self, rows, shuffler):
        cues, *earlier = [Cues(*row) for row in rows]
        value = acoustic.arousal(cues, earlier)
        shuffler.shuffle(earlier)
        assert 0 <= value <= 1 and acoustic.arousal(cues, earlier) == pytest.approx(value)

    def test_of_a_lively_loud_high_voice_is_above_that_of_a_flat_one(self):
        flat, lively = judged(*spoken(35, 60, -10)), judged(*spoken(75, 250, 0))
        usual = judged(*spoken(50, 150, -5)).cues
        assert lively.arousal > flat.arousal + 0.15
        again = [judged(*spoken(*voice), earlier=[usual] * 3) for voice in ((35, 60, -10), (75, 250, 0))]
        assert again[0].arousal < 0.4 and again[1].arousal > 0.6  # espeak-ng raises pitch and level, never effort
        assert {answer.baseline for answer in again} == {"earlier answers"} and lively.baseline == "people in general"

    def test_over_time_shows_where_the_voice_was_raised(self):
        calm, _ = spoken(40, 100, -12)
        raised, _ = spoken(80, 250, 0)
        samples = np.concatenate([calm, calm, raised, calm])
        length = len(calm) / RATE
        stretches = [(0.4, len(samples) / RATE - 0.4)]
        found = judged(samples, stretches)
        inside = [m.arousal for m in found.moments if 2 * length < m.start and m.end < 2 * length + len(raised) / RATE]
        outside = [m.arousal for m in found.moments if m.end < 2 * length]
        assert inside and outside and min(inside) > max(outside) + 0.2
        assert found.calmness < 1 - np.mean([m.arousal for m in found.moments])
        assert [m.start for m in found.moments] == sorted(m.start for m in found.moments)
        assert found.moments[-1].end == len(samples) / RATE

    def test_of_its_parts_does_not_hang_on_the_microphone(self):
        samples = np.concatenate([spoken(40, 100, -12)[0], spoken(80, 250, 0)[0]])
        speech = [(0.0, len(samples) / RATE)]
        loud, soft = (judged(samples * gain, speech) for gain in (1.0, 0.1))
        spread = [max(m.arousal for m in one.moments) - min(m.arousal for m in one.moments) for one in (loud, soft)]
        assert spread[0] == pytest.approx(spread[1], abs=0.1) and spread[0] > 0.3

    @pytest.mark.parametrize(
        "samples",
        [
            np.zeros(0),
            np.zeros(5 * RATE),
            0.1 * np.random.default_rng(0).standard_normal(5 * RATE),
            spoken()[0][8000 : 8000 + round(0.3 * RATE)],
        ],
        ids=["nothing", "silence", "noise", "0.3 s"],
    )
    def test_is_not_made_up(self, samples):
        found = judged(samples, [(0.0, len(samples) / RATE)])
        assert (found.arousal, found.calmness, found.valence, found.cues) == (None, None, None, None)
        assert all(moment.arousal is None for moment in found.moments)
        assert any("0.5 s of voice" in note for note in found.notes)

    def test_hears_only_what_is_speech(self):
        samples, speech = spoken()
        assert judged(samples, speech).arousal is not None
        assert judged(samples, []).arousal is None
        assert judged(samples, [(0.0, 0.5)]).arousal is None


class TestValence:
    def test_tells_pleasant_from_unpleasant(self, minilm):
        glad, grim, plain = valence(
            ["I loved every day of it.", "It was a dreadful year for me.", "The desk is next to the window."], minilm
        )
        assert glad > 0.4 and grim < -0.4 and abs(plain) < 0.3

    @pytest.mark.parametrize(
        ("said", "sign"),
        [
            ("I was not happy there.", -1),
            ("I wasn\u2019t proud of the result.", -1),
            ("They never praised anybody.", -1),
            ("It was not a failure.", 1),
            ("I don't hate it.", 1),
            ("Nobody was angry.", 1),
        ],
    )
    def test_knows_negation(self, minilm, said, sign):
        assert sign * valence([said], minilm)[0] > 0

    def test_what_comes_after_but_weighs_more(self, minilm):
        bad, good = "the start was awful", "I really enjoyed the end"
        up, down = valence([f"{bad}, but {good}.", f"{good}, but {bad}."], minilm)
        also = valence([f"Although {bad}, {good}."], minilm)[0]
        assert min(up, also) > 0 > down and min(up, also) > down + 0.2

    def test_of_a_text_is_the_mean_of_its_sentences_by_length(self, minilm):
        said = ["I loved my time there.", "The whole project was a terrible failure for everybody."]
        one, other = valence(said, minilm)
        assert valence([" ".join(said)], minilm)[0] == pytest.approx((5 * one + 9 * other) / 14, abs=1e-5)
        assert valence(["", "?!", said[0]], minilm).tolist() == pytest.approx([0, 0, one], abs=1e-5)
        assert valence([], minilm).shape == (0,)

    @pytest.mark.parametrize(
        ("clause", "without", "turned"),
        [
            ("I can't complain", "i can complain", True),
            ("No one was hurt at all", "everybody was hurt", True),
            ("We did not lose a single client", "we did lose client", True),
            ("I never said I didn't care", "i always said i did care", False),
            ("Not only good but cheap", "not only good but cheap", False),
            ("A nothing-special day", "a something-special day", True),
            ("All went well", "all went well", False),
        ],
    )
    def test_negations_are_taken_out(self, clause, without, turned):
        assert affirmed(clause) == (without, turned)


class TestEstimate:
    def test_brings_voice_and_words_together(self, minilm):
        samples, speech = spoken()
        end = len(samples) / RATE
        said = [Said(0.0, end / 2, "I was thrilled with the team."), Said(end / 2, end, "The end was miserable.")]
        found = judged(samples, speech, segments=said, encoder=minilm)
        assert found.notes == () and found.model.startswith("loudness, pitch")
        glad, grim = valence([one.text for one in said], minilm)
        assert found.valence == pytest.approx((6 * glad + 4 * grim) / 10)

    def test_moments_have_the_valence_of_what_is_said_in_them(self, minilm):
        samples = np.concatenate([spoken()[0]] * 3)
        end = len(samples) / RATE
        said = [Said(0.0, 5.0, "I adored the people."), Said(5.0, end - 4.6, "It was awful and sad.")]
        found = judged(samples, [(0.0, end)], segments=said, encoder=minilm)
        values = {moment.start: moment.valence for moment in found.moments}
        glad, grim = valence([one.text for one in said], minilm)
        assert values[0.0] == pytest.approx(glad) and values[6.0] == pytest.approx(grim) and glad > 0 > grim
        assert values[3.0] == pytest.approx((2 * glad + grim) / 3)
        assert found.moments[-1].valence is None and found.moments[-1].end == end

    def test_says_when_words_can_not_be_read(self, minilm):
        samples, speech = spoken()
        said = [Said(0.0, 2.0, "Das war eine schlimme Zeit.")]
        cases = ({"segments": said, "language": "de"}, {"encoder": minilm}, {"segments": said})
        for case, reason in zip(cases, ("English only", "No words", "No words"), strict=True):
            found = judged(samples, speech, **case)
            assert found.valence is None and found.arousal is not None and reason in found.notes[0]

    def test_words_count_where_the_voice_does_not(self, minilm):
        found = judged(np.zeros(RATE), [], segments=[Said(0.0, 1.0, "I was delighted.")], encoder=minilm)
        assert found.arousal is None and found.valence > 0.3


# --- published models -------------------------------------------------------------------------------------------------


def tiny(labels: list[str]):
    from transformers import Wav2Vec2Config

    return Wav2Vec2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, conv_dim=(8, 8),
        conv_kernel=(10, 8), conv_stride=(10, 16), num_feat_extract_layers=2, num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2, classifier_proj_size=8, id2label=dict(enumerate(labels)),
        label2id={label: at for at, label in enumerate(labels)},
    )  # fmt: skip


def saved(model, folder) -> str:
    from transformers import Wav2Vec2FeatureExtractor

    model.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory, one_thread):
    """A real, small, untrained network that says "angry" or "sad" and nearly never anything else."""
    import torch
    from transformers import Wav2Vec2ForSequenceClassification

    torch.manual_seed(0)
    model = Wav2Vec2ForSequenceClassification(tiny(["neu", "angry", "sadness", "other"]))
    model.classifier.bias.data = torch.tensor([-30.0, 5.0, 5.0, 5.0])
    return model, saved(model, tmp_path_factory.mktemp("classifier"))


class TestHubModel:
    def test_labels_become_arousal_and_valence(self, classifier):
        network, folder = classifier
        model = HubModel.load(folder)
        samples = 0.1 * np.random.default_rng(0).standard_normal(12 * RATE).astype(np.float32)
        found = model.read(samples)
        assert len(found.windows) == 2 and found.windows[0].end == found.windows[1].start == pytest.approx(6.0)
        # Between angry (0.9, -0.7) and sad (0.25, -0.7), whatever "other" gets.
        assert found.valence == pytest.approx(-0.7, abs=1e-4)
        assert 0.25 <= found.arousal <= 0.9
        assert found.arousal == pytest.approx(np.mean([window.arousal for window in found.windows]), abs=1e-4)
        assert model.nbytes == sum(4 * value.numel() for value in network.state_dict().values())

    def test_dimensions_are_taken_as_they_are(self, tmp_path, one_thread):
        import torch

        kind = emotion_models._regression()
        model = kind(tiny(["arousal", "dominance", "valence"]))
        model.classifier.out_proj.weight.data.zero_()
        model.classifier.out_proj.bias.data = torch.tensor([0.8, 0.5, 0.25])
        model.config.architectures = ["Wav2Vec2ForSpeechClassification"]
        found = HubModel.load(saved(model, tmp_path)).read(np.ones(2 * RATE, np.float32))
        assert (found.arousal, found.valence) == pytest.approx((0.8, -0.5))
        assert len(found.windows) == 1

    def test_stands_in_for_the_cues(self, classifier, minilm):
        samples, speech = spoken()
        model = HubModel.load(classifier[1])
        found = judged(samples, speech, adapter=model, segments=[Said(0, 2, "I was happy.")], encoder=minilm)
        assert found.model == classifier[1] and found.baseline == "none" and found.cues is not None
        assert found.arousal == model.read(samples).arousal and found.valence == pytest.approx(-0.7, abs=1e-3)
        assert "licence: not stated" in found.notes[-1]
        assert judged(np.zeros(RATE), [], adapter=model).arousal is None

    def test_says_what_the_card_says_about_the_licence(self, classifier, tmp_path):
        assert emotion_models.licence_of(classifier[1]) == "not stated"
        (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
        assert emotion_models.licence_of(str(tmp_path)) == "mit"
        assert emotion_models.licence_of("superb/wav2vec2-base-superb-er") == "Apache-2.0"

    def test_without_the_hub_says_what_to_do(self):
        with pytest.raises(UserError, match=r"'nobody/no-such-model' can't be loaded.*built-in estimate"):
            emotion_models.load("nobody/no-such-model")
        with pytest.raises(UserError, match="Name a model"):
            HubModel.load("  ")

    def test_a_network_without_its_head_is_refused(self, tmp_path, one_thread):
        from transformers import Wav2Vec2Model

        folder = saved(Wav2Vec2Model(tiny(["angry", "calm"])), tmp_path)
        with pytest.raises(UserError, match="no weights for classifier"):
            HubModel.load(folder)

    def test_labels_that_are_no_emotions_are_refused(self, tmp_path, one_thread):
        from transformers import Wav2Vec2ForSequenceClassification

        folder = saved(Wav2Vec2ForSequenceClassification(tiny(["yes", "no"])), tmp_path)
        with pytest.raises(UserError, match="tells yes, no"):
            HubModel.load(folder)


# --- a service --------------------------------------------------------------------------------------------------------

RECORDED = b"""{
    "arousal": 0.62,
    "valence": -0.1,
    "windows": [
        {"start": 0.0, "end": 3.0, "arousal": 0.58, "valence": 0.1},
        {"start": 3.0, "end": 6.0, "arousal": 0.66}
    ]
}"""


@dataclass
class Heard:
    url: str
    headers: dict
    body: bytes


@contextlib.contextmanager
def serving(status=200, body=RECORDED, wait=0.0, drip=0.0) -> Iterator[Heard]:
    """A server on this machine that answers every POST with `body`, after `wait` s or a byte every `drip` s."""
    heard = Heard("", {}, b"")
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.headers, heard.body = dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))
            stop.wait(wait)
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for at in range(0, len(body), 1 if drip else len(body) or 1):
                    if stop.wait(drip):
                        return
                    self.wfile.write(body[at : at + 1] if drip else body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    heard.url = f"http://127.0.0.1:{server.server_port}/v1/voice"
    try:
        yield heard
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


class TestService:
    def test_contract(self):
        samples = np.linspace(-1.5, 1.5, 4000).astype(np.float32)
        with serving() as server:
            found = Service(server.url, token="secret").read(samples)
        assert isinstance(found, Reading) and (found.arousal, found.valence) == (0.62, -0.1)
        assert [(w.start, w.end, w.arousal, w.valence) for w in found.windows] == [
            (0.0, 3.0, 0.58, 0.1),
            (3.0, 6.0, 0.66, None),
        ]
        assert server.headers["Content-Type"] == "audio/wav" and server.headers["Authorization"] == "Bearer secret"
        with wave.open(io.BytesIO(server.body)) as sent:
            assert (sent.getframerate(), sent.getnchannels(), sent.getsampwidth()) == (RATE, 1, 2)
            values = np.frombuffer(sent.readframes(sent.getnframes()), "<i2") / 32767
        np.testing.assert_allclose(values, samples.clip(-1, 1), atol=1e-4)

    @pytest.mark.parametrize(
        ("how", "reason"),
        [
            ({"status": 500}, "status 500"),
            ({"status": 429}, "status 429"),
            ({"status": 302}, "status 302"),
            ({"body": b"<html>"}, "another form"),
            ({"body": b"[1, 2]"}, "another form"),
            ({"body": b"{}"}, "arousal is None"),
            ({"body": b'{"arousal": "high"}'}, "arousal is 'high'"),
            ({"body": b'{"arousal": 7}'}, "not a number from 0 to 1"),
            ({"body": b'{"arousal": NaN}'}, "arousal is nan"),
            ({"body": b'{"arousal": 0.5, "valence": -2}'}, "valence is -2"),
            ({"body": b'{"arousal": 0.5, "windows": [{"start": 0}]}'}, "end is None"),
            ({"body": b'{"arousal": 0.5, "windows": 3}'}, "another form"),
            ({"body": b" " * 1_100_000}, "more than 1,000,000 bytes"),
            ({"wait": 5.0}, "within 0.3 s"),
            ({"drip": 0.05}, "within 0.3 s"),
        ],
        ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
    )
    def test_failure_is_said_and_the_cues_stand_in(self, how, reason):
        samples, speech = spoken()
        begun = time.monotonic()
        with serving(**how) as server:
            service = Service(server.url, token="secret", timeout=0.3 if "within" in reason else 10.0)
            found = judged(samples, speech, adapter=service)
        assert time.monotonic() - begun < 4
        assert found.arousal == judged(samples, speech).arousal and found.baseline == "people in general"
        assert "the service at 127.0.0.1 can't be used" in found.notes[-1] and reason in found.notes[-1]
        assert "secret" not in str(found)

    def test_nobody_there(self):
        with serving() as server:
            url = server.url
        with pytest.raises(UserError, match="can't be reached"):
            Service(url, timeout=2.0).read(np.zeros(RATE, np.float32))

    @pytest.mark.parametrize("url", ["", "voice", "ftp://host/x", "http://", "http://[::1", None])
    def test_an_address_that_is_none_is_refused(self, url):
        with pytest.raises(UserError, match="no address of a service"):
            Service(url)

    def test_is_named_by_the_environment(self, monkeypatch):
        monkeypatch.delenv("EMOTION_URL", raising=False)
        assert Service.from_environment() is None
        with serving() as server:
            monkeypatch.setenv("EMOTION_URL", server.url)
            monkeypatch.setenv("EMOTION_TOKEN", "key")
            assert Service.from_environment().read(np.zeros(RATE, np.float32)).arousal == 0.62
        assert server.headers["Authorization"] == "Bearer key"


def test_the_device_is_that_of_the_house(classifier):
    assert HubModel.load(classifier[1]).device == choose()
