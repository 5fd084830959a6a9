"""Check digits of article and company numbers: GS1 mod 10 and the alphanumeric pair of a GMN."""

# GS1 General Specifications 7.9.1: weights 3 and 1 from the right.
LETTERS = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
PAIR = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def are_digits(text: str) -> bool:
    """Only the ten digits, and at least one."""
    return text.isascii() and text.isdigit()


def mod10(payload: str) -> str:
    """The check digit that follows the digits of `payload`."""
    total = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(payload))
    )
    return str(-total % 10)


def mod10_holds(number: str) -> bool:
    """Whether the last digit of `number` is its check digit."""
    return len(number) > 1 and are_digits(number) and mod10(number[:-1]) == number[-1]


def check_pair(payload: str) -> str | None:
    """The two check characters of a Global Model Number (GS1 General Specifications 7.9.5); None
    if `payload` is empty, too long or holds other characters."""
    if not payload or len(payload) > len(PRIMES) or any(char not in LETTERS for char in payload):
        return None
    total = sum(
        prime * LETTERS.index(char) for prime, char in zip(PRIMES, reversed(payload), strict=False)
    )
    return PAIR[total % 1021 // 32] + PAIR[total % 1021 % 32]
