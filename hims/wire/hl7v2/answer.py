"""The acknowledgement: AA (done), AE (could not be applied) or AR (refused), with the reason.

Original mode: one answer, after the commit. Table 0008 says what the codes mean, table 0357 what
the condition in ERR is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .errors import INTERNAL, NAMES
from .message import Message
from .times import written

ACCEPTED, ERROR, REJECTED = "AA", "AE", "AR"

_WORDS_KEPT = 400
_WITH_ERR = ("2.5", "2.6", "2.7", "2.8", "2.9")  # ERR as it is now, with table 0357 in ERR-3


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told: one of AA, AE, AR; the words; the condition of table 0357."""

    code: str
    words: str = ""
    condition: str = ""


def acknowledgement(
    answer: Answer, *, to: Message | None, number: str, at: datetime, our_name: str = "HIMS"
) -> str:
    """The message that carries `answer`, as text; `to` is None when no head could be read.

    number: our own control id. at: when we answer.
    """
    head = to.segments[0] if to else None
    version = to.version if to and to.version.startswith("2.") else "2.5"
    trigger = to.trigger if to else ""
    kind = f"ACK^{_escaped(trigger)}^ACK" if trigger else "ACK"
    fields = [
        "MSH|^~\\&",
        _hd(head.text(5) if head else "") or our_name,
        _hd(head.text(6) if head else ""),
        _hd(to.application if to else ""),
        _hd(to.facility if to else ""),
        written(at),
        "",
        kind,
        _escaped(number),
        _escaped(to.processing if to else "") or "P",
        _escaped(version),
        *[""] * 5,
        "UNICODE UTF-8",
    ]
    words = _escaped(answer.words[:_WORDS_KEPT])
    lines = ["|".join(fields), f"MSA|{answer.code}|{_escaped(to.control_id if to else '')}|{words}"]
    if answer.code != ACCEPTED and version.startswith(_WITH_ERR):
        condition = answer.condition or INTERNAL
        coded = f"{condition}^{NAMES.get(condition, '')}^HL70357"
        lines.append(f"ERR|||{coded}|E||||{words}")
    return "\r".join(lines) + "\r"


def enclosed(answers: Sequence[str], *, at: datetime, enveloped: bool) -> bytes:
    """All answers to one frame, as they travel; a batch is answered by a batch."""
    body = "".join(answers)
    if enveloped:
        body = f"BHS|^~\\&|HIMS||||{written(at)}\r{body}BTS|{len(answers)}\r"
    return body.encode()


def _hd(text: str) -> str:
    return _escaped(text[:227])


def _escaped(text: str) -> str:
    """`text` with the separators of our own head escaped, on one line."""
    for sign, code in (("\\", "E"), ("|", "F"), ("^", "S"), ("&", "T"), ("~", "R")):
        text = text.replace(sign, f"\\{code}\\")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
