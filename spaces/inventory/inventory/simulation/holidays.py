"""Public holidays of Malaysia that fill or empty a restaurant, 2024 to 2026, and the fasting month.

Dates that depend on the moon are those of the peninsula's calendar; of 2026 some are as announced before.
"""

from datetime import date

_BY_NAME = {
    "New Year": ("2024-01-01", "2025-01-01", "2026-01-01"),
    "Chinese New Year": ("2024-02-10", "2024-02-11", "2025-01-29", "2025-01-30", "2026-02-17", "2026-02-18"),
    "Hari Raya Aidilfitri": ("2024-04-10", "2024-04-11", "2025-03-31", "2025-04-01", "2026-03-21", "2026-03-22"),
    "Labour Day": ("2024-05-01", "2025-05-01", "2026-05-01"),
    "Wesak Day": ("2024-05-22", "2025-05-12", "2026-05-31"),
    "King's Birthday": ("2024-06-03", "2025-06-02", "2026-06-01"),
    "Hari Raya Haji": ("2024-06-17", "2025-06-07", "2026-05-27"),
    "Awal Muharram": ("2024-07-07", "2025-06-27", "2026-06-17"),
    "National Day": ("2024-08-31", "2025-08-31", "2026-08-31"),
    "Prophet's Birthday": ("2024-09-16", "2025-09-05", "2026-08-25"),
    "Malaysia Day": ("2024-09-16", "2025-09-16", "2026-09-16"),
    "Deepavali": ("2024-10-31", "2025-10-20", "2026-11-08"),
    "Christmas": ("2024-12-25", "2025-12-25", "2026-12-25"),
}
HOLIDAYS = {date.fromisoformat(day): name for name, days in _BY_NAME.items() for day in days}
# Families are at home on these: an outlet may shut.
FAMILY = ("Chinese New Year", "Hari Raya Aidilfitri")
# First and last day.
RAMADAN = (
    (date(2024, 3, 12), date(2024, 4, 9)),
    (date(2025, 3, 2), date(2025, 3, 30)),
    (date(2026, 2, 19), date(2026, 3, 20)),
)
