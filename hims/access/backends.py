"""How people prove who they are: a password, or on an enrolled phone a badge and a PIN."""

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password

from hims.models import Actor


def _who_may_sign_in():
    """Active people; in production never an account that a demonstration made."""
    people = Actor.objects.filter(kind=Actor.Kind.PERSON, is_active=True)
    return people.exclude(demonstration=True) if settings.PRODUCTION else people


class _ByActor(BaseBackend):
    def get_user(self, user_id):
        return _who_may_sign_in().filter(pk=user_id).first()


class Password(_ByActor):
    """Username and password; only persons sign in."""

    def authenticate(self, request, username=None, password=None):
        if username is None or password is None:
            return None
        actor = _who_may_sign_in().filter(username=username).first()
        if actor is None:
            make_password(password)  # the same time for a name that does not exist
            return None
        return actor if actor.check_password(password) else None


class BadgeAndPin(_ByActor):
    """A scanned badge and a PIN, accepted only from a phone that somebody enrolled."""

    def authenticate(self, request, badge=None, pin=None):
        if badge is None or pin is None or getattr(request, "phone", None) is None:
            return None
        actor = _who_may_sign_in().filter(badge=badge).first()
        if actor is None or not actor.pin:
            make_password(pin)  # the same time for a badge or a PIN that does not exist
            return None
        return actor if actor.check_pin(pin) else None
