"""Public identifiers: UUIDv7, ordered by time of birth, so that an index stays compact."""

from uuid import UUID


def uuid7(milliseconds: int, entropy: bytes) -> UUID:
    """A version 7 UUID (RFC 9562, 5.7).

    milliseconds: since 1970, below 2**48. entropy: ten random bytes, of which 74 bits are used.
    """
    if len(entropy) != 10:
        raise ValueError("uuid7 takes ten bytes of entropy")
    rand_a = int.from_bytes(entropy[:2]) & 0x0FFF
    rand_b = int.from_bytes(entropy[2:]) & ((1 << 62) - 1)
    return UUID(
        int=(milliseconds & ((1 << 48) - 1)) << 80 | 7 << 76 | rand_a << 64 | 2 << 62 | rand_b
    )
