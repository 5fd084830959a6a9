"""How long what people saw counts."""

from datetime import timedelta

WARNED_FOR = timedelta(minutes=30)  # others are told that somebody looked there in vain
