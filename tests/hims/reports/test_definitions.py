"""A definition that changes gets a new version: what was signed under the old one must not be told
by the new one. The definitions as they are stand in definitions.json beside this file."""

import hashlib
import json
from pathlib import Path

from hims.reporting.declared import Report, all_reports

KNOWN = Path(__file__).with_name("definitions.json")


def fingerprint(report: Report) -> str:
    """Of all that decides what is counted; not of titles, words, charts or line breaks."""
    counted = {
        "sql": " ".join(report.sql.split()),
        "columns": [(column.name, column.cell) for column in report.columns],
        "key": list(report.key),
        "figures": [
            [one.name, one.kind, one.of, one.whole, one.among, one.scale, one.places]
            for one in report.figures
        ],
    }
    return hashlib.sha256(json.dumps(counted, sort_keys=True).encode()).hexdigest()[:16]


def test_what_is_counted_otherwise_has_another_version():
    known = json.loads(KNOWN.read_text())
    now = {one.code: [one.version, fingerprint(one)] for one in all_reports()}
    changed = {
        code: now[code]
        for code in now
        if code in known and known[code] != now[code] and known[code][0] >= now[code][0]
    }
    assert not changed, "raise the version of these definitions"
    assert known == now, f"write these into {KNOWN.name}: {json.dumps(now, indent=1)}"
