"""What a date alone says about demand: day of the week, of the month, month, holidays."""

from collections.abc import Collection
from datetime import date

import numpy as np

NAMES = (
    "weekday_sin", "weekday_cos", "weekend", "day_of_month_sin", "day_of_month_cos", "month_sin", "month_cos",
    "holiday", "day_before_holiday",
)  # fmt: skip


def calendar(days: np.ndarray, holidays: Collection[date] = (), season: int = 7) -> np.ndarray:
    """(T, C) float32, a column for each of NAMES, -1 to 1: cycles as sine and cosine, so that Sunday is beside Monday.

    days: (T,) datetime64[D]
    holidays: those of the outlets' country, as far as they are known
    season: 1 where a column of the data is not a day but a week, say; then nothing is told of weekdays
    """
    days = np.asarray(days, "datetime64[D]")
    months = days.astype("datetime64[M]")
    weekday = (days.astype(int) - 4) % 7  # day 0 was a Thursday
    day_of_month = (days - months).astype(int)
    month = months.astype(int) % 12
    off = np.array(sorted(holidays), "datetime64[D]")
    columns = [
        *_circle(weekday, 7),
        weekday >= 5,
        *_circle(day_of_month, 31),
        *_circle(month, 12),
        np.isin(days, off),
        np.isin(days + 1, off),
    ]
    if season != 7:
        columns[:3] = [np.zeros(len(days))] * 3
    return np.stack(columns, 1).astype(np.float32)


def next_days(days: np.ndarray, horizon: int) -> np.ndarray:
    """(horizon,) the days after the last one."""
    return days[-1] + 1 + np.arange(horizon)


def _circle(values: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    angle = 2 * np.pi * values / length
    return np.sin(angle), np.cos(angle)
