"""Footfalls as they are seen, and steps as they will be heard."""

from dataclasses import dataclass, replace

DECIMALS = 4  # of the numbers in a step table, s or dB: finer than can be heard


@dataclass(frozen=True)
class Footfall:
    """One foot meeting the ground, as seen in the video.

    time: seconds from the first video frame, interpolated between frames
    side: "left" or "right", the walker's own
    confidence: 0..1
    x, y: pixels of the striking foot in the upright picture
    scale: apparent leg length in pixels, the measure of nearness
    running: no double support around this footfall
    """

    time: float
    side: str
    confidence: float
    x: float
    y: float
    scale: float
    running: bool = False


@dataclass(frozen=True)
class Step:
    """One footstep to be heard.

    time: seconds from the first video frame at which the sound peaks
    side: "left" or "right"
    surface, footwear: ids of the vocabulary
    level: trim in dB, 0 leaves it as it is
    pan: -1 (left) .. 1 (right)
    distance: level lost to distance in dB, 0 (nearest) .. -20
    confidence: 0..1
    running: harder and shorter than a walking step
    """

    time: float
    side: str
    surface: str
    footwear: str
    level: float = 0.0
    pan: float = 0.0
    distance: float = 0.0
    confidence: float = 1.0
    running: bool = False

    def rounded(self) -> "Step":
        """The step as a table keeps it, its numbers rounded to DECIMALS."""
        numbers = ("time", "level", "pan", "distance", "confidence")
        return replace(self, **{name: round(getattr(self, name), DECIMALS) for name in numbers})
