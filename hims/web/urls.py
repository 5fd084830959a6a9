"""Addresses of the ground floor's pages."""

from django.urls import path

from . import devices, drawing, floors, home, me, people, phones, settings, sign_in, trail

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("me/", me.me, name="me"),
    path("me/pin/", me.pin, name="my-pin"),
    path("me/password/", me.password, name="my-password"),
    path("me/phone/", phones.enrol, name="enrol-phone"),
    path("trail/", trail.trail, name="audit"),
    path("settings/", settings.settings, name="settings"),
    path("settings/people/", people.list_people, name="people"),
    path("settings/people/add/", people.add_person, name="add-person"),
    path("settings/people/<uuid:uid>/", people.one_person, name="person"),
    path("settings/people/<uuid:uid>/deactivate/", people.deactivate, name="deactivate-person"),
    path("settings/people/<uuid:uid>/reactivate/", people.reactivate, name="reactivate-person"),
    path("settings/people/<uuid:uid>/password/", people.reset_password, name="reset-password"),
    path("settings/people/<uuid:uid>/token/", people.add_token, name="add-token"),
    path("settings/tokens/", people.list_tokens, name="tokens"),
    path("settings/tokens/<int:key>/revoke/", people.end_token, name="revoke-token"),
    path("settings/devices/", devices.list_devices, name="devices"),
    path("settings/devices/add/", devices.add_device, name="add-device"),
    path("settings/devices/<uuid:uid>/rotate/", devices.rotate, name="rotate-device"),
    path("settings/devices/<uuid:uid>/revoke/", devices.revoke, name="revoke-device"),
    path("settings/places/", floors.places, name="places"),
    path("settings/buildings/add/", floors.add_building, name="add-building"),
    path("settings/buildings/<uuid:uid>/", floors.rename_building, name="building"),
    path("settings/buildings/<uuid:uid>/floor/", floors.add_floor, name="add-floor"),
    path("settings/floors/<uuid:uid>/", floors.one_floor, name="floor"),
    path("settings/floors/<uuid:uid>/room/", floors.add_zone, name="add-zone"),
    path("settings/floors/<uuid:uid>/draw/", drawing.draw, name="draw-floor"),
    path("settings/floors/<uuid:uid>/draw/room/", drawing.outline, name="draw-zone"),
    path("settings/floors/<uuid:uid>/draw/door/", drawing.door, name="draw-door"),
    path("settings/rooms/<uuid:uid>/", floors.one_zone, name="zone"),
    path("settings/rooms/<uuid:uid>/door/", floors.add_door, name="add-door"),
    path("settings/rooms/<uuid:uid>/door/<int:key>/", floors.remove_door, name="remove-door"),
]
