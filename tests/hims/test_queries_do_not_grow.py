"""No page and no list asks the database more often because the hospital is larger."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import given
from tests.hims.walking import furnished, routes
from tracking.actions.sightings import found_here, not_there

READERS = ("administrator", "charge_nurse", "privacy_officer")
MORE = 12


def grown(house) -> None:
    """Twelve more of everything that a page lists."""
    rows = range(MORE)
    given.imported(
        {
            "assets.csv": "asset,kind,name,home,state,tag\n"
            + "\n".join(f"M-{n},pump,More pump,ST,free,C3:10:00:00:00:{n:02X}" for n in rows),
            "staff.csv": "staff,name,profession,ward,username,roles,badge,tag\n"
            + "\n".join(
                f"T-{n},More {n},nurse,W1,more-{n},nurse,MORE{n},C3:11:00:00:00:{n:02X}"
                for n in rows
            ),
            "patients.csv": "patient,family,given,birth_date,sex,tag\n"
            + "\n".join(f"MRN-8{n},F{n},G{n},,female,C3:12:00:00:00:{n:02X}" for n in rows),
            "gateways.csv": "gateway,name,building,floor,zone,x,y,z\n"
            + "\n".join(f"AC:23:3F:00:01:{n:02X},More {n},MAIN,G,COR,{n},1,2" for n in rows),
            "zones.csv": "zone,building,floor,name,kind,polygon\n"
            + "\n".join(
                f'N-{n},MAIN,G,More room {n},room,"POLYGON (({n} 20, {n}.9 20, {n}.9 21, {n} 20))"'
                for n in rows
            ),
        }
    )
    larger = given.known_by_code(house.now)
    for number in rows:
        asset = larger.assets[f"M-{number}"]
        zone = larger.zones["ST" if number % 2 else f"N-{number}"]
        given.placed(asset, zone, candidates=[(zone, 0.6), (larger.zones["COR"], 0.3)])
        given.device("scans", name=f"more scanner {number}")
        given.token(larger.manager)
        hour = timedelta(hours=number + 1)
        given.stayed(larger.assets["P-1"], zone, house.now - 2 * hour, house.now - hour)
        said = {"actor": larger.nurse, "now": house.now, "asset": asset, "zone": zone}
        (found_here if number % 2 else not_there)(**said)


def queries_by_page(house) -> dict[str, int]:
    """How often each page that a reader may open asks the database."""
    counts = {}
    for role in READERS:
        someone = house.people[role]
        browser = given.signed_in(someone)
        for route in routes():
            if "GET" not in route.methods or not someone.may(route.permission("GET")):
                continue
            url = route.url(house)
            if browser.get(url).status_code != 200:  # once before, for what is asked only once
                continue
            with CaptureQueriesContext(connection) as asked:
                b"".join(browser.get(url))
            counts[f"{route.name} as {role}"] = len(asked)
    return counts


def test_no_page_asks_more_often_in_a_larger_hospital(db):
    house = furnished(given.hospital())
    before = queries_by_page(house)
    grown(house)
    after = queries_by_page(house)
    more = {
        page: f"{count} queries, then {after[page]}"
        for page, count in before.items()
        if after.get(page, 0) > count + 1
    }
    assert len(before) > 30
    assert not more
