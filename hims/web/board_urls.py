"""Addresses of the board, of the waits, and of the public wait sign."""

from django.urls import path

from . import board, board_acts, visit_times, waits

urlpatterns = [
    path("", board.show, name="board"),
    path("rows/", board.rows, name="board-rows"),
    path("suggestion/", board_acts.answer, name="answer-suggestion"),
    path("visits/<uuid:uid>/", board.visit, name="board-visit"),
    path("visits/<uuid:uid>/next/", board_acts.next_step, name="visit-step"),
    path("visits/<uuid:uid>/triage/", board_acts.triage_visit, name="triage-visit"),
    path("visits/<uuid:uid>/decide/", board_acts.decide, name="decide-visit"),
    path("visits/<uuid:uid>/say/", board_acts.say, name="say-milestone"),
    path("visits/<uuid:uid>/left/", board_acts.has_left, name="visit-left"),
    path("visits/<uuid:uid>/said/<int:number>/", board_acts.correct, name="correct-milestone"),
    path("spaces/<uuid:uid>/next/", board_acts.room_step, name="room-step"),
    path("wait/", waits.sign, name="wait-sign"),
    path("visits/", visit_times.visit_times, name="visit-times"),
    path("waits/", waits.how_right_page, name="waits"),
]
