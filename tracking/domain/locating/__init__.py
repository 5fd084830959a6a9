"""Where a tag is, in cells of a floor: layout, radio map, motion, live answer and history.

The positioning core that `manage.py evaluate` measures on labelled recordings. The engine that
runs today (domain.engine) is the plain one, and takes this core behind the same `step`.
"""
