import django.contrib.postgres.fields
from django.db import migrations, models

SCOPES = django.contrib.postgres.fields.ArrayField(
    base_field=models.CharField(
        choices=[
            ("readings", "readings"),
            ("scans", "scans"),
            ("observations", "observations"),
            ("hl7", "HL7 messages"),
            ("events", "events"),
            ("wait_sign", "wait sign"),
        ],
        max_length=12,
    ),
    blank=True,
    default=list,
    size=None,
)


class Migration(migrations.Migration):
    dependencies = [
        ("hims", "0007_finding_patients"),
    ]

    operations = [
        migrations.AlterField(model_name="device", name="scopes", field=SCOPES),
        migrations.AlterField(model_name="historicaldevice", name="scopes", field=SCOPES.clone()),
    ]
