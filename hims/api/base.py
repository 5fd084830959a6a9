"""What every program's door shares: who knocks, what they may, how answers and errors look."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from hims.action import Answer, Keyed
from hims.errors import Busy, Finding, Forbidden, Invalid, KeyReused, NotFound, Refused

PROBLEM = "application/problem+json"
PAGE_SIZE, PAGE_MOST = 100, 1000


class Json(JSONParser):
    """JSON, which may be nested as deeply as Python can read."""

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError("The JSON is nested too deep.") from error


class ApiDoor(APIView):
    """A program's door. `permissions` maps each method it serves to what the caller must hold."""

    permissions: dict[str, str] = {}
    parser_classes = [Json]

    def initial(self, request, *args, **kwargs):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.HIMS_BODY_LIMIT:
            raise RequestDataTooBig(f"The body is larger than {settings.HIMS_BODY_LIMIT} bytes.")
        if request.content_type and not request.content_type.startswith("multipart/"):
            _ = request._request.body  # kept, so that a keyed call can be told by its digest
        super().initial(request, *args, **kwargs)

    def act(
        self, action: Callable, *, word: Callable[[Any], dict], status: int = 201, **asked
    ) -> Response:
        """Run an action for the caller and answer with `word(result)`.

        With an Idempotency-Key header the same call again gets the same answer and has no
        second effect.
        """
        actor, now = self.request.user, timezone.now()
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            return Response(word(action(actor=actor, now=now, **asked)), status=status)
        if not 1 <= len(key) <= 255:
            raise Invalid(
                Finding("bad_key", "An Idempotency-Key has 1 to 255 characters.", field="header")
            )
        answer = action(
            actor=actor,
            now=now,
            keyed=Keyed(
                key=key,
                digest=self._digest(),
                respond=lambda result: Answer(status, word(result)),
                refuse=lambda refused: Answer(_status_of(refused), _refusal(refused)),
            ),
            **asked,
        )
        kind = PROBLEM if answer.status >= 400 else None
        return Response(answer.body, status=answer.status, content_type=kind)

    def _digest(self) -> bytes:
        whole = hashlib.sha256(f"{self.request.method} {self.request.get_full_path()}\n".encode())
        whole.update(self.request._request.body)
        return whole.digest()


def valid(serializer_class, data, **kwargs) -> dict:
    """The checked input, or Invalid with one finding a field."""
    serializer = serializer_class(data=data, **kwargs)
    if serializer.is_valid():
        return serializer.validated_data
    raise Invalid(*_findings(serializer.errors))


def _findings(errors, path: str = "") -> list[Finding]:
    if isinstance(errors, dict):
        return [
            finding
            for key, inner in errors.items()
            for finding in _findings(inner, f"{path}.{key}" if path else str(key))
        ]
    found = []
    for inner in errors:
        if isinstance(inner, (dict, list)):
            found += _findings(inner, path)
        else:
            found.append(Finding(getattr(inner, "code", "invalid"), str(inner), field=path))
    return found


def paged(request, queryset, word: Callable[[Any], dict], *, column: str = "pk") -> dict:
    """A cursor page over one unique column, newest first: {"results": […], "next": url or null}."""
    size = whole_number(request.query_params.get("limit"), PAGE_SIZE, 1, PAGE_MOST, "limit")
    if cursor := request.query_params.get("cursor"):
        before = whole_number(cursor, 0, 0, 2**63 - 1, "cursor")
        queryset = queryset.filter(**{f"{column}__lt": before})
    rows = list(queryset.order_by(f"-{column}")[: size + 1])
    following = None
    if len(rows) > size:
        rows = rows[:size]
        query = request.query_params.copy()
        query["cursor"] = str(getattr(rows[-1], column))
        following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return {"results": [word(row) for row in rows], "next": following}


def whole_number(text: str | None, default: int, low: int, high: int, name: str) -> int:
    """A whole number of a query string within its bounds, or Invalid naming the parameter."""
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
        raise Invalid(
            Finding("out_of_range", f"{name} is a whole number from {low} to {high}.", field=name)
        )
    return int(text)


# --- errors: RFC 9457 problem details ------------------------------------------------------------


def problem(exc: Exception, context: dict) -> Response | None:
    """DRF's exception handler: every error in the one dialect of the API."""
    headers = {}
    if isinstance(exc, (Refused, Forbidden, NotFound, Busy, KeyReused, RequestDataTooBig)):
        status, title, extra = _house(exc)
        detail = str(exc) if not isinstance(exc, Forbidden) else "You may not do this."
        if isinstance(exc, Busy):
            headers["Retry-After"] = str(exc.retry_after)
    elif isinstance(exc, Http404):
        status, title, detail, extra = 404, "Not found", "There is nothing here.", {}
    elif isinstance(exc, exceptions.APIException):
        status, title, extra = exc.status_code, exc.default_detail, {}
        detail = exc.detail if isinstance(exc.detail, str) else "See findings."
        if not isinstance(exc.detail, str):
            extra = {"findings": [finding.as_dict() for finding in _findings(exc.detail)]}
        if getattr(exc, "auth_header", None):
            headers["WWW-Authenticate"] = exc.auth_header
        if getattr(exc, "wait", None):
            headers["Retry-After"] = str(int(exc.wait) + 1)
    else:
        return None
    set_rollback()
    body = {"type": "about:blank", "title": str(title), "status": status, "detail": str(detail)}
    return Response(body | extra, status=status, headers=headers, content_type=PROBLEM)


def _house(exc: Exception) -> tuple[int, str, dict]:
    if isinstance(exc, Refused):
        body = _refusal(exc)
        return (
            body["status"],
            body["title"],
            {key: body[key] for key in ("findings", "alternatives") if key in body},
        )
    if isinstance(exc, RequestDataTooBig):
        return 413, "Too large", {}
    return {
        Forbidden: (403, "Forbidden", {}),
        NotFound: (404, "Not found", {}),
        Busy: (409, "Busy", {}),
        KeyReused: (422, "This Idempotency-Key came with another body before", {}),
    }[type(exc)]


def _status_of(refused: Refused) -> int:
    return 400 if isinstance(refused, Invalid) else 409


def _refusal(refused: Refused) -> dict:
    status = _status_of(refused)
    body = {
        "type": "about:blank",
        "title": "Not understood" if status == 400 else "Refused",
        "status": status,
        "detail": str(refused),
        "findings": [finding.as_dict() for finding in refused.findings],
    }
    if refused.alternatives:
        body["alternatives"] = refused.alternatives
    return body
