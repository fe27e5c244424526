"""Periods that volumes and caps are counted over, by the programme's local days."""

from datetime import date, timedelta


def period_key(day: date, period: str) -> str:
    """Name the day, week (by its Monday), month, quarter or year of a day, or all time."""
    match period:
        case "day":
            return f"day {day.isoformat()}"
        case "week":
            return f"week {(day - timedelta(days=day.weekday())).isoformat()}"
        case "month":
            return f"month {day.year}-{day.month:02d}"
        case "quarter":
            return f"quarter {day.year}-{(day.month - 1) // 3 + 1}"
        case "year":
            return f"year {day.year}"
    return "lifetime"
