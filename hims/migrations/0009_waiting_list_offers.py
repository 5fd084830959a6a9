"""What was offered to somebody on the waiting list: when, which time, with whom and where."""

import django.db.models.deletion
from django.db import migrations, models


def _reference(to, past):
    """A key to what was offered; that of the history is a mere number."""
    delete = django.db.models.deletion.DO_NOTHING if past else django.db.models.deletion.PROTECT
    return models.ForeignKey(
        blank=True,
        null=True,
        on_delete=delete,
        related_name="+",
        to=to,
        db_constraint=not past,
    )


class Migration(migrations.Migration):
    dependencies = [("hims", "0008_wait_sign")]

    operations = [
        migrations.AddField(model_name=model, name=name, field=field)
        for model, past in (("historicalwaitinglistentry", True), ("waitinglistentry", False))
        for name, field in (
            ("offered_at", models.DateTimeField(blank=True, null=True)),
            ("offered_begins_at", models.DateTimeField(blank=True, null=True)),
            ("offered_practitioner", _reference("hims.staff", past)),
            ("offered_zone", _reference("hims.zone", past)),
        )
    ]
