"""How often: what "every 6 hours" or "twice daily" comes to in a day."""

import re
from decimal import Decimal

_WORDS = {
    "once": 1,
    "one": 1,
    "twice": 2,
    "two": 2,
    "three": 3,
    "thrice": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "eight": 8,
    "twelve": 12,
}
_LATIN = {
    "od": 1,
    "qd": 1,
    "daily": 1,
    "nocte": 1,
    "mane": 1,
    "at night": 1,
    "in the morning": 1,
    "every morning": 1,
    "every night": 1,
    "bd": 2,
    "bid": 2,
    "tds": 3,
    "tid": 3,
    "qds": 4,
    "qid": 4,
}
_NUMBER = r"(\d{1,2}|" + "|".join(_WORDS) + ")"
_HOURS = re.compile(
    rf"\b(?:every|each|q) ?{_NUMBER}(?: ?(?:-|to) ?\d{{1,2}})? ?(?:h|hours?|hourly)\b"
)
_HOURLY = re.compile(rf"\b{_NUMBER}[ -]hourly\b")
_TIMES = re.compile(rf"\b{_NUMBER} ?(?:x|times?)? ?(?:a|per|each|every|/)? ?(?:day|daily)\b")
_DAYS = re.compile(rf"\bevery {_NUMBER} days\b")


def times_per_day(timing: str) -> Decimal | None:
    """Doses in 24 hours that `timing` means at most; None where it does not say.

    A range counts as its shorter step ("every 4 to 6 hours" may be six a day); more often than
    every hour is not read from words.
    """
    text = " ".join(str(timing)[:200].lower().split())
    for pattern in (_HOURS, _HOURLY):
        if (found := pattern.search(text)) and (hours := _number(found[1])):
            return (Decimal(24) / hours).quantize(Decimal("0.001"))
    if (found := _TIMES.search(text)) and (times := _number(found[1])):
        return Decimal(times)
    if (found := _DAYS.search(text)) and (days := _number(found[1])):
        return (Decimal(1) / days).quantize(Decimal("0.001"))
    if re.search(r"\bevery other day\b|\balternate days\b", text):
        return Decimal("0.5")
    if re.search(r"\b(once )?weekly\b|\bonce a week\b", text):
        return Decimal("0.143")
    for word, times in _LATIN.items():
        if re.search(rf"\b{word}\b", text):
            return Decimal(times)
    return None


def _number(text: str) -> int:
    return _WORDS.get(text) or (int(text) if text.isdecimal() else 0)
