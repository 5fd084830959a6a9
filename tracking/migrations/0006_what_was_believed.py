"""A sighting of equipment keeps what the locator said just before; older ones stay without."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("hims", "0014_reports_append_only"),
        ("tracking", "0005_fingerprints_stay"),
    ]
    operations = [
        migrations.AddField(
            "sighting",
            "believed_floor",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="hims.floor",
            ),
        ),
        migrations.AddField(
            "sighting",
            "believed_level",
            models.CharField(
                blank=True,
                choices=[
                    ("zone", "room"),
                    ("area", "area"),
                    ("floor", "floor"),
                    ("unknown", "unknown"),
                ],
                default="",
                max_length=8,
            ),
            preserve_default=False,
        ),
        migrations.AddField("sighting", "believed_probability", models.FloatField(null=True)),
        migrations.AddField(
            "sighting",
            "believed_source",
            models.CharField(
                blank=True,
                choices=[("radio", "radio"), ("sighting", "scan")],
                default="",
                max_length=8,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "sighting",
            "believed_zone",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="hims.zone",
            ),
        ),
        migrations.AddConstraint(
            "sighting",
            models.CheckConstraint(
                condition=Q(believed_level="", believed_probability=None)
                | Q(asset__isnull=False, believed_probability__gte=0, believed_probability__lte=1)
                & ~Q(believed_level=""),
                name="sighting_belief_is_whole",
            ),
        ),
    ]
