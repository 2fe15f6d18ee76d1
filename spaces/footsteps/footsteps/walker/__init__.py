"""A simulated walker with exactly known footfalls, who stands in for recordings: in the example videos, in tests and
benchmarks, and in the training of the footfall network.

    gait_model, gait_plan, foot_path    how people walk and run, when each foot strikes, and its way through the air
    walk, camera                        the body in space; its landmarks in the picture, without pictures
    figure, shading, ground, scenery    what the pictures show
    examples                            the example videos

The system itself does not import it.
"""

from footsteps.walker.camera import Camera, track
from footsteps.walker.examples import EXAMPLES, Example, frames, room_tone, truth
from footsteps.walker.walk import TrueFootfall, Walk

__all__ = ["EXAMPLES", "Camera", "Example", "TrueFootfall", "Walk", "frames", "room_tone", "track", "truth"]
