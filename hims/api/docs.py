"""The API told of itself: the OpenAPI schema and pages to browse it, for whoever holds a key."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

TOKEN = [{"key": []}, {"session": []}]
PROBLEM = {
    "description": "What is wrong (RFC 9457)",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
ANSWER = {
    "description": "Queued. A bad row is named and does not spoil the batch.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["accepted", "rejected"],
                "properties": {
                    "accepted": {"type": "integer", "minimum": 0},
                    "rejected": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "index": {"type": "integer"},
                                "reason": {"type": "string"},
                            },
                        },
                    },
                },
            }
        }
    },
}
READING = {
    "type": "object",
    "required": ["tag", "rssi"],
    "properties": {
        "tag": {"type": "string"},
        "gateway": {"type": "string"},
        "rssi": {"type": "number", "description": "Received power in dBm"},
        "at": {"type": "string", "format": "date-time"},
    },
}
ROWS = {
    "type": "object",
    "required": ["readings"],
    "properties": {"readings": {"type": "array", "maxItems": 10_000, "items": READING}},
}
COLUMNS = {
    "type": "object",
    "required": ["tag", "rssi"],
    "properties": {
        "gateway": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "tag": {"type": "array", "maxItems": 10_000, "items": {"type": "string"}},
        "rssi": {"type": "array", "items": {"type": "number"}},
        "at": {},
    },
}
OUTSIDE_DJANGO = {
    "/api/readings/": ("Readings of tags, as rows or as columns.", {"oneOf": [ROWS, COLUMNS]}),
    "/api/gateways/minew/": (
        "Readings as a Minew gateway sends them: an array, the gateway's own row first.",
        {"type": "array", "items": {"type": "object"}},
    ),
}


class Schema(SpectacularAPIView):
    permissions = {"GET": "api.view"}


class Docs(SpectacularSwaggerSplitView):
    """The pages to browse, in a template of ours: theirs paints inline, which our policy bars."""

    template_name = "hims/docs.html"
    permissions = {"GET": "api.view"}


def with_hot_doors(result: dict, generator, request, public) -> dict:
    """Add the doors that are served in front of Django (tracking.feeds.door, hims.api.events)."""
    result["components"].setdefault("schemas", {})["Problem"] = {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "findings": {"type": "array", "items": {"type": "object"}},
        },
    }
    for path, (summary, body) in OUTSIDE_DJANGO.items():
        result["paths"][path] = {
            "post": {
                "operationId": path.strip("/").replace("/", "_"),
                "summary": summary,
                "tags": ["readings"],
                "security": TOKEN,
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": body},
                        "application/msgpack": {"schema": {}},
                    },
                },
                "responses": {"202": ANSWER}
                | dict.fromkeys(("400", "401", "403", "413", "415", "503"), PROBLEM),
            }
        }
    result["paths"]["/api/events/"] = {
        "get": {
            "operationId": "events",
            "summary": "Server-sent events: position, alert, room, stock; each as you may see it.",
            "tags": ["events"],
            "security": TOKEN,
            "responses": {
                "200": {"description": "A stream", "content": {"text/event-stream": {}}},
                "401": PROBLEM,
            },
        }
    }
    return result
