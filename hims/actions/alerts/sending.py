"""What leaves the house: claimed by a worker, sent outside any transaction, and settled.

A claim is a lease: when the worker that took it is killed, the row is due again. So each is sent at
least once; a receiver may see the same title twice after a crash, and none is lost.
"""

from datetime import datetime, timedelta

from django.conf import settings

from hims.action import action, step, touches
from hims.actions.alerts.raising import raise_alert
from hims.actions.timers import back_off
from hims.alert_rules import NOT_DELIVERED
from hims.domain.channels import EMAIL, Letter
from hims.models import Actor, Delivery

Status = Delivery.Status
LEASE = timedelta(seconds=90)
AT_ONCE = 20
ATTEMPTS = 8  # 2 + 4 + … s: some four minutes


@action("delivery.claim")
def claim_deliveries(*, actor: Actor, now: datetime) -> list[Letter]:
    """Take what is due to be sent; others will not take it as long as the lease runs.

    Where nothing is sent (HIMS_DELIVERY=show) it is marked as shown instead.
    """
    due = Delivery.objects.select_for_update(skip_locked=True, of=("self",))
    due = due.filter(status=Status.DUE, due_at__lte=now).select_related("channel")
    rows = list(due.order_by("due_at", "pk")[:AT_ONCE])
    touches(*rows)
    if settings.HIMS_DELIVERY == "show":
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
            status=Status.SHOWN, sent_at=now
        )
        return []
    for row in rows:
        row.attempts += 1
        row.due_at = now + LEASE
    Delivery.objects.bulk_update(rows, ["attempts", "due_at"])
    return [_letter(row) for row in rows]


@action("delivery.settle")
def settle_delivery(*, actor: Actor, now: datetime, letter: Letter, error: str = "") -> Delivery:
    """It was sent, or comes again later and later; at last it is given up, which is told.

    Nothing changes if somebody else settled it, or claimed it anew, meanwhile.
    """
    row = Delivery.objects.select_for_update().get(pk=letter.delivery)
    touches(row)
    if row.status != Status.DUE or row.attempts != letter.attempt:
        return row
    if not error:
        row.status, row.sent_at, row.error = Status.SENT, now, ""
    else:
        row.error = error[:300]
        row.due_at = now + back_off(row.attempts)
        if row.attempts >= ATTEMPTS:
            row.status = Status.FAILED
            _tell_failure(row, actor, now)
    row.save(update_fields=["status", "sent_at", "error", "due_at"])
    return row


@step
def _tell_failure(row: Delivery, actor: Actor, now: datetime) -> None:
    if row.alert is not None and row.alert.rule.code == NOT_DELIVERED:
        return
    through = row.channel.name if row.channel else "e-mail"
    raise_alert(
        rule=NOT_DELIVERED,
        group_key=str(row.channel_id or "address"),
        subject=str(row.uid),
        title=f"Messages through “{through}” cannot be delivered",
        text=row.error,
        url="/alerts/sent/",
        actor=actor,
        now=now,
    )


def _letter(row: Delivery) -> Letter:
    kind = row.channel.kind if row.channel else EMAIL
    address = row.channel.address if row.channel else row.address
    return Letter(row.pk, row.attempts, kind, address, row.title, row.text)
