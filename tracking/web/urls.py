"""Addresses of the pages of this floor."""

from django.urls import path

from . import gateways, help, locate, map, scan, staff_places, tags, transmitters, where, why

urlpatterns = [
    path("locate/", locate.locate, name="locate"),
    path("locate/<uuid:uid>/card/", locate.one_card, name="locate-card"),
    path("locate/<uuid:uid>/found/", locate.found_it, name="found-it"),
    path("locate/<uuid:uid>/not-there/", locate.not_there, name="not-there"),
    path("locate/<uuid:uid>/reserve/", locate.reserve, name="reserve"),
    path("locate/asset/<uuid:uid>/why/", why.asset_why, name="asset-why"),
    path("locate/asset/<uuid:uid>/replay/", why.asset_replay, name="asset-replay"),
    path("locate/patient/<uuid:uid>/why/", why.patient_why, name="patient-why"),
    path("locate/patient/<uuid:uid>/replay/", why.patient_replay, name="patient-replay"),
    path("locate/staff/<uuid:uid>/why/", why.staff_why, name="staff-why"),
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
    path("settings/tags/", tags.list_tags, name="tags"),
    path("settings/tags/add/", tags.add_tag, name="add-tag"),
    path("settings/tags/<uuid:uid>/", tags.one_tag, name="tag"),
    path("settings/tags/<uuid:uid>/assign/", tags.assign, name="assign-tag"),
    path("settings/tags/<uuid:uid>/release/", tags.release, name="release-tag"),
    path("settings/gateways/", gateways.list_gateways, name="gateways"),
    path("settings/gateways/add/", gateways.add_gateway, name="add-gateway"),
    path("settings/gateways/<uuid:uid>/", gateways.one_gateway, name="gateway"),
    path("settings/gateways/<uuid:uid>/place/", gateways.place, name="place-gateway"),
    path("settings/gateways/<uuid:uid>/name/", gateways.rename, name="rename-gateway"),
    path("settings/gateways/<uuid:uid>/device/", gateways.bind, name="bind-gateway"),
    path("settings/floors/<uuid:uid>/gateways/", gateways.drawn, name="gateways-drawn"),
    path("settings/unknown/", transmitters.list_unknown, name="unknown-transmitters"),
    path("settings/unknown/<int:key>/adopt/", transmitters.adopt, name="adopt-transmitter"),
    path("scan/", scan.scan, name="scan"),
    path("assets/<uuid:uid>/where/", where.where, name="asset-where"),
]
