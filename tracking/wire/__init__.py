"""Bytes to values and back: gateway payloads and records between our own processes."""
