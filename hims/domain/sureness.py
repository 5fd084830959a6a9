"""How sure, as a person would say it."""


def in_words(probability: float) -> str:
    """sure (0.9 and up), likely (0.6), maybe (0.2), else unsure."""
    if probability >= 0.9:
        return "sure"
    if probability >= 0.6:
        return "likely"
    if probability >= 0.2:
        return "maybe"
    return "unsure"
