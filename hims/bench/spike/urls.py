"""All real addresses, and those of the bench."""

from django.urls import path

from hims.bench.spike.door import Ping, Readings, Ten
from hims.urls import handler400, handler403, handler404, handler500, urlpatterns

urlpatterns = [
    *urlpatterns,
    path("bench/ping/", Ping.as_view()),
    path("bench/ten/", Ten.as_view()),
    path("bench/readings/", Readings.as_view()),
]

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
