"""Passwords and PINs on their way through the gate."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Hidden:
    """A secret that somebody typed. It has no words: the digest of what was asked, which the
    trail keeps, must not let a PIN of six digits be found by trying them all."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return "hidden"
