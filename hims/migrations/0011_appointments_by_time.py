"""A day's appointments, and whose patients are due today, are found by time."""

from django.contrib.postgres.indexes import GistIndex
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("hims", "0010_delivery_address")]

    operations = [
        migrations.AddIndex(
            model_name="appointment",
            index=GistIndex(fields=["period"], name="appointment_when"),
        )
    ]
