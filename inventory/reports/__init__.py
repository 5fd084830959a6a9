"""The reports of the store: par levels, expiry and waste, recalls, value. Each module declares."""
