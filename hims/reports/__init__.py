"""The reports of the ground floor: flow, appointments, alerts and access. Each module declares."""
