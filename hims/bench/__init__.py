"""Benches: what a request, a search and a moved marker cost here, beside references.

Each bench is one module with `measure(house, say, **sizes)`, which returns its figures. They run
in a scratch database that is made for them and dropped after them (`hims.bench.scratch`), with
the real web server and engine as processes of their own (`hims.bench.running`).
"""
