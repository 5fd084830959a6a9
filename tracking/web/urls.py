"""Addresses of the pages of this floor."""

from django.urls import path

from . import help, locate, map, scan, staff_places, where

urlpatterns = [
    path("locate/", locate.locate, name="locate"),
    path("locate/<uuid:uid>/card/", locate.one_card, name="locate-card"),
    path("locate/<uuid:uid>/found/", locate.found_it, name="found-it"),
    path("locate/<uuid:uid>/not-there/", locate.not_there, name="not-there"),
    path("locate/<uuid:uid>/reserve/", locate.reserve, name="reserve"),
    path("help/", help.help_page, name="help"),
    path("help/call/", help.call, name="help-call"),
    path("help/<uuid:uid>/end/", help.end, name="help-end"),
    path("staff-places/", staff_places.staff_places, name="staff-places"),
    path("map/", map.start, name="map"),
    path("map/<str:floor>/", map.on_floor, name="map-floor"),
    path("map/<str:floor>/plan/", map.plan, name="map-plan"),
    path("map/<str:floor>/markers/", map.markers, name="map-markers"),
    path("map/<str:floor>/picture/", map.picture, name="map-picture"),
    path("map/<str:floor>/rooms/<uuid:zone>/", map.room, name="map-room"),
    path("scan/", scan.scan, name="scan"),
    path("assets/<uuid:uid>/where/", where.where, name="asset-where"),
]
