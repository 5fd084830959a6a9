"""The reports of the store: par levels, expiry and waste, recalls, value. Each module declares."""

from . import expiry_and_waste, par_levels, recalls, stock_value  # noqa: F401  (they register)
