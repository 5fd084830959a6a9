"""The settings of programs that a test starts: the tests' own, on the database of that test."""

import os

from tests.surroundings import *  # noqa: F403

DATABASES["default"]["NAME"] = os.environ["HIMS_TEST_DATABASE"]  # noqa: F405
