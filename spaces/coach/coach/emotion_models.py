"""Other judges of a voice: published speech-emotion models from the Hub, and a service that speaks a small contract.

Each is an `Adapter` of coach.emotion. Labels of emotions are brought to arousal and valence by where they lie in the
circumplex of affect (Russell 1980).
"""

import io
import json
import math
import os
import time
import wave
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from coach.emotion import Moment, Reading
from common.device import CACHE, Device, choose, gpu_lock
from common.errors import UserError
from common.voice import RATE

if TYPE_CHECKING:
    from transformers import PreTrainedModel, SequenceFeatureExtractor

URL_VARIABLE, TOKEN_VARIABLE = "EMOTION_URL", "EMOTION_TOKEN"
WINDOW = 5.0  # s that a model judges at once: about an utterance, as these models are trained on
LARGEST_ANSWER = 1_000_000  # bytes from a service

# Models that are known to fit, and the terms of their weights. What they were trained on has terms of its own:
# IEMOCAP and MSP-Podcast are for research.
KNOWN = {
    "superb/wav2vec2-base-superb-er": "Apache-2.0",
    "superb/wav2vec2-large-superb-er": "Apache-2.0",
    "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim": "CC-BY-NC-SA-4.0",
}
# How the labels of such models begin: arousal 0 to 1, valence -1 to 1. The longest one that fits counts.
CIRCUMPLEX = {
    "ang": (0.9, -0.7),
    "bor": (0.15, -0.4),
    "calm": (0.2, 0.4),
    "cont": (0.45, -0.6),
    "disg": (0.6, -0.7),
    "exc": (0.9, 0.7),
    "fea": (0.85, -0.7),
    "frus": (0.7, -0.6),
    "hap": (0.75, 0.8),
    "joy": (0.75, 0.8),
    "neu": (0.4, 0.0),
    "sad": (0.25, -0.7),
    "sur": (0.8, 0.2),
}


class HubModel:
    """A model for audio classification, or one with the outputs "arousal" and "valence", 0 to 1.

    Safe to share between threads.
    """

    def __init__(
        self, name: str, licence: str, model: "PreTrainedModel", extractor: "SequenceFeatureExtractor", device: Device
    ) -> None:
        self.name, self.licence, self.device = name, licence, device
        self._model, self._extractor = model.eval(), extractor
        labels = model.config.id2label
        self._labels = [str(labels[at]).strip().lower() for at in range(len(labels))]
        self._dimensional = "arousal" in self._labels
        if not self._dimensional and not any(map(_place, self._labels)):
            raise UserError(
                f"{name!r} tells {', '.join(self._labels)}, and none of these is an emotion that is known here "
                f"({', '.join(CIRCUMPLEX)}…) or arousal. Choose another model: {', '.join(KNOWN)}."
            )

    @classmethod
    def load(cls, name: str, device: Device | None = None) -> "HubModel":
        """From the Hub by its name, or from a folder. Raises UserError where it can't be had or is of another kind."""
        from common import torchvision_cpu

        name = name.strip()
        if not name:
            raise UserError(f"Name a model of the Hub for audio classification, such as {next(iter(KNOWN))}.")
        torchvision_cpu.mend()
        from transformers import AutoConfig, AutoFeatureExtractor

        device = device or choose()
        try:
            config = AutoConfig.from_pretrained(name)
            extractor = AutoFeatureExtractor.from_pretrained(name)
            model = _network(name, config)
        except (OSError, ValueError, KeyError, RuntimeError) as error:  # the last for weights of another shape
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise UserError(
                f"The emotion model {name!r} can't be loaded: {reason} Check its name and that the Hub can be "
                "reached, or go without it: the built-in estimate needs no download."
            ) from error
        return cls(name, licence_of(name), model.to(device.name), extractor, device)

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        tensors = [*self._model.parameters(), *self._model.buffers()]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def read(self, samples: np.ndarray) -> Reading:
        """Judge (n,) samples at 16 kHz, five seconds at a time; the mean is that of the windows, by their length."""
        windows, weights = [], []
        count = max(1, round(len(samples) / RATE / WINDOW))
        edges = np.linspace(0, len(samples), count + 1).round().astype(int)
        for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            arousal, valence = self._judge(samples[start:end])
            windows.append(Moment(start / RATE, end / RATE, arousal, valence))
            weights.append(end - start)
        valences = [window.valence for window in windows]
        return Reading(
            float(np.average([window.arousal for window in windows], weights=weights)),
            None if None in valences else float(np.average(valences, weights=weights)),
            tuple(windows),
        )

    def _judge(self, samples: np.ndarray) -> tuple[float, float | None]:
        import torch

        inputs = self._extractor(np.asarray(samples, np.float32), sampling_rate=RATE, return_tensors="pt")
        with torch.inference_mode(), nullcontext() if self.device.name == "cpu" else gpu_lock():
            outputs = self._model(**inputs.to(self.device.name))[0].squeeze(0).float().cpu()
        if self._dimensional:
            values = dict(zip(self._labels, outputs.clamp(0.0, 1.0).tolist(), strict=True))
            return values["arousal"], 2 * values["valence"] - 1 if "valence" in values else None
        shares = outputs.softmax(-1).tolist()
        placed = [(share, _place(label)) for share, label in zip(shares, self._labels, strict=True) if _place(label)]
        total = sum(share for share, _ in placed)
        arousal, valence = (sum(share * place[axis] for share, place in placed) / total for axis in (0, 1))
        return arousal, valence


class Service:
    """A service of somebody's own that judges voices.

    It is sent POST with a WAV file (16 kHz, one channel, 16 bit) as the body, Content-Type audio/wav, and the token,
    if there is one, as "Authorization: Bearer …". It answers 200 with JSON, `valence` and `windows` may be missing:

        {"arousal": 0.62, "valence": -0.1,
         "windows": [{"start": 0.0, "end": 3.0, "arousal": 0.58, "valence": 0.1}, …]}

    arousal: 0 to 1; valence: -1 to 1; times in s. No service on the market speaks this as it is; a few lines in front
    of one do.
    """

    licence = "that of the service"

    def __init__(self, url: str, token: str = "", timeout: float = 30.0) -> None:
        """timeout: s for all of it. Raises UserError for what is no address of a web server."""
        try:
            parts = urlsplit(url)
            host = parts.hostname if parts.scheme in ("http", "https") else None
        except (ValueError, AttributeError):
            host = None
        if not host:
            raise UserError(f"{url!r} is no address of a service; write it as https://host/path.")
        self.name = f"the service at {host}"
        self._url, self._timeout = url, timeout
        self._headers = {"Content-Type": "audio/wav", **({"Authorization": f"Bearer {token}"} if token else {})}

    @classmethod
    def from_environment(cls) -> "Service | None":
        """The service that EMOTION_URL names, with EMOTION_TOKEN; None where it is not set."""
        url = os.environ.get(URL_VARIABLE, "").strip()
        return cls(url, os.environ.get(TOKEN_VARIABLE, "").strip()) if url else None

    def read(self, samples: np.ndarray) -> Reading:
        """Judge (n,) samples at 16 kHz. Raises UserError for no answer in time and for one of another form."""
        import httpx

        try:
            return _reading(json.loads(self._ask(_wav(samples))))
        except httpx.TimeoutException as error:
            raise UserError(f"it didn't answer within {self._timeout:g} s.") from error
        except httpx.HTTPStatusError as error:
            raise UserError(f"it answered with status {error.response.status_code}.") from error
        except httpx.HTTPError as error:
            raise UserError(f"it can't be reached ({type(error).__name__}).") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise UserError(f"it answered in another form than agreed ({error}).") from error

    def _ask(self, body: bytes) -> bytes:
        """The answer; a server that sends it byte by byte has no more time than another."""
        import httpx

        deadline = time.monotonic() + self._timeout
        answer = bytearray()
        with httpx.stream("POST", self._url, content=body, headers=self._headers, timeout=self._timeout) as response:
            response.raise_for_status()
            for piece in response.iter_bytes():
                answer += piece
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("too slow")
                if len(answer) > LARGEST_ANSWER:
                    raise ValueError(f"more than {LARGEST_ANSWER:,} bytes")
        return bytes(answer)


def load(name: str) -> HubModel:
    """The model of this name on the Hub, from the shared cache. Raises UserError as `HubModel.load`."""
    return CACHE.get(("emotion", name), lambda: HubModel.load(name))


def licence_of(name: str) -> str:
    """The licence of a model's weights, as known here or as its card states it."""
    if name in KNOWN:
        return KNOWN[name]
    from huggingface_hub import ModelCard

    card = Path(name) / "README.md"
    try:
        stated = ModelCard.load(str(card) if Path(name).is_dir() else name).data.get("license")
    except Exception:  # a card is for people, and may be missing or of any form
        stated = None
    return str(stated) if stated else "not stated"


def _network(name: str, config: Any) -> "PreTrainedModel":
    """The network with all of its weights: a head that is missing would be made up of random numbers."""
    from transformers import AutoModelForAudioClassification

    labels = [str(label).lower() for label in config.id2label.values()]
    kind = _regression() if "arousal" in labels and config.model_type == "wav2vec2" else AutoModelForAudioClassification
    model, loaded = kind.from_pretrained(name, output_loading_info=True)
    if missing := sorted(loaded["missing_keys"]):
        raise ValueError(f"its files hold no weights for {', '.join(missing[:3])}.")
    return model


def _regression() -> type:
    """wav2vec 2.0 with the head of Wagner et al. 2023, "Dawn of the transformer era in speech emotion recognition":
    the mean over time, a layer with tanh, and one output for each dimension.
    """
    import torch
    from transformers import Wav2Vec2Model, Wav2Vec2PreTrainedModel

    class Head(torch.nn.Module):
        def __init__(self, config: Any) -> None:
            super().__init__()
            self.dense = torch.nn.Linear(config.hidden_size, config.hidden_size)
            self.out_proj = torch.nn.Linear(config.hidden_size, config.num_labels)

        def forward(self, hidden: "torch.Tensor") -> "torch.Tensor":
            return self.out_proj(torch.tanh(self.dense(hidden)))

    class Regression(Wav2Vec2PreTrainedModel):
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            self.wav2vec2 = Wav2Vec2Model(config)
            self.classifier = Head(config)
            self.post_init()

        def forward(self, input_values: "torch.Tensor", **_: Any) -> tuple["torch.Tensor"]:
            return (self.classifier(self.wav2vec2(input_values)[0].mean(1)),)

    return Regression


def _place(label: str) -> tuple[float, float] | None:
    fitting = [start for start in CIRCUMPLEX if label.startswith(start)]
    return CIRCUMPLEX[max(fitting, key=len)] if fitting else None


def _wav(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes((np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def _reading(answer: Mapping[str, Any]) -> Reading:
    """Checked: a number out of its range is an error, not something to be held to it."""
    windows = tuple(
        Moment(
            _number(window, "start", 0.0, math.inf),
            _number(window, "end", 0.0, math.inf),
            _number(window, "arousal", 0.0, 1.0),
            None if window.get("valence") is None else _number(window, "valence", -1.0, 1.0),
        )
        for window in answer.get("windows") or ()
    )
    valence = None if answer.get("valence") is None else _number(answer, "valence", -1.0, 1.0)
    return Reading(_number(answer, "arousal", 0.0, 1.0), valence, windows)


def _number(fields: Mapping[str, Any], name: str, low: float, high: float) -> float:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name} is {value!r:.50}, not a number from {low:g} to {high:g}")
    return float(value)
