"""A production site refuses what only a demonstration may run with, one sentence each."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from hims import checks
from hims.production import refusals

CHECKOUT = Path(__file__).resolve().parents[2]
READY = {
    "HIMS_ENV": "production",
    "DATABASE_URL": "postgresql://hims_app@db.example/hims",
    "HIMS_OWNER_DATABASE_URL": "postgresql://hims_owner@db.example/hims",
    "HIMS_SECRET_KEY": secrets.token_urlsafe(50),
    "HIMS_TLS_CERTIFICATE": "/etc/hims/cert.pem",
    "HIMS_TLS_KEY": "/etc/hims/key.pem",
    "HIMS_HOSTS": "hims.example",
    "CELERY_BROKER_URL": "amqp://broker.example//",
}


def manage(*command: str, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], "HIMS_VAR": os.environ["HIMS_VAR"], **env},
        capture_output=True,
        text=True,
    )


def test_a_site_that_is_set_up_is_not_refused():
    assert refusals(READY) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"DATABASE_URL": ""}, "embedded database"),
        ({"HIMS_OWNER_DATABASE_URL": ""}, "owner of its own tables"),
        ({"HIMS_OWNER_DATABASE_URL": READY["DATABASE_URL"]}, "owner of its own tables"),
        ({"HIMS_SECRET_KEY": ""}, "secret of its own"),
        ({"HIMS_SECRET_KEY": "a" * 60}, "secret of its own"),
        ({"HIMS_SECRET_KEY": "short"}, "secret of its own"),
        ({"HIMS_TLS_CERTIFICATE": ""}, "plain HTTP"),
        ({"HIMS_TLS_KEY": ""}, "plain HTTP"),
        ({"HIMS_HOSTS": ""}, "its own name"),
        ({"CELERY_BROKER_URL": ""}, "message broker"),
        ({"CELERY_BROKER_URL": "filesystem://"}, "message broker"),
    ],
)
def test_each_thing_that_is_missing_is_refused_with_one_sentence(change, word):
    (sentence,) = refusals(READY | change)
    assert word in sentence
    assert sentence.endswith(".")


def test_every_command_of_an_unready_site_ends_with_the_sentences_and_no_traceback():
    said = manage("verify", HIMS_ENV="production")
    assert said.returncode == 1
    assert said.stderr.splitlines() == refusals({})


def test_no_secret_is_ever_repeated():
    said = manage("verify", HIMS_ENV="production", HIMS_SECRET_KEY="hunter2-hunter2")
    assert "hunter2" not in said.stdout + said.stderr


def test_an_unknown_kind_of_site_is_refused():
    said = manage("check", HIMS_ENV="staging")
    assert said.returncode == 1
    assert said.stderr == "HIMS_ENV is demo or production, not 'staging'.\n"


def test_a_ready_site_passes_the_deployment_checks():
    said = manage("check", "--deploy", "--fail-level", "WARNING", **READY)
    assert said.returncode == 0, said.stderr


@pytest.mark.django_db
def test_accounts_of_the_demonstration_stop_every_command_and_program(settings):
    from hims.models import Actor

    settings.PRODUCTION = True
    assert checks.no_demonstration_in_production(None) == []
    Actor.objects.create(kind="person", username="porter", demonstration=True, password="!")
    (error,) = checks.no_demonstration_in_production(None)
    assert "1 can sign in (porter)" in error.msg
    with pytest.raises(SystemExit, match="porter"):
        checks.refuse_to_start()
    Actor.objects.filter(username="porter").update(is_active=False)
    assert checks.no_demonstration_in_production(None) == []


@pytest.mark.django_db
def test_accounts_of_the_demonstration_are_welcome_in_the_demonstration(settings):
    from hims.models import Actor

    Actor.objects.create(kind="person", username="porter", demonstration=True, password="!")
    assert checks.no_demonstration_in_production(None) == []
    checks.refuse_to_start()


@pytest.mark.django_db
def test_nobody_signs_in_to_production_with_a_demonstration_account(settings):
    from hims.access.backends import Password
    from hims.models import Actor

    porter = Actor(kind="person", username="porter", demonstration=True)
    porter.set_password("seven wet herons waiting")
    porter.save()
    asked = {"username": "porter", "password": "seven wet herons waiting"}
    assert Password().authenticate(None, **asked) == porter
    assert Password().get_user(porter.pk) == porter
    settings.PRODUCTION = True
    assert Password().authenticate(None, **asked) is None
    assert Password().get_user(porter.pk) is None  # nor stays signed in
