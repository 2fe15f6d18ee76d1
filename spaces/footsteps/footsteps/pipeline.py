"""From a video of somebody walking to that video with footsteps: validate, detect, analyse, generate, place, export.

detect     the video -> footfalls, scene and a table of steps
render     the video and a table of steps -> video, sound, table, markers, plot
generate   both in one
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from common import media
from common.errors import MediaError, UserError
from common.media import Frame, MediaInfo
from common.pose import VARIANTS, PoseDetector, PoseTrack
from footsteps import export, gait, plot, scene, sound, spatial
from footsteps.scene import Scene
from footsteps.steps import Footfall, Step
from footsteps.validate import validate
from footsteps.vocabulary import ENVIRONMENTS, FOOTWEAR, SURFACES

MAX_FPS = 60.0
MAX_SIDE = 1280  # px of the picture that the pose model sees; a leg should keep about 100
PICTURES = 8  # of the scene, spread over the clip
USUAL_SURFACE = "concrete"  # where neither the person nor a model says
USUAL_FOOTWEAR = "sneakers"

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Settings:
    """What the person chooses. None means: as it is seen, or else the usual.

    model: pose model, "full" or "lite"
    surface, footwear, environment: ids of the vocabulary, or None
    backend: name of the sound back end; seed: of its randomness
    reverb: whether the environment is heard; original_mix: 0..1, how much of the video's own sound stays
    loudness: LUFS of the result
    """

    model: str = "full"
    surface: str | None = None
    footwear: str | None = None
    environment: str | None = None
    backend: str = "procedural"
    seed: int = 0
    reverb: bool = True
    original_mix: float = 0.5
    loudness: float = spatial.LOUDNESS_LUFS

    def check(self) -> None:
        """Raises UserError that names the setting, its value and the valid ones."""
        _one_of("pose model", self.model, VARIANTS)
        _one_of("surface", self.surface, [None, *SURFACES])
        _one_of("footwear", self.footwear, [None, *FOOTWEAR])
        _one_of("environment", self.environment, [None, *ENVIRONMENTS])
        _one_of("sound back end", self.backend, sound.BACKENDS)
        if not (isinstance(self.seed, int) and 0 <= self.seed < 2**32):
            raise UserError(f"The seed is {self.seed!r}: give a whole number from 0 to {2**32 - 1}.")
        if not isinstance(self.reverb, bool):
            raise UserError(f"Reverb is {self.reverb!r}: give true or false.")
        if not (isinstance(self.original_mix, int | float) and 0 <= self.original_mix <= 1):
            raise UserError(f"The original mix is {self.original_mix!r}: give 0 (none) to 1 (as recorded).")
        if not (isinstance(self.loudness, int | float) and -40 <= self.loudness <= -10):
            raise UserError(f"The loudness is {self.loudness!r}: give -40 (very quiet) to -10 (very loud), in LUFS.")


@dataclass(frozen=True)
class Detection:
    """What was seen: the file, the landmarks, the footfalls, the scene, the steps that follow, and what to mind."""

    info: MediaInfo
    track: PoseTrack
    footfalls: list[Footfall]
    scene: Scene
    steps: list[Step]
    warnings: list[str]
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What was made: paths of the files, and the figures of the sound."""

    video: Path
    wav: Path
    csv: Path
    json: Path
    markers: list[Path]
    plot: Path
    settings: Path
    mastering: spatial.Mastering
    warnings: list[str]
    seconds: dict[str, float]


def generate(
    video: str | Path, settings: Settings, folder: str | Path, progress: Progress | None = None
) -> tuple[Detection, Result]:
    """Detect and render in one. `progress` gets the fraction done (0..1) and the name of the stage."""
    report = progress or _silent
    detection = detect(video, settings, lambda part, stage: report(0.6 * part, stage))
    result = render(
        video,
        detection.steps,
        settings,
        folder,
        lambda part, stage: report(0.6 + 0.4 * part, stage),
        detection,
    )
    return detection, result


def detect(video: str | Path, settings: Settings, progress: Progress | None = None) -> Detection:
    """Find the footfalls and describe the scene in one decoding pass.

    Raises MediaError for a video that can't be used or shows nobody, UserError for a setting that is not valid.
    """
    report, watch = progress or _silent, Stopwatch()
    settings.check()
    with watch("validate"):
        report(0.0, "Reading the video")
        info, warnings = validate(video)
    with watch("detect"):
        track, pictures = _follow(info, settings.model, report)
        footfalls = gait.find_footfalls(track)
        if not np.isfinite(track.xy).any():
            raise MediaError(
                f"Nobody can be seen in {info.path.name!r}. The whole person should be in the picture, feet too, and "
                "at least a fifth of its height."
            )
        if not footfalls:
            warnings = [*warnings, "Somebody is there, but no step was found: add steps in the table by hand."]
    with watch("analyse"):
        report(0.9, "Looking at the scene")
        seen = scene.describe([picture.rgb for picture in pictures], _feet(track, pictures))
    settings, assumed = choose(settings, seen)
    # Rounded, so that a walk sounds the same, bit for bit, from its table and with another number of threads.
    steps = [step.rounded() for step in spatial.place(footfalls, track.size, settings.surface, settings.footwear)]
    if footfalls:  # what ground and shoes were assumed matters only to steps
        warnings = [*warnings, *assumed]
    return Detection(info, track, footfalls, seen, steps, warnings, watch.seconds)


def describe_scene(video: str | Path, progress: Progress | None = None) -> Scene:
    """Only the scene, without following the walker."""
    report = progress or _silent
    report(0.0, "Reading the video")
    info, _ = validate(video)
    wanted = _Spread(info.duration)
    pictures = [frame for frame in media.frames(info.path, max_side=MAX_SIDE) if wanted.take(frame.time)]
    report(0.6, "Looking at the scene")
    return scene.describe([picture.rgb for picture in pictures])


def render(
    video: str | Path,
    steps: Sequence[Step],
    settings: Settings,
    folder: str | Path,
    progress: Progress | None = None,
    detection: Detection | None = None,
) -> Result:
    """Make the sounds of `steps`, place them, and write every file into `folder`. Nothing is detected again.

    detection: of this video, where there is one; its curves go into the plot.
    """
    report, watch = progress or _silent, Stopwatch()
    settings.check()
    with watch("validate"):
        report(0.0, "Reading the video")
        info, warnings = (detection.info, []) if detection else validate(video)
    steps = sorted(steps, key=lambda step: step.time)
    _check_times(steps, info)
    environment = settings.environment or (detection.scene.environment.label if detection else None)
    with watch("generate"):
        report(0.1, "Making the sounds")
        sounds = sound.get(settings.backend).synthesize(steps, settings.seed)
    with watch("place"):
        report(0.3, "Placing them")
        walk = spatial.mix(sounds, steps, info.duration, environment, settings.reverb)
        wanted = info.has_audio and settings.original_mix > 0
        original = media.read_audio(info.path, enough=info.duration) if wanted else None
        mixed, mastering = spatial.master(walk, original, settings.original_mix, settings.loudness)
    with watch("export"):
        report(0.5, "Writing the files")
        record = {"settings": asdict(replace(settings, environment=environment)), "sound": asdict(mastering)}
        files = export.export_all(folder, info, steps, mixed, record, _curves(detection))
    return Result(**files, mastering=mastering, warnings=warnings, seconds=watch.seconds)


def choose(settings: Settings, seen: Scene) -> tuple[Settings, list[str]]:
    """Fill in what the person left open: what was seen, else the usual; and say what was assumed."""
    environment = settings.environment or seen.environment.label
    surface = settings.surface or seen.surface.label
    footwear = settings.footwear or seen.footwear.label
    assumed = [seen.source] if not seen.surface.scores and None in (surface, footwear) else []
    if surface is None:
        surface = ENVIRONMENTS[environment].surface if environment else USUAL_SURFACE
        assumed.append(f"The ground is not known for sure: {SURFACES[surface].name} is assumed. Choose it in the menu.")
    if footwear is None:
        footwear = USUAL_FOOTWEAR
        assumed.append(
            f"The shoes are not known for sure: {FOOTWEAR[footwear].name} are assumed. Choose them in the menu."
        )
    return replace(settings, environment=environment, surface=surface, footwear=footwear), assumed


def _follow(info: MediaInfo, model: str, report: Progress) -> tuple[PoseTrack, list[Frame]]:
    """Decode once: every frame goes to the pose model, some are kept for the scene."""
    wanted, pictures = _Spread(info.duration), []
    with PoseDetector(model, (info.width, info.height)) as detector:
        for frame in media.frames(info.path, MAX_FPS, MAX_SIDE):
            detector.add(frame)
            if wanted.take(frame.time):
                pictures.append(frame)
            report(0.05 + 0.85 * min(frame.time / info.duration, 1.0), "Following the walker")
        return detector.track(), pictures


@dataclass
class _Spread:
    """Takes PICTURES moments spread evenly over `duration` (s) as they go by."""

    duration: float
    taken: int = 0

    def take(self, moment: float) -> bool:
        due = self.taken < PICTURES and moment >= (self.taken + 0.5) / PICTURES * self.duration
        self.taken += due
        return due


def _feet(track: PoseTrack, pictures: Sequence[Frame]) -> list[tuple[float, float, float] | None]:
    """For each picture the lower foot as (x, y, leg length) in the picture's own pixels, None where nobody is seen."""
    feet: list[tuple[float, float, float] | None] = []
    for picture in pictures:
        legs = track.xy[np.searchsorted(track.times, picture.time), gait.LEGS] * picture.rgb.shape[1] / track.size[0]
        soles = legs[:, 3:].mean(axis=1)
        leg = np.linalg.norm(np.diff(legs[:, :3], axis=1), axis=-1).sum(axis=1).max()
        lower = soles[np.argmax(soles[:, 1])]
        feet.append((float(lower[0]), float(lower[1]), float(leg)) if np.isfinite([*lower, leg]).all() else None)
    return feet


class Stopwatch:
    """Seconds per stage: `with watch("detect"): …`."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = round(time.perf_counter() - start, 3)


def _silent(part: float, stage: str) -> None:
    """The progress of somebody who does not ask."""


def _one_of(what: str, value, valid) -> None:
    if value not in valid:
        known = ", ".join(str(one) for one in valid if one is not None)
        raise UserError(f"There is no {what} {value!r}. Choose one of: {known}.")


def _check_times(steps: Sequence[Step], info: MediaInfo) -> None:
    for number, step in enumerate(steps, start=1):
        if not 0 <= step.time <= info.duration + 0.001:  # tables round to milliseconds
            raise UserError(
                f"Step {number} is at {step.time:.3f} s, but the video lasts {info.duration:.2f} s. Move or delete it."
            )


def _curves(detection: Detection | None) -> plot.Curves | None:
    """How high each foot is, in leg lengths, over time; gaps stay gaps."""
    stretches = gait.leg_signals(detection.track) if detection else []
    if not stretches:
        return None
    times, heights = [], []
    for signals in stretches:
        pelvis = signals.legs[:, :, 0].mean(axis=1)
        below = (signals.legs[:, :, 3:, 1].mean(axis=2) - pelvis[:, 1:]) / signals.scale[:, None]
        times += [signals.times, signals.times[-1:] + 1 / gait.RATE]
        heights += [np.percentile(below, 90) - below, np.full((1, 2), np.nan)]
    left, right = np.concatenate(heights).T
    return plot.Curves(np.concatenate(times), left, right, "height of the foot, leg lengths")
