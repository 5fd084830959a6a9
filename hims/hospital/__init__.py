"""A whole hospital in and out of the database, as the rows of hims.wire.hospital.

Roof: places are of the ground floor, assets of the first, tags and gateways of the second.
`stored` reads, `difference` compares, `taking` writes.
"""
