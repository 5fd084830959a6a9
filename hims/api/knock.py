"""Who knocks at the API and what they may: keys, sessions, the role table."""

from django.conf import settings
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions, permissions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication

from hims.access import keys


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Token KEY`, for people's tokens and devices' keys alike."""

    def authenticate(self, request):
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        secret = keys.from_header(header)
        key = keys.open_key(secret, timezone.now()) if secret else None
        if key is None:
            raise exceptions.AuthenticationFailed("The key is unknown, expired or revoked.")
        return key.actor, key

    def authenticate_header(self, request):
        return "Token"


class Session(SessionAuthentication):
    """The sign-in of the pages, for their own scripts; a changing call needs the CSRF token."""


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema):
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Token KEY",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = Session
    name = "session"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class HoldsPermission(permissions.BasePermission):
    """The role table decides by the permission that the door names for the method."""

    def has_permission(self, request, view):
        if request.user is None:
            return False
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else request.method
        if method not in view.permissions:
            raise exceptions.MethodNotAllowed(request.method)
        return request.user.may(view.permissions[method])
