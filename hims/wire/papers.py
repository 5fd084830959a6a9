"""What a file is, by its first bytes and not by its name: the kinds that a record may hold."""

STARTS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
ENDINGS = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "text/plain": ".txt",
}


def kind_of(content: bytes) -> str | None:
    """The media type of a PDF, PNG, JPEG or UTF-8 text; None for anything else, and for nothing."""
    for start, kind in STARTS:
        if content.startswith(start):
            return kind
    return "text/plain" if content and text_of(content) else None


def text_of(content: bytes) -> str:
    """The text of a text file; "" where it is none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""
    return text if not any(ord(letter) < 32 and letter not in "\t\n\r\f" for letter in text) else ""
