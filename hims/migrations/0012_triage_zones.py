"""Triage is a kind of zone: a tag that comes into it is a milestone of the visit."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hims", "0011_appointments_by_time"),
    ]

    operations = [
        migrations.AlterField(
            model_name="historicalzone",
            name="kind",
            field=models.CharField(
                choices=[
                    ("area", "area"),
                    ("bay", "bay"),
                    ("room", "room"),
                    ("ward", "ward"),
                    ("theatre", "theatre"),
                    ("imaging", "imaging"),
                    ("pharmacy", "pharmacy"),
                    ("store", "store"),
                    ("corridor", "corridor"),
                    ("lift", "lift"),
                    ("stairs", "stairs"),
                    ("entrance", "entrance"),
                    ("office", "office"),
                    ("utility", "utility room"),
                    ("waiting", "waiting room"),
                    ("triage", "triage"),
                ],
                default="room",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="zone",
            name="kind",
            field=models.CharField(
                choices=[
                    ("area", "area"),
                    ("bay", "bay"),
                    ("room", "room"),
                    ("ward", "ward"),
                    ("theatre", "theatre"),
                    ("imaging", "imaging"),
                    ("pharmacy", "pharmacy"),
                    ("store", "store"),
                    ("corridor", "corridor"),
                    ("lift", "lift"),
                    ("stairs", "stairs"),
                    ("entrance", "entrance"),
                    ("office", "office"),
                    ("utility", "utility room"),
                    ("waiting", "waiting room"),
                    ("triage", "triage"),
                ],
                default="room",
                max_length=10,
            ),
        ),
    ]
