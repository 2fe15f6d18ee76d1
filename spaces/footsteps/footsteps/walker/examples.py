"""The project's own example videos: a rendered person who walks or runs, with exactly known footfalls.

    python -m footsteps.walker OUT [NAME ...]

writes each example as OUT/NAME.mp4 and what is true of it as OUT/truth.json. `Walk`, `Camera` and `track` give the
same truth without pictures.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from footsteps.walker.camera import Camera, seen_footfalls
from footsteps.walker.figure import Look
from footsteps.walker.scenery import Scenery
from footsteps.walker.shading import Light, cast_shadow, draw
from footsteps.walker.walk import Walk

GRAIN = 1.1  # standard deviation of the camera's noise, of 255


@dataclass(frozen=True)
class Example:
    """A clip. environment, surface, footwear: ids of the vocabulary; sound: with the room's own quiet sound."""

    name: str
    title: str
    walk: Walk
    camera: Camera
    scenery: Scenery
    environment: str
    surface: str
    footwear: str
    look: Look = field(default_factory=Look)
    light: Light = field(default_factory=Light)
    sound: bool = False
    fps: int = 30

    @property
    def times(self) -> np.ndarray:
        return np.arange(round(self.walk.duration * self.fps)) / self.fps


def _examples() -> Iterator[Example]:
    walk = Walk(7.0, 1.15, 104, start=0.9, stop=1.0, origin=(-2.45, 0.0), variability=0.02, seed=1)
    yield Example(
        "side_wood",
        "Side view, wooden floor: stands, walks, stops",
        walk,
        Camera((0.0, -5.4, 1.35), (0.0, 0.0, 0.92), 1050),
        Scenery("wood", "room", 2.0, (-8, -6, 8, 2.0), seed=1),
        "home",
        "wood",
        "dress_shoes",
        light=Light((-0.3, -0.55, 0.78)),
        sound=True,
    )
    walk = Walk(5.4, 1.25, 110, origin=(-0.1, 2.9), heading=-90, variability=0.02, first="left", seed=2)
    yield Example(
        "front_gravel",
        "Coming nearer on a gravel path, phone held upright",
        walk,
        Camera((0.25, -7.2, 1.45), (0.0, 0.0, 0.85), 1350, (720, 1280)),
        Scenery("gravel", "trees", 22, (-10, -6, 10, 22), seed=2),
        "park_grass",
        "gravel",
        "sneakers",
        Look((70, 120, 168), (84, 78, 70), (222, 222, 218), (120, 150, 190), (206, 150, 118), (30, 26, 24)),
        Light((-0.35, -0.60, 0.72)),
    )
    walk = Walk(6.2, 1.1, 100, origin=(-2.9, 2.2), heading=-38, variability=0.02, seed=3)
    yield Example(
        "oblique_snow",
        "Oblique view, winter boots in the snow",
        walk,
        Camera((0.3, -6.4, 1.5), (0.0, 0.0, 0.78), 1000),
        Scenery("snow", "firs", 16, (-12, -6, 12, 16), ((150, 180, 214), (224, 231, 240)), seed=3),
        "forest_trail",
        "snow",
        "boots",
        Look((196, 128, 38), (52, 54, 60), (70, 50, 36), (40, 34, 30), (232, 188, 164), (150, 104, 58)),
        Light((0.42, -0.48, 0.77), 0.66, 0.46),
    )
    walk = Walk(5.0, 2.8, 162, running=True, origin=(-7.0, 0.0), variability=0.015, seed=4)
    yield Example(
        "run_concrete",
        "Running on concrete, the camera follows",
        walk,
        Camera((0.0, -8.0, 1.4), (-7.0, 0.0, 0.95), 1200, motion="pan", subject=walk),
        Scenery("concrete", "street", 2.6, (-17, -7, 17, 2.6), seed=4),
        "sidewalk",
        "concrete",
        "sneakers",
        Look((52, 132, 96), (38, 38, 44), (216, 84, 44), (240, 240, 236), (170, 116, 84), (24, 20, 18), False, True),
        Light((-0.25, -0.62, 0.74)),
    )
    walk = Walk(6.0, 1.25, 110, origin=(0.2, -2.4), heading=88, variability=0.02, seed=5)
    yield Example(
        "back_grass",
        "Going away over a meadow",
        walk,
        Camera((0.0, -6.6, 1.45), (0.0, 0.0, 0.8), 1000),
        Scenery("grass", "trees", 20, (-12, -6, 12, 20), seed=5),
        "park_grass",
        "grass",
        "sneakers",
        Look((150, 64, 120), (58, 84, 128), (236, 236, 232), (180, 180, 176), (228, 182, 152), (94, 62, 36)),
        Light((-0.45, -0.45, 0.77)),
    )


EXAMPLES: dict[str, Example] = {example.name: example for example in _examples()}


def frames(example: Example) -> Iterator[np.ndarray]:
    """The pictures of an example, (H, W, 3) uint8; frame i shows the instant i / fps."""
    rng = np.random.default_rng(example.scenery.seed)
    width, height = example.camera.size
    grain = rng.normal(0, GRAIN, (height + 64, width + 64, 1)).astype(np.float32)
    body = example.walk.skeleton(example.times)
    tall = example.walk.body.height
    moving = example.camera.motion != "fixed"
    empty = None
    for i, t in enumerate(example.times):
        camera = example.camera.at(float(t))
        if moving or empty is None:
            empty = example.scenery.view(camera, 2 if moving else 3)
        picture = empty.copy()
        cast_shadow(picture, camera, body, i, tall, example.look, example.light)
        draw(picture, camera, body, i, tall, example.look, example.light)
        down, across = rng.integers(0, 64, 2)
        picture += grain[down : down + height, across : across + width]
        yield np.clip(picture, 0, 255).astype(np.uint8)


def truth(example: Example) -> dict:
    """What is true of an example: its surroundings, and each footfall in the picture (s, side, pixels)."""
    falls = []
    for fall in seen_footfalls(example.walk, example.camera):
        x, y = example.camera.project(np.array(fall.position), fall.time)
        falls.append({"time": round(fall.time, 4), "side": fall.side, "x": round(float(x), 1), "y": round(float(y), 1)})
    return {
        "title": example.title,
        "environment": example.environment,
        "surface": example.surface,
        "footwear": example.footwear,
        "running": example.walk.running,
        "fps": example.fps,
        "size": list(example.camera.size),
        "footfalls": falls,
    }


def room_tone(duration: float, rate: int, seed: int) -> np.ndarray:
    """The quiet of a room, (N, 2) float32 at about -50 dBFS: soft noise without highs, and a mains hum."""
    count = round(duration * rate)
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal((2, count)))
    frequency = np.fft.rfftfreq(count, 1 / rate)
    spectrum *= np.minimum(1, frequency / 60) / (1 + (frequency / 250) ** 1.5)
    sound = np.fft.irfft(spectrum, count)
    sound /= np.sqrt(np.mean(sound**2))
    t = np.arange(count) / rate
    hum = 0.5 * np.sin(2 * np.pi * 100 * t) + 0.2 * np.sin(2 * np.pi * 200 * t)
    return (0.0028 * (sound + hum)).T.astype(np.float32)


def main(arguments: list[str] | None = None) -> int:
    """Write examples and their truth."""
    from common.media import RATE, encode

    parser = argparse.ArgumentParser(prog="python -m footsteps.walker", description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(EXAMPLES)}; all when none is named")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.names if name not in EXAMPLES]:
        parser.error(f"there is no example {unknown[0]!r}; there are: {', '.join(EXAMPLES)}")
    given.out.mkdir(parents=True, exist_ok=True)
    for name in given.names or EXAMPLES:
        example = EXAMPLES[name]
        sound = room_tone(example.walk.duration, RATE, example.scenery.seed) if example.sound else None
        encode(given.out / f"{name}.mp4", frames(example), example.fps, sound)
        print(given.out / f"{name}.mp4")
    known = {name: truth(example) for name, example in EXAMPLES.items()}
    (given.out / "truth.json").write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    return 0
