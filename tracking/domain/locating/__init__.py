"""Where a tag is, in cells of a floor: layout, radio map, motion, live answer and history.

What the live engine, `manage.py evaluate` and `manage.py bench engine` run alike.
"""
