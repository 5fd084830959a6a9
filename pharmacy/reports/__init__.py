"""The reports of the pharmacy: controlled drugs. Each module declares."""
