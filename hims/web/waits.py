"""The public wait sign, and the page that says how right we were about waits."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from hims.access.keys import open_key
from hims.queries.crowding import HEIGHT, WIDTH, trend
from hims.queries.waiting import how_right, sign_department
from hims.queries.waiting import sign as sign_of

from .board import chosen
from .page import PUBLIC, page

SIZES = {"": "", "large": "large", "huge": "huge"}
LONGEST_KEY = 200
RENEWED_S = 30


@never_cache
@page(PUBLIC)
@require_GET
def sign(request):
    """Ticket numbers and what is usual, for whoever sits in the waiting room.

    A kiosk key opens it and nothing else. No session is looked at or made; whoever has no good key
    learns nothing, not even that the department exists.
    """
    now = timezone.now()
    secret = request.GET.get("key", "")
    key = open_key(secret, now) if 0 < len(secret) <= LONGEST_KEY else None
    department = sign_department(key)
    size = SIZES.get(request.GET.get("size", ""), "")
    context = {"size": size, "now": now, "sign": department and sign_of(department, now)}
    answer = render(request, "hims/wait_sign.html", context, status=200 if department else 404)
    answer["Refresh"] = str(RENEWED_S)  # nobody touches a sign, so it reads itself anew
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


@page("flow.view")
@require_GET
def how_right_page(request):
    """What was predicted and what came, and how crowded it was: a trend, not an alarm."""
    department = chosen(request)
    if department is None:
        return render(request, "hims/board_none.html")
    now = timezone.now()
    context = {
        "department": department,
        "now": now,
        "right": how_right(request.user, department),
        "trend": trend(request.user, department, now),
        "width": WIDTH,
        "height": HEIGHT,
    }
    return render(request, "hims/waits.html", context)
