"""Doors that only the bench has: a ping, and an action of ten SQL statements.

The product's addresses do not lead here: only a server that runs with the settings
`hims.bench.spike.settings` knows them.
"""
