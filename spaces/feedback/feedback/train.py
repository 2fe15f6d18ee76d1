"""Fine-tune a classifier on the project's texts and a house's own, and write it as a version that can be used.

    python -m feedback.train --out DIR [--base minilm] [--extra rows.jsonl] [--status FILE] [--seed 0]

base: "minilm" comes with the project; any encoder of the Hugging Face Hub goes by its name, such as bert-base-cased or,
for many languages, distilbert-base-multilingual-cased. The training ends early when macro F1 on the validation texts
no longer rises; the best step is kept, its confidence is calibrated there, and it is measured once on the test texts.

--status: a file in which the state of the training is found while it runs, see `PROGRESS`. To stop it, create a file
beside it with the ending `.stop`: what is best so far is then written as the version.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from common import weights
from common.errors import UserError
from common.jobs import StatusFile
from feedback import data, metrics
from feedback import texts as reading

SECOND = 0.3  # probability that a text's second label gets in training; the first one gets the rest
MULTILINGUAL = ("multilingual", "xlm", "mdeberta", "labse", "bge-m3", "e5-multi")  # in the names of such checkpoints
CENTRES = 24  # of the training texts, by which drift is measured
KEPT = {"minilm": 5}  # layers of a base: its sixth adds time and no F1
# What the status of a training tells besides: step of steps; loss: mean of the last steps; epochs: macro F1 on the
# validation texts and loss, for each that is over; version: its folder's name.
PROGRESS = {"step": 0, "steps": 0, "loss": None, "epochs": [], "version": ""}


@dataclass(frozen=True)
class Settings:
    """base: "minilm", a name on the Hub or a folder; layers: of the base that are kept, from below, None for
    those of KEPT, else all; epochs: at most; batch: texts a step; rate: the highest learning rate; patience: epochs
    without a better macro F1 before it ends; most: rows of each part, None for all."""

    base: str = "minilm"
    layers: int | None = None
    epochs: int = 10
    batch: int = 32
    rate: float = 1.5e-4
    patience: int = 3
    seed: int = 0
    most: int | None = None

    def check(self) -> None:
        """Raises UserError for what can't be trained."""
        for name, least, highest in (("epochs", 1, 100), ("batch", 1, 512), ("rate", 1e-7, 1e-2), ("patience", 1, 100)):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not least <= value <= highest:
                raise UserError(f"{name} is {value!r}: give a number from {least:g} to {highest:g}.")


def train(
    extra: Sequence[data.Row],
    out: Path,
    settings: Settings = Settings(),
    status: Path | None = None,
    promote: Path | None = None,
) -> dict:
    """Train, calibrate, measure, and write the version folder `out`; gives what its config.json holds.

    extra: rows beside the project's own, corrections and examples of added labels: they train and never test
    promote: data folder in which the version is to answer afterwards, if it is not worse than the one that does
    Raises UserError where the base is not to be had or `out` exists.
    """
    settings.check()
    if out.exists():
        raise UserError(f"{out} is there already: name a folder that is not.")
    told = StatusFile(status, **PROGRESS | {"message": "Preparing the texts."})
    try:
        parts = _parts([*data.written(), *extra], settings)
        made = _train(parts, out, settings, told)
    except BaseException as error:
        words = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        told.update(state="failed", message=words)
        raise
    message = "Ready."
    if promote is not None:
        told.update(message="Comparing it with the version that answers.")
        message = _promote(out.name, promote, [*data.written(), *extra])
    told.update(state="stopped" if told.stopped else "done", message=message, version=out.name)
    return made


def _promote(version: str, folder: Path, rows: Sequence[data.Row]) -> str:
    """Let a version answer unless it is worse than the one that does; says what was found."""
    from feedback.versions import Versions

    try:
        found = Versions(folder).promote(version, rows)
    except UserError as error:
        return f"Not promoted: {error}"
    return (
        f"Promoted: macro F1 {found['before']:.3f} before, {found['after']:.3f} after, on the same {found['texts']} "
        "test texts."
    )


def _parts(rows: list[data.Row], settings: Settings) -> data.Split:
    parts = data.split(rows, settings.seed)
    if settings.most is None:
        return parts
    every = {}
    for name in ("train", "validation", "test"):
        some, seen = [], Counter()
        for row in getattr(parts, name):  # as many of every label as can be
            seen[row.label] += 1
            if seen[row.label] <= max(1, settings.most // 8):
                some.append(row)
        every[name] = some
    return data.Split(**every)


def _train(parts: data.Split, out: Path, settings: Settings, told: StatusFile) -> dict:
    from common import torchvision_cpu

    torchvision_cpu.mend()
    import torch

    from feedback import network
    from feedback.trainer import fit

    torch.manual_seed(settings.seed)
    labels = ordered(parts.train)
    folder = base_folder(settings.base)
    encoder, tokenizer = load_encoder(folder)
    keep_layers(encoder, settings.layers or KEPT.get(settings.base))
    classifier = network.TextClassifier(encoder, len(labels), torch.tensor(label_weights(parts.train, labels)))
    told.update(message="Training.")
    with tempfile.TemporaryDirectory(prefix="feedback-") as scratch:
        fit(
            classifier,
            encoded(parts.train, labels, tokenizer),
            encoded(parts.validation, labels, tokenizer),
            settings,
            told,
            scratch,
        )
        told.update(message="Writing and measuring the version.")
        made = Path(scratch) / out.name
        made.mkdir()
        network.export(classifier, made / "model.onnx")
        tokenizer.save(str(made / "tokenizer.json"))
        config = _finish(made, parts, labels, settings, out.name)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, out)
    return config


def _finish(folder: Path, parts: data.Split, labels: tuple[str, ...], settings: Settings, version: str) -> dict:
    """Calibrate what was exported on the validation texts, measure it on the test texts, and write it all down."""
    from feedback.model import Classifier

    config = {
        "version": version,
        "base": settings.base,
        "labels": list(labels),
        "languages": ["*"] if any(word in settings.base.lower() for word in MULTILINGUAL) else ["en"],
        "temperature": 1.0,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "settings": asdict(settings),
        "rows": {name: len(getattr(parts, name)) for name in ("train", "validation", "test")},
        "corrections": sum(row.source == "correction" for row in parts.train),
    }
    _write(folder / "config.json", config)
    drawn = Classifier.load(folder)
    place = {label: at for at, label in enumerate(labels)}
    known = [row for row in parts.validation if row.label in place]
    logits, vectors = drawn.run([row.text for row in known])
    truth = np.array([place[row.label] for row in known])
    config["temperature"] = metrics.best_temperature(truth, logits)
    np.savez_compressed(folder / "reference.npz", **describe(drawn, parts.train, vectors, labels))
    _write(folder / "config.json", config)
    config["test"] = measure(Classifier.load(folder), parts.test)
    _write(folder / "config.json", config)
    return config


def measure(classifier, rows: Sequence[data.Row]) -> dict:
    """Report, calibration error and interval of a classifier on rows; a label it does not know counts as missed."""
    labels = tuple(dict.fromkeys([*classifier.labels, *sorted({row.label for row in rows})]))
    place = {label: at for at, label in enumerate(labels)}
    truth = np.array([place[row.label] for row in rows])
    chances = classifier.probabilities([row.text for row in rows])
    guess = chances.argmax(1)
    low, high = metrics.interval(truth, guess)
    found = metrics.report(truth, guess, labels).plain()
    either = np.mean([labels[at] in (row.label, row.second) for at, row in zip(guess, rows, strict=True)])
    return {
        **found,
        "macro_f1_interval": [round(low, 4), round(high, 4)],
        "either_label": round(float(either), 4),
        "calibration_error": round(metrics.reliability(truth, chances).error, 4),
        "texts": len(rows),
    }


def describe(classifier, train_rows: Sequence[data.Row], held_out: np.ndarray, labels: tuple[str, ...]) -> dict:
    """What new texts are compared with: centres of the training texts' vectors, how far texts that were not trained
    on lie from the nearest of them, and how often each label occurs."""
    from sklearn.cluster import KMeans

    vectors = classifier.run([row.text for row in train_rows])[1]
    centres = KMeans(min(CENTRES, len(vectors)), random_state=0, n_init=1).fit(vectors).cluster_centers_
    centres = centres / np.linalg.norm(centres, axis=1, keepdims=True).clip(1e-9)
    counts = Counter(row.label for row in train_rows)
    return {
        "centres": centres.astype(np.float32),
        "distances": (1 - (held_out @ centres.T).max(1)).astype(np.float32),
        "label_counts": np.array([counts[label] for label in labels]),
    }


def ordered(rows: Sequence[data.Row]) -> tuple[str, ...]:
    """The labels of the rows: the built-in ones in their own order, then the added ones by name."""
    from feedback.labels import built_in

    found = {row.label for row in rows}
    own = [label for label in built_in() if label in found]
    return (*own, *sorted(found - set(own)))


def label_weights(rows: Sequence[data.Row], labels: tuple[str, ...]) -> list[float]:
    """Inverse square roots of the labels' shares, mean 1: a rare label counts more, without drowning the others."""
    counts = Counter(row.label for row in rows)
    raw = np.array([counts[label] for label in labels], float) ** -0.5
    return (raw / raw.mean()).astype(np.float32).tolist()


def encoded(rows: Sequence[data.Row], labels: tuple[str, ...], tokenizer) -> list[dict]:
    """Windows with the probabilities wanted for their text; rows with a label that is not there are left out."""
    place = {label: at for at, label in enumerate(labels)}
    rows = [row for row in rows if row.label in place]
    ids, owner = reading.windows(tokenizer, [row.text for row in rows])
    wanted = np.zeros((len(rows), len(labels)), np.float32)
    for at, row in enumerate(rows):
        second = SECOND if row.second in place and row.second != row.label else 0.0
        wanted[at, place[row.label]] = 1 - second
        if second:
            wanted[at, place[row.second]] = second
    return [{"input_ids": window, "labels": wanted[at], "text": at} for window, at in zip(ids, owner, strict=True)]


def base_folder(base: str) -> str:
    """Where the encoder's files are; a name that is not ours is left to the Hub."""
    return str(weights.path(base)) if base == "minilm" else base


def load_encoder(folder: str):
    """The encoder of transformers and its fast tokenizer without truncation and padding."""
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    try:
        fast = AutoTokenizer.from_pretrained(folder)
        if (Path(folder) / "model.safetensors").exists():
            from safetensors.torch import load_file

            # Not `from_pretrained`, which draws a progress bar for half a second's work.
            encoder = AutoModel.from_config(AutoConfig.from_pretrained(folder), attn_implementation="eager")
            state = load_file(Path(folder) / "model.safetensors")
            encoder.load_state_dict({name: value for name, value in state.items() if "position_ids" not in name})
        else:
            encoder = AutoModel.from_pretrained(folder, attn_implementation="eager")
    except (OSError, ValueError) as error:
        raise UserError(
            f"The base model {folder!r} can't be read ({str(error).splitlines()[0]}). Give minilm, a folder, or the "
            "name of an encoder on the Hugging Face Hub, which must be reachable."
        ) from error
    tokenizer = getattr(fast, "backend_tokenizer", None)
    if tokenizer is None:
        raise UserError(f"The base model {folder!r} has no fast tokenizer: choose another one.")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return encoder, tokenizer


def keep_layers(encoder, count: int | None) -> None:
    """Drop the encoder's layers above the lowest `count`, in place; None keeps all.

    What the upper ones learned is the least missed after fine-tuning (Sajjad et al. 2023, "On the effect of dropping
    layers of pre-trained transformer models"), and a text costs what its layers cost.
    Raises UserError where the encoder has fewer.
    """
    if count is None:
        return
    import torch

    name, layers = next((name, one) for name, one in encoder.named_modules() if isinstance(one, torch.nn.ModuleList))
    if not 1 <= count <= len(layers):
        raise UserError(f"layers is {count!r}: give a number from 1 to {len(layers)}, which this base has.")
    parent, _, own = name.rpartition(".")
    setattr(encoder.get_submodule(parent), own, layers[:count])


def _write(file: Path, values: dict) -> None:
    file.write_text(json.dumps(values, indent=1), encoding="utf-8")


def main(arguments: Sequence[str] | None = None, say: Callable[[str], None] = print) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the new version; it must not exist")
    parser.add_argument("--extra", type=Path, help="JSONL with more rows to train on: text, label, second, source")
    parser.add_argument("--status", type=Path, help="file with the state of the training")
    defaults = Settings()
    for name in ("base", "epochs", "batch", "rate", "patience", "seed"):
        value = getattr(defaults, name)
        parser.add_argument(f"--{name}", type=type(value), default=value)
    parser.add_argument("--layers", type=int, help="of the base that are kept; 5 of minilm's 6, all of another's")
    parser.add_argument("--promote", type=Path, help="data folder in which it is to answer, unless it is worse")
    parser.add_argument("--most", type=int, help="rows of each part, for a quick try")
    given = parser.parse_args(arguments)
    settings = replace(defaults, **{name: getattr(given, name) for name in asdict(defaults)})
    try:
        config = train(data.read(given.extra) if given.extra else [], given.out, settings, given.status, given.promote)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    test = config["test"]
    say(
        f"{given.out}: macro F1 {test['macro_f1']:.3f} on {test['texts']} test texts, calibration error "
        f"{test['calibration_error']:.3f}, temperature {config['temperature']:.2f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
