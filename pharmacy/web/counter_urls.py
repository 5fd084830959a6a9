"""Addresses of the counter."""

from django.urls import path

from . import counter, emergency, handing_over, questions, supplies

urlpatterns = [
    path("pharmacy/", counter.counter, name="counter"),
    path("pharmacy/queue/", counter.waiting, name="counter-queue"),
    path("pharmacy/scan/", counter.scan, name="counter-scan"),
    path("pharmacy/place/", counter.choose_place, name="counter-place"),
    path("pharmacy/supplies/<uuid:uid>/", counter.supply, name="supply"),
    path("pharmacy/supplies/<uuid:uid>/claim/", supplies.claim, name="supply-claim"),
    path("pharmacy/supplies/<uuid:uid>/let-go/", supplies.let_go, name="supply-let-go"),
    path("pharmacy/supplies/<uuid:uid>/verify/", supplies.verify, name="supply-verify"),
    path("pharmacy/supplies/<uuid:uid>/hold/", supplies.hold, name="supply-hold"),
    path("pharmacy/supplies/<uuid:uid>/drop/", supplies.drop, name="supply-drop"),
    path("pharmacy/supplies/<uuid:uid>/basket/", supplies.basket, name="supply-basket"),
    path("pharmacy/supplies/<uuid:uid>/dispense/", supplies.dispense, name="supply-dispense"),
    path("pharmacy/supplies/<uuid:uid>/ask/", supplies.ask, name="supply-ask"),
    path("pharmacy/supplies/<uuid:uid>/label/", supplies.label, name="supply-label"),
    path("pharmacy/supplies/<uuid:uid>/hand-over/", supplies.hand_over, name="supply-hand-over"),
    path("pharmacy/supplies/<uuid:uid>/return/", supplies.take_back, name="supply-return"),
    path("pharmacy/supplies/<uuid:uid>/again/", supplies.again, name="supply-again"),
    path("pharmacy/hand-over/", handing_over.begin, name="hand-over"),
    path("pharmacy/questions/", questions.questions, name="questions"),
    path("pharmacy/questions/<uuid:uid>/answer/", questions.answer, name="answer-question"),
    path("pharmacy/emergency/", emergency.emergency, name="emergency"),
]
