"""A calm ward: how many rows are written for each reading while nearly everything lies still.

Real processes, readings at their real rate and with a radio's noise; the rows are counted by
PostgreSQL itself, in all tables, heartbeats and health of gateways included.
"""

import json
import time

from hims.bench import campus, hospital, running
from hims.bench.figures import Figure
from hims.bench.scratch import House, Say
from tracking.models import EngineStatus

AT_REST = 0.95
STAY_S = 60.0
"""Each of the others is wheeled into another room so often."""
SETTLED_S = 60  # until every tag has been placed and the others have begun to move
GROUPS = {
    "calm_position_rows": ("tracking_position",),
    "calm_stay_rows": ("tracking_openstay", "tracking_stay"),
    "calm_health_rows": ("tracking_enginestatus", "tracking_gatewayhealth", "tracking_taghealth"),
}
"""Figures by the beginnings of their tables' names."""
COUNTED = """
SELECT relname, n_tup_ins + n_tup_upd FROM pg_stat_user_tables
"""


def measure(
    house: House, say: Say, *, tags: int = 1_000, seconds: int = 120, settled_s: int = SETTLED_S
) -> list[Figure]:
    """Rows written per reading over `seconds`, in all and by what they are about."""
    hospital.places()
    moving = round(tags * (1 - AT_REST))
    hospital.equip(house, 1, tags, positions=False)
    question = {
        "key": hospital.gateway_key("bench"),
        "seconds": settled_s + seconds,
        "stay_s": STAY_S,
        "moving": campus.moving(moving),
        "resting": [
            {"address": one.gateway, "tags": one.tags, "dbm": one.dbm}
            for one in campus.resting(moving + 1, tags)
        ],
    }
    with running.web(house) as web, running.engine(house, web):
        say(f"{tags} tags for {settled_s + seconds} s")
        with running.beside(house, "hims.bench.sender") as sender:
            sender.stdin.write(json.dumps(question | {"port": web.port}))
            sender.stdin.close()
            time.sleep(settled_s)
            before = _counted(house)
            time.sleep(seconds)
            after = _counted(house)
            json.loads(sender.stdout.read())
    readings = after.pop("readings") - before.pop("readings")
    rows = {table: count - before.get(table, 0) for table, count in after.items()}
    each = "a row for each reading"
    figures = [_figure("calm_rows", sum(rows.values()), readings, each)]
    for name, tables in GROUPS.items():
        count = sum(rows[table] for table in rows if table.startswith(tables))
        figures.append(_figure(name, count, readings, each))
    return figures


def _figure(name: str, rows: int, readings: int, reference: str) -> Figure:
    return Figure(name, rows, "rows", reference, readings)


def _counted(house: House) -> dict[str, int]:
    """Rows written so far by table, and the `readings` that the engine has counted."""
    with house.connect() as bare:
        rows = dict(bare.execute(COUNTED).fetchall())
    return rows | {"readings": EngineStatus.objects.get().accepted}
