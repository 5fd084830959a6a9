"""Which PINs are too easy to guess."""

from itertools import pairwise

SHORTEST, LONGEST = 6, 12


def weakness(pin: str, badge: str = "") -> str | None:
    """The code of what is wrong with a PIN, or None: shape, same, ladder, pattern, badge.

    shape: not 6 to 12 digits. same: one digit over and over. ladder: each digit one more (or one
    less) than the last. pattern: a group of two, three or four digits repeated. badge: part of
    the badge that it goes with.
    """
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        return "shape"
    if len(set(pin)) == 1:
        return "same"
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if steps in ({1}, {9}):
        return "ladder"
    for size in (2, 3, 4):
        if (pin[:size] * len(pin))[: len(pin)] == pin and len(pin) >= 2 * size:
            return "pattern"
    if pin in badge:
        return "badge"
    return None
