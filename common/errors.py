"""The errors that a person can act on.

    UserError                what was wrong, with the value, and what to do; an app shows it as it stands
    ├── MediaError           the picture, sound or video that was given can't be used
    └── WeightsUnavailable   no source of a model file could be reached, or its bytes are wrong

Everything else is a defect of ours: an app logs it under an id and shows only that id.
"""


class UserError(Exception):
    """Wrong input or a missing resource; the message quotes the value and says what to do."""


class MediaError(UserError):
    """A media file that is missing, unreadable, of the wrong kind or over a limit."""


class WeightsUnavailable(UserError):
    """A model file that no source delivers, or whose sha256 is not the expected one."""
