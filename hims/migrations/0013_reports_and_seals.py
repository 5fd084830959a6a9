"""Reports as they were made and signed, breaches with an end, and the seals of the trail."""

import django.contrib.postgres.fields
import django.db.models.deletion
import hims.models.base
import hims.models.reports
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hims", "0012_triage_zones"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportEdition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uid",
                    models.UUIDField(default=hims.models.base.new_uid, editable=False, unique=True),
                ),
                ("code", models.CharField(max_length=40)),
                ("definition", models.PositiveIntegerField()),
                ("first", models.DateField()),
                ("until", models.DateField()),
                ("begins", models.DateTimeField()),
                ("ends", models.DateTimeField()),
                ("filters", models.JSONField(blank=True, default=dict)),
                ("grouping", models.CharField(blank=True, max_length=40)),
                ("standard", models.BooleanField()),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("page", "asked on a page"),
                            ("api", "asked by a program"),
                            ("schedule", "made on schedule"),
                            ("check", "made to check a signed one"),
                        ],
                        max_length=8,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "being made"),
                            ("done", "made"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="queued",
                        max_length=9,
                    ),
                ),
                ("data_as_of", models.DateTimeField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=300)),
                ("row_count", models.PositiveBigIntegerField(blank=True, null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("figures", models.JSONField(blank=True, default=dict)),
                ("groups", models.JSONField(blank=True, default=list)),
                ("series", models.JSONField(blank=True, default=list)),
                ("differences", models.JSONField(blank=True, default=dict)),
                (
                    "check_code",
                    models.CharField(
                        default=hims.models.reports.new_check_code, max_length=14, unique=True
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "restates",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="restated_by",
                        to="hims.reportedition",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveBigIntegerField(unique=True)),
                ("sealed_at", models.DateTimeField()),
                ("entries", models.PositiveBigIntegerField()),
                ("root", models.BinaryField(max_length=32)),
                ("previous", models.BinaryField(max_length=32)),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("entries__gte", 1), ("number__gte", 1)),
                        name="seal_numbers_begin_with_one",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalReportRule",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "uid",
                    models.UUIDField(
                        db_index=True, default=hims.models.base.new_uid, editable=False
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("figure", models.CharField(blank=True, max_length=40)),
                (
                    "comparison",
                    models.CharField(
                        blank=True,
                        choices=[("at-most", "at most"), ("at-least", "at least")],
                        max_length=8,
                    ),
                ),
                (
                    "value",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True),
                ),
                ("each", models.BooleanField(default=False)),
                ("citation", models.CharField(blank=True, max_length=300)),
                ("active", models.BooleanField(default=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical report rule",
                "verbose_name_plural": "historical report rules",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalReportSchedule",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "uid",
                    models.UUIDField(
                        db_index=True, default=hims.models.base.new_uid, editable=False
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                (
                    "cadence",
                    models.CharField(
                        choices=[("day", "daily"), ("week", "weekly"), ("month", "monthly")],
                        max_length=5,
                    ),
                ),
                ("at", models.TimeField()),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=24), default=list, size=None
                    ),
                ),
                ("active", models.BooleanField(default=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical report schedule",
                "verbose_name_plural": "historical report schedules",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ReportProgress",
            fields=[
                (
                    "edition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="progress",
                        serialize=False,
                        to="hims.reportedition",
                    ),
                ),
                ("rows", models.PositiveBigIntegerField(default=0)),
                ("beat_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("cancel_asked", models.BooleanField(default=False)),
            ],
        ),
        migrations.AddField(
            model_name="reportedition",
            name="seal",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="hims.auditseal",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalBreach",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "uid",
                    models.UUIDField(
                        db_index=True, default=hims.models.base.new_uid, editable=False
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("figure", models.CharField(max_length=40)),
                ("group", models.CharField(blank=True, max_length=120)),
                ("found_at", models.DateTimeField()),
                ("target", models.CharField(max_length=60)),
                ("value", models.DecimalField(decimal_places=4, max_digits=18)),
                ("n", models.CharField(max_length=40)),
                ("whole", models.CharField(blank=True, max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "nobody has it"),
                            ("owned", "in hand"),
                            ("done", "done, to be checked"),
                            ("closed", "closed"),
                        ],
                        default="open",
                        max_length=6,
                    ),
                ),
                ("due_on", models.DateField(blank=True, null=True)),
                ("action", models.CharField(blank=True, max_length=500)),
                ("evidence", models.CharField(blank=True, max_length=500)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("check_on", models.DateField(blank=True, null=True)),
                ("effective", models.BooleanField(blank=True, null=True)),
                ("conclusion", models.CharField(blank=True, max_length=500)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "checked_in",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="hims.reportedition",
                    ),
                ),
                (
                    "found_in",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="hims.reportedition",
                    ),
                ),
                (
                    "last_in",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="hims.reportedition",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical breach",
                "verbose_name_plural": "historical breachs",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Breach",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uid",
                    models.UUIDField(default=hims.models.base.new_uid, editable=False, unique=True),
                ),
                ("code", models.CharField(max_length=40)),
                ("figure", models.CharField(max_length=40)),
                ("group", models.CharField(blank=True, max_length=120)),
                ("found_at", models.DateTimeField()),
                ("target", models.CharField(max_length=60)),
                ("value", models.DecimalField(decimal_places=4, max_digits=18)),
                ("n", models.CharField(max_length=40)),
                ("whole", models.CharField(blank=True, max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "nobody has it"),
                            ("owned", "in hand"),
                            ("done", "done, to be checked"),
                            ("closed", "closed"),
                        ],
                        default="open",
                        max_length=6,
                    ),
                ),
                ("due_on", models.DateField(blank=True, null=True)),
                ("action", models.CharField(blank=True, max_length=500)),
                ("evidence", models.CharField(blank=True, max_length=500)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("check_on", models.DateField(blank=True, null=True)),
                ("effective", models.BooleanField(blank=True, null=True)),
                ("conclusion", models.CharField(blank=True, max_length=500)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="breaches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "checked_in",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="hims.reportedition",
                    ),
                ),
                (
                    "found_in",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="breaches_found",
                        to="hims.reportedition",
                    ),
                ),
                (
                    "last_in",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="hims.reportedition",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReportRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveBigIntegerField()),
                ("cells", models.JSONField()),
                (
                    "edition",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="hims.reportedition",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReportRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uid",
                    models.UUIDField(default=hims.models.base.new_uid, editable=False, unique=True),
                ),
                ("code", models.CharField(max_length=40)),
                ("figure", models.CharField(blank=True, max_length=40)),
                (
                    "comparison",
                    models.CharField(
                        blank=True,
                        choices=[("at-most", "at most"), ("at-least", "at least")],
                        max_length=8,
                    ),
                ),
                (
                    "value",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True),
                ),
                ("each", models.BooleanField(default=False)),
                ("citation", models.CharField(blank=True, max_length=300)),
                ("active", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("active", True)),
                        fields=("code", "figure"),
                        name="report_rule_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("comparison", ""), ("figure", ""), ("value", None)),
                            models.Q(
                                models.Q(("figure", ""), _negated=True),
                                models.Q(("comparison", ""), _negated=True),
                                ("value__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="report_rule_is_a_target_or_a_citation",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportSchedule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uid",
                    models.UUIDField(default=hims.models.base.new_uid, editable=False, unique=True),
                ),
                ("code", models.CharField(max_length=40)),
                (
                    "cadence",
                    models.CharField(
                        choices=[("day", "daily"), ("week", "weekly"), ("month", "monthly")],
                        max_length=5,
                    ),
                ),
                ("at", models.TimeField()),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=24), default=list, size=None
                    ),
                ),
                ("active", models.BooleanField(default=True)),
                ("made_until", models.DateField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("active", True)),
                        fields=("code", "cadence"),
                        name="report_schedule_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportSignature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uid",
                    models.UUIDField(default=hims.models.base.new_uid, editable=False, unique=True),
                ),
                ("name", models.CharField(max_length=200)),
                ("role", models.CharField(max_length=24)),
                (
                    "meaning",
                    models.CharField(
                        choices=[
                            ("reviewed", "reviewed"),
                            ("approved", "approved"),
                            ("responsible", "takes responsibility"),
                        ],
                        max_length=11,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("sha256", models.CharField(max_length=64)),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="hims.reportedition",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReportDocument",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uid",
                    models.UUIDField(default=hims.models.base.new_uid, editable=False, unique=True),
                ),
                ("made_at", models.DateTimeField()),
                ("paper", models.CharField(max_length=6)),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.BinaryField()),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="hims.reportedition",
                    ),
                ),
                (
                    "signature",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="document",
                        to="hims.reportsignature",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="AuditLeaf",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="leaf",
                        serialize=False,
                        to="hims.auditentry",
                    ),
                ),
                ("position", models.PositiveBigIntegerField()),
                ("digest", models.BinaryField(max_length=32)),
                (
                    "seal",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leaves",
                        to="hims.auditseal",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seal", "position"), name="leaf_place_in_its_seal"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="reportedition",
            index=models.Index(fields=["code", "-first", "-id"], name="edition_of_report"),
        ),
        migrations.AddIndex(
            model_name="reportedition",
            index=models.Index(
                condition=models.Q(("status", "queued")), fields=["id"], name="edition_queued"
            ),
        ),
        migrations.AddConstraint(
            model_name="reportedition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends__gt", models.F("begins")), ("until__gt", models.F("first"))
                ),
                name="edition_period_is_not_empty",
            ),
        ),
        migrations.AddConstraint(
            model_name="reportedition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "done"), _negated=True),
                    models.Q(
                        ("data_as_of__isnull", False),
                        ("done_at__isnull", False),
                        ("row_count__isnull", False),
                        models.Q(("sha256", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="edition_done_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="breach",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "closed"), _negated=True),
                fields=("code", "figure", "group"),
                name="breach_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="breach",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["open", "closed"]),
                    models.Q(("due_on__isnull", False), ("owner__isnull", False)),
                    _connector="OR",
                ),
                name="breach_in_hand_has_an_owner_and_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="breach",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "done"), _negated=True),
                    models.Q(
                        models.Q(("action", ""), _negated=True),
                        models.Q(("evidence", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="breach_done_says_what_and_shows_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="breach",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "closed"), _negated=True),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("closed_by__isnull", False),
                        models.Q(("conclusion", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="breach_closed_has_a_conclusion",
            ),
        ),
        migrations.AddConstraint(
            model_name="reportrow",
            constraint=models.UniqueConstraint(
                fields=("edition", "position"), name="report_row_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="reportsignature",
            constraint=models.UniqueConstraint(
                fields=("edition", "actor"), name="report_signed_once_each"
            ),
        ),
    ]
