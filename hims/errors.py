"""What can go wrong with a request, said once; each door turns these into its own dialect."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One reason why something is refused or doubtful.

    code: stable, for programs. text: a sentence for the user. severity: stop or warn (a warn may
    be passed with a reason). field: the input it is about, if one.
    """

    code: str
    text: str
    severity: str = "stop"
    field: str = ""

    def as_dict(self) -> dict[str, str]:
        return {key: value for key, value in asdict(self).items() if value}


class HimsError(Exception):
    """Base of the three answers that are not a success."""


class Refused(HimsError):
    """A rule of the house says no. Carries findings and, where there are any, ways out."""

    def __init__(self, *findings: Finding, alternatives: list[dict[str, Any]] | None = None):
        super().__init__("; ".join(finding.text for finding in findings))
        self.findings = list(findings)
        self.alternatives = alternatives or []


class Invalid(Refused):
    """The question itself is malformed: a wrong type, a missing field, an impossible value."""


class Forbidden(HimsError):
    """The actor may not do or see this."""


class NotFound(HimsError):
    """There is no such thing, or the viewer may not know of it."""


class Busy(HimsError):
    """Another call holds what this one needs; try again after `retry_after` seconds."""

    def __init__(self, text: str, retry_after: int = 1):
        super().__init__(text)
        self.retry_after = retry_after


class KeyReused(HimsError):
    """The same idempotency key came with another body."""
