"""Days on which banks work."""

from datetime import date, timedelta

import jpholiday

NEW_YEAR = ((12, 31), (1, 1), (1, 2), (1, 3))  # 銀行法施行令 第5条


def is_business_day(day: date) -> bool:
    """No Saturday, Sunday, holiday, nor 31 December to 3 January."""
    return day.weekday() < 5 and not jpholiday.is_holiday(day) and (day.month, day.day) not in NEW_YEAR


def first_business_day(day: date) -> date:
    """The day itself, or the next on which banks work."""
    while not is_business_day(day):
        day += timedelta(days=1)
    return day
