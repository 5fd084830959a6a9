"""A hospital small enough to see whole, as CSV, and with one fault or another."""

from datetime import date
from pathlib import Path

from hims.hospital.stored import words
from hims.wire.hospital import Hospital, read
from tracking.wire.addresses import normalise

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
TODAY = date(2026, 11, 22)

SMALL = {
    "buildings.csv": "building,name\nMAIN,Main building\n",
    "floors.csv": "building,floor,name,level\nMAIN,G,Ground,0\nMAIN,1,First,1\n",
    "zones.csv": (
        "zone,building,floor,name,kind,capacity,area,polygon\n"
        "ED,MAIN,G,Emergency,area,,,\n"
        'BAY,MAIN,G,Bay,bay,1,ED,"POLYGON((0 0, 4 0, 4 5, 0 5, 0 0))"\n'
        'HALL,MAIN,G,Hall,corridor,,,"POLYGON((4 0, 20 0, 20 5, 4 5, 4 0))"\n'
        'WARD,MAIN,1,Ward,ward,4,,"POLYGON((0 0, 20 0, 20 5, 0 5, 0 0))"\n'
    ),
    "doors.csv": "zone,neighbour,kind,seconds,x,y\nBAY,HALL,door,,4,2\nHALL,WARD,lift,30,10,2\n",
    "gateways.csv": (
        "gateway,name,building,floor,zone,x,y,z\nAC233FC00001,Bay,MAIN,G,BAY,2,2,2.6\n"
    ),
    "kinds.csv": "kind,name\npump,Infusion pump\n",
    "assets.csv": (
        "asset,kind,name,serial,home,state,service_due_on,tag\n"
        "P-1,pump,Pump 1,S1,BAY,free,2028-01-31,AC:23:3F:A0:00:01\n"
        "P-2,pump,Pump 2,S2,WARD,,,\n"
    ),
    "staff.csv": (
        "staff,name,profession,ward,username,roles,badge,tag\n"
        "S1,Ada Lind,nurse,WARD,ada,nurse,B1,AC233FA00002\n"
    ),
    "patients.csv": (
        "patient,family,given,birth_date,sex,tag\n4001,Grindlewood,Agnes,1950-05-05,female,\n"
    ),
}


def taken(files: dict[str, str | bytes], folder: str = "small", known: Hospital | None = None):
    """What is read of these files, and what is refused."""
    contents = {
        name: text if isinstance(text, bytes) else text.encode() for name, text in files.items()
    }
    return read(
        contents,
        folder=folder,
        known=known or Hospital(),
        words=words(),
        address=normalise,
        today=TODAY,
    )


def small(**changes: str | bytes | None) -> dict[str, str | bytes]:
    """The small hospital with other files: `zones=...` replaces zones.csv, None takes it out."""
    files = {**SMALL, **{f"{name}.csv": text for name, text in changes.items()}}
    return {name: text for name, text in files.items() if text is not None}


def with_row(name: str, row: str) -> dict[str, str | bytes]:
    """The small hospital with one more row in this sheet."""
    return small(**{name: SMALL[f"{name}.csv"] + row + "\n"})
