"""An API token for a person."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hims.actions.devices import issue_token
from hims.errors import Refused
from hims.models import Actor
from hims.queries.actors import console


class Command(BaseCommand):
    help = "Print a new API token of a person, once. It opens what the person's roles open."

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *, username, **options):
        person = Actor.objects.filter(username=username, kind=Actor.Kind.PERSON).first()
        if person is None:
            raise CommandError(f"There is nobody with the user name {username}.")
        try:
            _, secret = issue_token(
                actor=console(), now=timezone.now(), person=person, label="console"
            )
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(secret)
