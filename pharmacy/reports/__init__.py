"""The reports of the pharmacy: controlled drugs. Each module declares."""

from . import controlled  # noqa: F401  (it registers)
