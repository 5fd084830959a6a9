"""Addresses of the ground floor's pages."""

from django.urls import path

from . import home, me, phones, sign_in

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("me/", me.me, name="me"),
    path("me/pin/", me.pin, name="my-pin"),
    path("me/password/", me.password, name="my-password"),
    path("me/phone/", phones.enrol, name="enrol-phone"),
]
