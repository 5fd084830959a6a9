"""The hospital's own medical record numbers: R, the running number, and a check digit after Damm.

The digit catches every single wrong digit and every two neighbours swapped (H. M. Damm, "Total
anti-symmetrische Quasigruppen", 2004: the quasigroup of order ten given there).
"""

_GROUP = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def check_digit(digits: str) -> str:
    """The digit to put behind `digits` (decimal digits only)."""
    interim = 0
    for digit in digits:
        interim = int(_GROUP[interim][int(digit)])
    return str(interim)


def record_number(running: int) -> str:
    """The record number for a running number: 100001 -> R1000019 or the like."""
    return f"R{running}{check_digit(str(running))}"


def is_whole(number: str) -> bool:
    """Whether `number` has the shape of ours and its check digit fits."""
    digits = number[1:]
    shaped = number[:1] in {"R", "r"} and len(digits) > 1 and digits.isascii() and digits.isdigit()
    return shaped and check_digit(digits[:-1]) == digits[-1]
