"""Body landmarks of one person through a video, by BlazePose (MediaPipe tasks API)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from common import weights

if TYPE_CHECKING:
    from collections.abc import Iterable

    from common.media import Frame

VARIANTS = ("full", "lite")

_NAMES = (
    "nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer left_ear right_ear "
    "mouth_left mouth_right left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist "
    "left_pinky right_pinky left_index right_index left_thumb right_thumb left_hip right_hip left_knee right_knee "
    "left_ankle right_ankle left_heel right_heel left_foot_index right_foot_index"
)
LANDMARKS: dict[str, int] = {name: index for index, name in enumerate(_NAMES.split())}


@dataclass(frozen=True)
class PoseTrack:
    """Landmarks of one person, frame by frame.

    times: (T,) seconds since the first video frame, rising, float64
    xy: (T, 33, 2) pixels of the upright picture, x right and y down; NaN where nobody is seen
    visibility: (T, 33) 0..1, the chance that the landmark is in the picture and not hidden; 0 where nobody is seen
    size: (width, height) of the upright picture in pixels

    Gaps are left as they are: whoever knows the movement decides how to fill them. Raises ValueError when the
    arrays do not agree.
    """

    times: np.ndarray
    xy: np.ndarray
    visibility: np.ndarray
    size: tuple[int, int]

    def __post_init__(self) -> None:
        times = np.asarray(self.times, dtype=np.float64)
        xy, visibility = _floating(self.xy), _floating(self.visibility)
        count = len(LANDMARKS)
        if times.ndim != 1:
            raise ValueError(f"times must have the shape (T,), not {times.shape}")
        if xy.shape != (len(times), count, 2):
            raise ValueError(f"xy must have the shape ({len(times)}, {count}, 2), not {xy.shape}")
        if visibility.shape != (len(times), count):
            raise ValueError(f"visibility must have the shape ({len(times)}, {count}), not {visibility.shape}")
        if not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
            raise ValueError("times must be finite and rise from frame to frame")
        width, height = (int(side) for side in self.size)
        if width < 1 or height < 1:
            raise ValueError(f"size must be (width, height) of at least 1 pixel, not {self.size}")
        for name, value in (("times", times), ("xy", xy), ("visibility", visibility), ("size", (width, height))):
            object.__setattr__(self, name, value)


def _floating(values) -> np.ndarray:
    """`values` as an array of float32 or float64, whichever it is already."""
    array = np.asarray(values)
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)


class PoseDetector:
    """Follows one person through one video; frames are added one by one as they are decoded.

    variant: "full" (the default of the pipeline) or "lite" (smaller, noisier feet)
    size: (width, height) of the upright picture; landmarks are given in its pixels even when the frames added are
        smaller copies of it. None: the size of the first frame.

    Use it as a context manager, one per video: a MediaPipe task that is left to the garbage collector can hang the
    process. In its video mode BlazePose looks for a person only while it follows nobody, then crops each frame around
    the landmarks of the last one (Bazarevsky et al. 2020, "BlazePose"). So with several people in the picture it
    stays with the one it took first, who need not be the nearest, and may go over to another without a gap when
    one walks through the other, or take the next one after a loss. Such a change shows as a jump of the whole body
    within one frame; it is not marked here.

    The computation runs in C++ on one core without Python's global lock, so another thread can decode meanwhile.
    Frames may be scaled down as long as a leg keeps about 100 pixels: the person is cropped and scaled to 256 pixels
    for the network anyway. At half of that heels and ankles are two to three times as noisy.

    Raises ValueError for an unknown variant, WeightsUnavailable when the model can't be had.
    """

    def __init__(self, variant: str = "full", size: tuple[int, int] | None = None) -> None:
        if variant not in VARIANTS:
            raise ValueError(f"unknown pose variant {variant!r}; known are {', '.join(VARIANTS)}")
        self.variant = variant
        self.size = size
        self._model = weights.path(f"pose-{variant}")
        self._landmarker = None
        self._times: list[float] = []
        self._milliseconds = -1
        self._landmarks: list[np.ndarray] = []

    def __enter__(self) -> "PoseDetector":
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(self._model)),
            running_mode=vision.RunningMode.VIDEO,
            num_poses=1,
        )
        self._landmarker = vision.PoseLandmarker.create_from_options(options)
        return self

    def __exit__(self, *exception) -> None:
        landmarker, self._landmarker = self._landmarker, None
        landmarker.close()

    def add(self, frame: "Frame") -> None:
        """Find the landmarks in the next frame (`time` in seconds, `rgb` HxWx3 uint8).

        Raises ValueError when the time does not rise or the picture has another form, RuntimeError outside `with`.
        """
        if self._landmarker is None:
            raise RuntimeError("add() works only inside `with PoseDetector(...) as detector:`")
        if self._times and frame.time <= self._times[-1]:
            raise ValueError(f"frame times must rise: {frame.time} s came after {self._times[-1]} s")
        if frame.rgb.dtype != np.uint8 or frame.rgb.ndim != 3 or frame.rgb.shape[2] != 3:
            raise ValueError(f"a frame must be HxWx3 uint8, not {frame.rgb.shape} {frame.rgb.dtype}")
        import mediapipe

        if self.size is None:
            self.size = (frame.rgb.shape[1], frame.rgb.shape[0])
        # MediaPipe reads the buffer as packed rows: a view such as a crop or a rotation must be copied first.
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(frame.rgb))
        # The time only has to rise for MediaPipe; the real one is kept beside it.
        self._milliseconds = max(round(frame.time * 1000), self._milliseconds + 1)
        found = self._landmarker.detect_for_video(image, self._milliseconds).pose_landmarks
        self._times.append(frame.time)
        self._landmarks.append(
            np.array([(mark.x, mark.y, mark.visibility) for mark in found[0]], np.float32) if found else _NOBODY
        )

    def track(self) -> PoseTrack:
        """What was found so far, in the pixels of `size`. All NaN when nobody was seen.

        Raises ValueError when no frame was added and no size was given.
        """
        if self.size is None:
            raise ValueError("no frame was added, so the size of the picture is unknown")
        landmarks = np.array(self._landmarks, np.float32).reshape(-1, len(LANDMARKS), 3)
        xy = landmarks[..., :2] * np.array(self.size, np.float32)
        return PoseTrack(np.array(self._times), xy, landmarks[..., 2], self.size)


def detect_pose(frames: "Iterable[Frame]", variant: str = "full", size: tuple[int, int] | None = None) -> PoseTrack:
    """Follow one person through `frames`; the arguments and errors are those of PoseDetector."""
    with PoseDetector(variant, size) as detector:
        for frame in frames:
            detector.add(frame)
        return detector.track()


_NOBODY = np.concatenate([np.full((len(LANDMARKS), 2), np.nan), np.zeros((len(LANDMARKS), 1))], axis=1)
