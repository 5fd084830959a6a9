"""The same doors under Django's own ASGI handler: what the bridge is compared with."""

from django.core.asgi import get_asgi_application

application = get_asgi_application()
