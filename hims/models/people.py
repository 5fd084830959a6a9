"""Who acts (actors and their keys) and who is cared for and caring (patients, staff)."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from hims.access.roles import (
    CLOCK_PERMISSIONS,
    Role,
    permissions_of_roles,
    permissions_of_scopes,
)

from .base import Public, Trail
from .names import NameKeys


class ActorManager(BaseUserManager):
    def get_by_natural_key(self, username):
        return self.get(username=username)


class Actor(Public, AbstractBaseUser):
    """Whoever does something: a person, a device, the clock or the operator's console."""

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        DEVICE = "device", _("device")
        CLOCK = "clock", _("clock")
        CONSOLE = "console", _("console")

    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PERSON)
    username = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=160)
    roles = ArrayField(
        models.CharField(max_length=24, choices=[(role.value, role.value) for role in Role]),
        default=list,
        blank=True,
    )
    badge = models.CharField(max_length=64, unique=True, null=True, blank=True)
    pin = models.CharField(max_length=128, blank=True)
    is_active = models.BooleanField(default=True)
    demonstration = models.BooleanField(default=False)

    history = Trail(excluded_fields=["password", "pin", "last_login"])
    objects = ActorManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="actor_roles_are_for_persons",
                condition=Q(kind="person") | Q(roles=[]),
            ),
            models.UniqueConstraint(
                fields=["kind"],
                name="one_clock_one_console",
                condition=Q(kind__in=["clock", "console"]),
            ),
        ]

    def __str__(self):
        return self.name

    @cached_property
    def permissions(self) -> frozenset[str]:
        if not self.is_active:
            return frozenset()
        if self.kind == self.Kind.PERSON:
            return permissions_of_roles(self.roles)
        if self.kind == self.Kind.DEVICE:
            return permissions_of_scopes(self.device.scopes)
        if self.kind == self.Kind.CLOCK:
            return frozenset(CLOCK_PERMISSIONS)
        return frozenset()

    def may(self, permission: str) -> bool:
        """Whether the role table lets this actor do or see `permission`.

        The console is whoever holds the server's shell: it may do everything, and is recorded.
        """
        return self.kind == self.Kind.CONSOLE or permission in self.permissions

    def set_pin(self, raw: str) -> None:
        self.pin = make_password(raw)

    def check_pin(self, raw: str) -> bool:
        return bool(self.pin) and check_password(raw, self.pin)


class AccessKey(models.Model):
    """A secret that opens the API: a device's key or a person's token. Only its SHA-256 is kept."""

    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="keys")
    digest = models.BinaryField(max_length=32, unique=True)
    label = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self):
        return f"{self.label or 'key'} of {self.actor}"

    def is_open(self, now) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class Staff(Public):
    """Somebody who works here (FHIR Practitioner); signs in if there is an actor."""

    number = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=160)
    profession = models.CharField(max_length=80, blank=True)
    ward = models.ForeignKey("hims.Zone", null=True, blank=True, on_delete=models.PROTECT)
    actor = models.OneToOneField(Actor, null=True, blank=True, on_delete=models.PROTECT)

    history = Trail()

    class Meta:
        verbose_name_plural = "staff"

    def __str__(self):
        return self.name


class Patient(Public):
    """Somebody who is cared for (FHIR Patient), known by a medical record number.

    Until somebody knows who it is, `identified` is false, the name is a stand-in, and the birth
    date may be an estimate. Of twins `birth_order` says who came first. A record that turned out
    to be of the same person points to the one that goes on (`merged_into`).
    """

    class Sex(models.TextChoices):
        FEMALE = "female", _("female")
        MALE = "male", _("male")
        OTHER = "other", _("other")
        UNKNOWN = "unknown", _("unknown")

    mrn = models.CharField(max_length=40, unique=True)
    family = models.CharField(max_length=120)
    given = models.CharField(max_length=120, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    birth_estimated = models.BooleanField(default=False)
    sex = models.CharField(max_length=8, choices=Sex, default=Sex.UNKNOWN)
    identified = models.BooleanField(default=True)
    mother = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="newborns"
    )
    birth_order = models.PositiveSmallIntegerField(null=True, blank=True)
    died_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged_from"
    )

    history = Trail()

    class Meta:
        indexes = [
            GinIndex(OpClass(Upper("family"), name="gin_trgm_ops"), name="patient_family_trgm"),
            GinIndex(NameKeys("family", "given"), name="patient_name_keys"),
            models.Index(fields=["birth_date"], name="patient_birth_date"),
        ]
        constraints = [
            models.CheckConstraint(
                name="patient_not_merged_into_itself",
                condition=Q(merged_into=None) | ~Q(merged_into=models.F("id")),
            ),
            models.CheckConstraint(
                name="patient_not_their_own_mother",
                condition=Q(mother=None) | ~Q(mother=models.F("id")),
            ),
        ]

    def __str__(self):
        return self.mrn
