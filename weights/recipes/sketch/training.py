"""What both trainings share: a clock that can be split over several runs, a checkpoint, a moving average."""

import json
import time
from collections.abc import Iterable
from pathlib import Path

import torch


class Run:
    """A training that can be stopped and gone on with.

    folder: where its checkpoint and log lie; steps: in all; seed: of all that is drawn at random.
    The learning rate rises over the first steps and falls along a cosine to the last.
    """

    def __init__(
        self, folder: Path, name: str, modules: dict[str, torch.nn.Module], rate: float, steps: int, seed: int = 0
    ) -> None:
        self.file, self.log = folder / f"{name}.pt", folder / f"{name}.jsonl"
        self.modules, self.steps, self.rate, self.seed, self.step = modules, steps, rate, seed, 0
        parameters = [p for module in modules.values() for p in module.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(parameters, lr=rate, betas=(0.9, 0.99), weight_decay=0.01)
        self.parameters = parameters
        self.average = [p.detach().clone() for p in parameters]
        folder.mkdir(parents=True, exist_ok=True)
        if self.file.exists():
            self._restore()

    def _restore(self) -> None:
        stored = torch.load(self.file, map_location="cpu", weights_only=True)
        for name, module in self.modules.items():
            module.load_state_dict(stored["modules"][name])
        self.optimizer.load_state_dict(stored["optimizer"])
        self.average = [a.to(p) for a, p in zip(stored["average"], self.parameters, strict=True)]
        self.step = stored["step"]
        print(f"going on with {self.file.name} at step {self.step}", flush=True)

    def batches(self, minutes: float | None, log_every: int = 50, save_every: int = 500) -> Iterable["Step"]:
        """One `Step` for every step that is left; the loop's body computes a loss and calls `step.done(loss)`.

        minutes: that this call may take, None for no bound
        """
        begun, losses = time.monotonic(), []
        while self.step < self.steps and (minutes is None or time.monotonic() - begun < minutes * 60):
            warm = min(1.0, (self.step + 1) / 100)
            fall = 0.5 * (1 + torch.cos(torch.tensor(torch.pi * self.step / self.steps))).item()
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate * warm * (0.05 + 0.95 * fall)
            step = Step(self)
            yield step
            losses.append(step.loss)
            if self.step % log_every == 0 or self.step == self.steps:
                line = {"step": self.step, "loss": round(sum(losses) / len(losses), 5)}
                line["seconds"] = round(time.monotonic() - begun)
                with open(self.log, "a", encoding="utf-8") as out:
                    out.write(json.dumps(line) + "\n")
                print(line, flush=True)
                losses = []
            if self.step % save_every == 0:
                self.save()
        self.save()

    def save(self) -> None:
        """Write the checkpoint; a crash while writing leaves the one before."""
        state = {
            "modules": {name: module.state_dict() for name, module in self.modules.items()},
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "step": self.step,
        }
        new = self.file.with_suffix(".new")
        torch.save(state, new)
        new.replace(self.file)

    def use_average(self) -> None:
        """Put the moving average in place of the weights: it draws better than the last step's."""
        with torch.no_grad():
            for parameter, average in zip(self.parameters, self.average, strict=True):
                parameter.copy_(average)


class Step:
    """One step: random numbers of its own, so that a run that was cut is the same as one that was not."""

    def __init__(self, run: Run) -> None:
        self.run, self.number, self.loss = run, run.step, float("nan")
        self.random = torch.Generator().manual_seed(1_000_003 * (17 + run.seed) + run.step)

    def done(self, loss: torch.Tensor) -> None:
        run = self.run
        run.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.parameters, 1.0)
        run.optimizer.step()
        run.step += 1
        keep = min(0.9995, (1 + run.step) / (20 + run.step))
        with torch.no_grad():
            torch._foreach_lerp_(run.average, [p.detach() for p in run.parameters], 1 - keep)
        self.loss = loss.item()
