"""The project's settings with the bench's doors beside the real ones."""

from hims.settings import *  # noqa: F403 -- the one settings file and one line

ROOT_URLCONF = "hims.bench.spike.urls"
