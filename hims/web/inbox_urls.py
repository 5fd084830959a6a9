"""Addresses of the inbox, below the settings."""

from django.urls import path

from . import inbox

urlpatterns = [
    path("settings/messages/", inbox.list_messages, name="inbox"),
    path("settings/messages/<uuid:uid>/", inbox.one_message, name="inbox-message"),
    path("settings/messages/<uuid:uid>/replay/", inbox.replay, name="replay-message"),
    path("settings/messages/<uuid:uid>/settle/", inbox.settle, name="settle-message"),
    path("settings/words/", inbox.words, name="inbox-words"),
    path("settings/words/<uuid:uid>/", inbox.map_word, name="map-word"),
    path("settings/senders/", inbox.list_interfaces, name="interfaces"),
    path("settings/senders/add/", inbox.add_interface, name="add-interface"),
    path("settings/senders/<uuid:uid>/", inbox.one_interface, name="interface"),
]
