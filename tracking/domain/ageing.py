"""What an old answer is still worth."""

HALF_LIFE_S = 2 * 3600.0  # of "it is still where it was last known", for things that get moved
FREE_WORTH = {True: 1.0, None: 0.4, False: 0.02}
FAR_S = 900.0  # counted for a place whose way we do not know
HANDLING_S = 30.0  # even the nearest one takes a moment, so that two steps do not beat certainty


def still_there(probability: float, age_s: float) -> float:
    """The probability that a bearer is still where it was `age_s` seconds ago.

    Halves every two hours: a plain guess for equipment that is wheeled about, stated as such.
    """
    return probability * 0.5 ** (max(age_s, 0.0) / HALF_LIFE_S)
