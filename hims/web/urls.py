"""Addresses of the ground floor's pages."""

urlpatterns: list = []
