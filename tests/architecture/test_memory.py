"""Every model has a reading rule or a reason why nobody reads it; nothing private is logged."""

import ast

from django.apps import apps

from hims.access.scopes import ruled_models
from tests.architecture.source import modules

OURS = ("hims", "inventory", "tracking", "pharmacy")

# model -> why no viewer ever asks for it
INTERNAL = {
    "hims.ClockBeat": "the clock's own sign of life; health and metrics show its age",
    "hims.IdempotentAnswer": "kept answers of keyed calls; the gate alone looks them up",
    "hims.ReportProgress": "how far the making of an edition is; it is seen beside its edition",
    "hims.Timer": "due rows; the clock alone reads them",
}


def test_every_model_has_a_reading_rule_or_a_reason():
    ruled = ruled_models()
    bare = {
        model._meta.label
        for app in OURS
        for model in (apps.get_app_config(app).get_models() if apps.is_installed(app) else [])
        if model not in ruled and not hasattr(model, "history_object")
    }
    assert bare == set(INTERNAL)


def test_what_is_logged_names_no_body_no_secret_and_no_patient():
    private = {
        *("body", "content", "payload", "data", "POST", "cleaned_data", "validated_data"),
        *("password", "pin", "badge", "secret", "key", "digest", "cookies", "headers"),
        *("patient", "mrn", "family", "given", "birth_date", "staff"),
    }
    levels = {"debug", "info", "warning", "error", "exception", "critical", "log"}
    told = []
    for module in modules():
        for node in ast.walk(module.tree):
            if not (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in levels
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in {"log", "logger", "logging"}
            ):
                continue
            for argument in node.args[1:]:
                said = {
                    part.id if isinstance(part, ast.Name) else part.attr
                    for part in ast.walk(argument)
                    if isinstance(part, ast.Name | ast.Attribute)
                }
                told += [f"{module.name}:{node.lineno} {word}" for word in said & private]
            if node.args and isinstance(node.args[0], ast.JoinedStr):
                told.append(f"{module.name}:{node.lineno} an f-string: say what is put in")
    assert not told


def test_only_commands_and_benches_print():
    printed = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
        and ".management.commands." not in module.name
        and not module.name.startswith("hims.bench.")
    ]
    assert not printed
