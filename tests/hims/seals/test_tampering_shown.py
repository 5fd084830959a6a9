"""The demonstration's forger: a sealed entry is edited, found from inside and outside, put back."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from hims import verify_audit
from hims.action import look
from hims.models import AuditEntry
from hims.queries.actors import console
from hims.verifiers.seals import sealed_entries
from tests.hims.seals.test_verifier import asked


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def verdict(file: Path) -> tuple[int, str]:
    """What the independent verifier says of a fresh export."""
    file.unlink(missing_ok=True)
    run("audit_export", str(file))
    status, _, complained = asked(verify_audit.main, [str(file)])
    return status, complained


@pytest.mark.django_db(transaction=True)
def test_an_edited_entry_is_named_by_both_verifiers_and_put_back_exactly(settings, tmp_path):
    settings.HIMS_VAR = tmp_path
    with pytest.raises(CommandError, match="Nothing is sealed yet"):
        run("simulate_tampering")
    for reason in ("", "why not", ""):
        look(viewer=console(), now=timezone.now(), what="lamp.look", things=[], reason=reason)
    run("seal")
    with pytest.raises(CommandError, match="nothing to undo"):
        run("simulate_tampering", "--undo")
    victim = AuditEntry.objects.get(reason="why not")

    said = run("simulate_tampering")
    assert f"Entry {victim.pk} had the reason 'why not'" in said
    assert sealed_entries(None)[1] == f"audit entry {victim.pk}: it is not what seal 1 covers"
    status, complained = verdict(tmp_path / "trail")
    assert (status, complained.split(":")[0]) == (1, f"entry {victim.pk}")
    with pytest.raises(CommandError, match="already"):
        run("simulate_tampering")

    run("simulate_tampering", "--undo")
    assert AuditEntry.objects.get(pk=victim.pk).reason == "why not"
    assert sealed_entries(None)[1] is None
    assert verdict(tmp_path / "trail") == (0, "")
    with pytest.raises(Exception, match="append-only"):
        AuditEntry.objects.filter(pk=victim.pk).update(reason="x")

    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        run("simulate_tampering")
