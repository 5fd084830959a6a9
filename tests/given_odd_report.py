"""A report of texts, numbers and times that spoil files: formulas, quotes, both daylight saving
nights, numbers that no spreadsheet holds. It is made of constants."""

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.reporting.declared import Cell, Column, Report

TEXTS = [
    "=cmd|'/c calc'!A1", "+49 30", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1", " =1+1", "＝1+1",
    'comma, "quoted"', "two\nlines", "two\r\nlines", "שלום = peace", "\u202eevil", "'", "",
    "https://example.org/", "007", "x" * 40_000, "𝔘" * 20_000, "\x01_x0041_", "odd \ufffe", None,
]  # fmt: skip
"""One a row, in this order."""

SQL = """
SELECT n::int, said, n * 1000000000000, (n * 0.01)::numeric(30, 2),
       n * 60, timestamptz '2026-10-24 23:30+00' + n * interval '30 minutes',
       date '1899-12-25' + n::int, CASE n %% 3 WHEN 0 THEN true WHEN 1 THEN false END,
       md5(n::text)::uuid, CASE WHEN n < 3 THEN said ELSE 'rest' END, false
FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS one (said, n)
ORDER BY n
"""


def _literal() -> str:
    """The texts as SQL."""
    said = [
        "NULL" if text is None else "U&'" + "".join(_escaped(sign) for sign in text) + "'"
        for text in TEXTS
    ]
    return f"ARRAY[{', '.join(said)}]"


def _escaped(sign: str) -> str:
    return sign if sign.isascii() and sign.isalnum() else f"\\+{ord(sign):06x}"


ODDS = Report(
    code="ODD/S 1",
    slug="odds",
    title="=Odds",
    version=1,
    says=["@Everything that spoils files."],
    permission="reports.flow",
    signers=frozenset({Role.MANAGER}),
    cadence=Cadence.MONTH,
    sql=SQL.replace("%(texts)s", _literal()),
    columns=[
        Column("number", "Number", Cell.NUMBER),
        Column("said", "Said"),
        Column("large", "Large", Cell.NUMBER),
        Column("amount", "Amount", Cell.AMOUNT, unit="ml"),
        Column("took", "Took", Cell.DURATION),
        Column("at", "At", Cell.TIME),
        Column("day", "Day", Cell.DAY, shown=False),
        Column("flag", "Flag", Cell.FLAG),
        Column("uid", "Uid", Cell.UID),
        Column("kind", "Kind"),
        Column("never", "Never", Cell.FLAG),
    ],
    key=["number"],
    figures=[
        figures.share("flagged", "+Flagged", "flag", better="higher"),
        figures.count("rows", "Rows"),
        figures.total("amount", "Amount", "amount", unit="ml", places=2),
        figures.median("took", "Took", "took", unit="min", scale=60, places=1),
        figures.ratio("none", "Of nothing", "took", "took", among="never"),
    ],
    groupings=["kind"],
)
