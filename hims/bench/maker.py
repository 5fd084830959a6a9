"""Makes one report in a process of its own and prints the most memory that it held, in megabytes.

python -m hims.bench.maker CODE FIRST UNTIL ACTOR
"""

import re
import sys
from datetime import date
from pathlib import Path

import django


def main(code: str, first: str, until: str, key: str) -> None:
    django.setup()
    from django.utils import timezone

    from hims.actions.reports.asking import ask
    from hims.domain.periods import Period
    from hims.models import Actor
    from hims.reporting.declared import report_of
    from hims.reporting.making import make

    period = Period(date.fromisoformat(first), date.fromisoformat(until))
    actor, now = Actor.objects.get(pk=key), timezone.now()
    edition = ask(actor=actor, now=now, report=report_of(code), period=period, waits=True)
    done = make(edition.pk, now)
    if done is None or done.status != "done":
        raise SystemExit(f"{code} could not be made")
    # getrusage would tell what the parent held before this program began.
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    print(int(found[1]) / 1024 if found else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
