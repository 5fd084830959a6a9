"""MLLP framing (HL7 v2 implementation guide, appendix C): where a message begins and ends.

A frame is 0x0B, the message, 0x1C, 0x0D. It may come in many reads, and one read may hold many.
"""

from dataclasses import dataclass

START, END, CARRIAGE_RETURN = b"\x0b", b"\x1c", b"\r"
LONGEST = 1_000_000
HEAD_KEPT = 4_096

CUT_SHORT = "cut_short"
TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stood in one frame.

    trouble: CUT_SHORT when a new frame began before this one ended, TOO_LONG when it held more
    than the limit (`body` is then its head, enough to answer it), else empty.
    """

    body: bytes
    trouble: str = ""


def framed(message: bytes) -> bytes:
    """`message` as it travels."""
    return START + message + END + CARRIAGE_RETURN


class Frames:
    """The frames in a stream of bytes, however it is cut. Memory is bounded by `longest`.

    stray: how many bytes since the last frame stood outside any; line ends are not counted.
    """

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._body: bytearray | None = None
        self._too_long = False
        self.stray = 0

    @property
    def inside(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._body is not None

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that end in `data`, in their order."""
        found: list[Frame] = []
        at = 0
        while at < len(data):
            if self._body is None:
                start = data.find(START, at)
                outside = data[at : start if start >= 0 else len(data)]
                self.stray += len(outside.translate(None, b"\r\n"))
                if start < 0:
                    break
                self._body, self._too_long = bytearray(), False
                at = start + 1
            at = self._inside(data, at, found)
        return found

    def _inside(self, data: bytes, at: int, found: list[Frame]) -> int:
        """Take what belongs to the open frame; where to go on."""
        end = data.find(END, at)
        restart = data.find(START, at, end if end >= 0 else len(data))
        stop = restart if restart >= 0 else end if end >= 0 else len(data)
        self._keep(data[at:stop])
        if restart >= 0:
            found.append(Frame(bytes(self._body or b""), CUT_SHORT))
            self._body, self._too_long = bytearray(), False
            return restart + 1
        if end >= 0:
            trouble = TOO_LONG if self._too_long else ""
            found.append(Frame(bytes(self._body or b""), trouble))
            self._body, self.stray = None, 0
            return end + 1
        return len(data)

    def _keep(self, part: bytes) -> None:
        if self._body is None or self._too_long:
            return
        self._body += part
        if len(self._body) > self._longest:
            self._too_long = True
            del self._body[HEAD_KEPT:]
