"""What was said of rooms, visits and alerts stays said: events and histories are only added."""

from importlib import import_module

from django.db import migrations

guards = import_module("hims.migrations.0002_append_only")

TABLES = [
    "hims_bedspaceevent",
    "hims_alertevent",
    *(
        f"hims_historical{model}"
        for model in (
            "alertrule",
            "alertsuppression",
            "appointment",
            "appointmentservice",
            "bedassignment",
            "bedspace",
            "careteammember",
            "channel",
            "cleaningtask",
            "codemapping",
            "department",
            "document",
            "encounter",
            "interface",
            "interruptionbudget",
            "patientcontact",
            "patientidentifier",
            "schedule",
            "scheduleclosure",
            "shift",
            "waitinglistentry",
        )
    ),
]

# A milestone is never unsaid: its kind, times, source and who said it stay; only whether it stands,
# and that it was withdrawn, may be added. Raw messages keep their bytes.
KEEP = """
CREATE FUNCTION hims_milestone_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'DELETE' OR
       (NEW.encounter_id, NEW.kind, NEW.at, NEW.recorded_at, NEW.source, NEW.actor_id,
        NEW.evidence, NEW.corrects_id, NEW.reason)
       IS DISTINCT FROM
       (OLD.encounter_id, OLD.kind, OLD.at, OLD.recorded_at, OLD.source, OLD.actor_id,
        OLD.evidence, OLD.corrects_id, OLD.reason) THEN
        RAISE EXCEPTION 'hims_milestone keeps what was said: % refused', tg_op
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hims_milestone_keep BEFORE UPDATE OR DELETE ON hims_milestone
    FOR EACH ROW EXECUTE FUNCTION hims_milestone_keeps();
CREATE TRIGGER hims_milestone_keep_all BEFORE TRUNCATE ON hims_milestone
    FOR EACH STATEMENT EXECUTE FUNCTION hims_append_only();
CREATE FUNCTION hims_message_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'DELETE' OR
       (NEW.sending_application, NEW.control_id, NEW.raw, NEW.digest, NEW.received_at)
       IS DISTINCT FROM
       (OLD.sending_application, OLD.control_id, OLD.raw, OLD.digest, OLD.received_at) THEN
        RAISE EXCEPTION 'hims_inboxmessage keeps what came: % refused', tg_op
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hims_message_keep BEFORE UPDATE OR DELETE ON hims_inboxmessage
    FOR EACH ROW EXECUTE FUNCTION hims_message_keeps();
CREATE TRIGGER hims_message_keep_all BEFORE TRUNCATE ON hims_inboxmessage
    FOR EACH STATEMENT EXECUTE FUNCTION hims_append_only();
"""

UNKEEP = """
DROP TRIGGER hims_milestone_keep ON hims_milestone;
DROP TRIGGER hims_milestone_keep_all ON hims_milestone;
DROP FUNCTION hims_milestone_keeps();
DROP TRIGGER hims_message_keep ON hims_inboxmessage;
DROP TRIGGER hims_message_keep_all ON hims_inboxmessage;
DROP FUNCTION hims_message_keeps();
"""


class Migration(migrations.Migration):
    dependencies = [("hims", "0005_people_rooms_and_flow")]
    operations = [
        *(migrations.RunSQL(guards.guard(table), guards.unguard(table)) for table in TABLES),
        migrations.RunSQL(KEEP, UNKEEP),
    ]
