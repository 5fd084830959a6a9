"""Why a message cannot be read: in words, with the code of HL7 table 0357 that a sender knows."""

# HL7 table 0357, message error condition codes
SEGMENT_SEQUENCE, REQUIRED_MISSING, DATA_TYPE, VALUE_NOT_FOUND = "100", "101", "102", "103"
UNSUPPORTED_TYPE, UNSUPPORTED_EVENT, UNSUPPORTED_PROCESSING = "200", "201", "202"
UNSUPPORTED_VERSION, UNKNOWN_KEY, DUPLICATE_KEY = "203", "204", "205"
INTERNAL = "207"

NAMES = {
    SEGMENT_SEQUENCE: "Segment sequence error",
    REQUIRED_MISSING: "Required field missing",
    DATA_TYPE: "Data type error",
    VALUE_NOT_FOUND: "Table value not found",
    UNSUPPORTED_TYPE: "Unsupported message type",
    UNSUPPORTED_EVENT: "Unsupported event code",
    UNSUPPORTED_PROCESSING: "Unsupported processing id",
    UNSUPPORTED_VERSION: "Unsupported version id",
    UNKNOWN_KEY: "Unknown key identifier",
    DUPLICATE_KEY: "Duplicate key identifier",
    INTERNAL: "Application internal error",
}


class Unreadable(ValueError):
    """The bytes are no message that we can read. `code` is of table 0357, `text` a sentence."""

    def __init__(self, code: str, text: str):
        super().__init__(text)
        self.code = code
        self.text = text
