"""The Hugging Face Trainer, set up for texts of uneven length, with progress and a stop from outside."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments

from feedback import metrics

DECAY = 0.85  # learning rate of a layer, of that of the one above it


def fit(classifier, train: Sequence[dict], validation: Sequence[dict], settings, told, scratch: str) -> None:
    """Train `classifier` in place and leave it with the weights of its best epoch.

    train, validation: windows as `feedback.train.encoded` makes them; told: a StatusFile; scratch: a folder for
    checkpoints. Best is the highest macro F1 on the validation texts.
    """
    steps = math.ceil(len(train) / settings.batch)
    arguments = TrainingArguments(
        output_dir=scratch,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=64,
        learning_rate=settings.rate,
        lr_scheduler_type="cosine",
        warmup_steps=max(1, steps * settings.epochs // 16),
        weight_decay=0.01,
        max_grad_norm=1.0,
        seed=settings.seed,
        data_seed=settings.seed,
        train_sampling_strategy="group_by_length",  # a batch costs what its longest text costs
        length_column_name="length",
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        save_only_model=True,
        load_best_model_at_end=True,
        metric_for_best_model="macro_f1",
        logging_steps=10,
        remove_unused_columns=False,
        label_names=["labels"],
        report_to=[],
        disable_tqdm=True,
        use_cpu=not torch.cuda.is_available(),
        bf16=torch.cuda.is_available() and torch.cuda.is_bf16_supported(),
        dataloader_pin_memory=False,
    )
    owner = np.array([row["text"] for row in validation])
    trainer = Trainer(
        classifier,
        arguments,
        data_collator=pad,
        train_dataset=_Rows(train),
        eval_dataset=_Rows(validation),
        compute_metrics=lambda found: _score(found, owner),
        optimizers=(torch.optim.AdamW(by_depth(classifier, settings.rate), weight_decay=0.01), None),
        callbacks=[EarlyStoppingCallback(settings.patience), _Tell(told)],
    )
    # The Trainer prints every log line; the status file says the same.
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    trainer.train()


class _Rows(torch.utils.data.Dataset):
    def __init__(self, rows: Sequence[dict]) -> None:
        self.rows = [row | {"length": len(row["input_ids"])} for row in rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: int) -> dict:
        return self.rows[at]


def pad(rows: Sequence[dict]) -> dict[str, torch.Tensor]:
    """Windows of uneven length as one batch, no longer than the longest of them."""
    longest = max(len(row["input_ids"]) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for at, row in enumerate(rows):
        ids[at, : len(row["input_ids"])] = torch.tensor(row["input_ids"])
        mask[at, : len(row["input_ids"])] = 1
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "labels": torch.from_numpy(np.stack([row["labels"] for row in rows])),
    }


def by_depth(classifier, rate: float) -> list[dict]:
    """Parameters with their learning rates: the highest for the head, and DECAY less with every layer below (Howard
    and Ruder 2018, "Universal Language Model Fine-tuning"): what lies deep knows the language already."""
    layers = next(
        (module for module in classifier.encoder.modules() if isinstance(module, torch.nn.ModuleList)),
        torch.nn.ModuleList(),
    )
    depth = {id(p): len(layers) - at for at, layer in enumerate(layers) for p in layer.parameters()}
    head = {id(p) for p in classifier.head.parameters()}
    groups: dict[int, list] = {}
    for parameter in filter(lambda one: one.requires_grad, classifier.parameters()):
        below = 0 if id(parameter) in head else depth.get(id(parameter), len(layers) + 1)
        groups.setdefault(below, []).append(parameter)
    # The head begins from nothing and may learn faster.
    return [{"params": some, "lr": rate * (5 if below == 0 else DECAY**below)} for below, some in groups.items()]


def _score(found, owner: np.ndarray) -> dict[str, float]:
    """Macro F1 by text: the windows of a text are taken together."""
    logits = found.predictions[0] if isinstance(found.predictions, tuple) else found.predictions
    texts = owner.max() + 1
    pooled, truth = np.zeros((texts, logits.shape[1])), np.zeros(texts, int)
    np.add.at(pooled, owner, metrics.softmax(logits))
    truth[owner] = found.label_ids.argmax(1)
    return {"macro_f1": metrics.macro_f1(truth, pooled.argmax(1))}


class _Tell(TrainerCallback):
    """Writes how far the training is, and ends it when somebody has asked for that."""

    def __init__(self, told) -> None:
        self.told = told

    def on_step_end(self, args, state, control, **_):
        if self.told.stopped:
            control.should_training_stop = control.should_evaluate = control.should_save = True
        if state.global_step % 5 == 0:
            self.told.update(step=state.global_step, steps=state.max_steps)

    def on_log(self, args, state, control, logs=None, **_):
        if logs and "loss" in logs:
            self.told.update(loss=round(float(logs["loss"]), 4), step=state.global_step, steps=state.max_steps)

    def on_evaluate(self, args, state, control, metrics=None, **_):
        epoch = {
            "epoch": round(state.epoch, 2),
            "macro_f1": round(metrics["eval_macro_f1"], 4),
            "loss": round(metrics["eval_loss"], 4),
        }
        self.told.update(epochs=[*self.told.status["epochs"], epoch], step=state.global_step, steps=state.max_steps)
