"""Every setting, once, in the order of the house. Each value can come from the environment."""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from hims import database, production, secret

env = environ.Env()

# --- Ground: where things lie ---------------------------------------------------------------
BASE_DIR = Path(__file__).resolve().parent.parent
HIMS_VAR = Path(env("HIMS_VAR", default=str(BASE_DIR / "var"))).resolve()
HIMS_ENV = env("HIMS_ENV", default="demo")
if HIMS_ENV not in {"demo", "production"}:
    raise ImproperlyConfigured(f"HIMS_ENV is demo or production, not {HIMS_ENV!r}.")
PRODUCTION = HIMS_ENV == "production"
if PRODUCTION and (problems := production.refusals(env.ENVIRON)):
    raise ImproperlyConfigured("\n".join(problems))

DEBUG = False
SECRET_KEY = env("HIMS_SECRET_KEY", default="") or secret.kept_in(HIMS_VAR)
ALLOWED_HOSTS = env.list("HIMS_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("HIMS_ORIGINS", default=[])
HIMS_TLS_CERTIFICATE = env("HIMS_TLS_CERTIFICATE", default="")
HIMS_TLS_KEY = env("HIMS_TLS_KEY", default="")

# --- Rooms ----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "hims",
    "inventory",
    "tracking",
    "pharmacy",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "simple_history",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "hims.web.door.OriginMiddleware",
    "hims.web.door.PhoneMiddleware",
    "hims.web.browsers.BrowserMiddleware",
    "hims.web.door.HouseErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "hims.urls"
WSGI_APPLICATION = None
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hims.web.page.frame",
            ],
        },
    },
]

# --- Memory: PostgreSQL is the only database --------------------------------------------------
DATABASES = {
    "default": database.database_settings(var=HIMS_VAR, url=env("DATABASE_URL", default=None))
}
# Page threads keep their connections (a new one costs more than a page's own part); one that a
# restart of the database broke is noticed before it is used.
DATABASES["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False

# --- Gates ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "hims.Actor"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "hims.access.backends.BadgeAndPin",
    "hims.access.backends.Password",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_NAME = "hims_session"
CSRF_COOKIE_NAME = "hims_csrf"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "hims.web.door.csrf_failed"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "hims.web.door.who_tried"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "hims.web.door.locked_out"
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "password", "badge", "pin"]

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = False  # one address, TLS only: nothing listens on plain HTTP in production
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # that is why
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
    },
}

# --- Doors ------------------------------------------------------------------------------------
# What this hospital's scanners send for GS between the fields of a code, where they cannot send GS
# itself, Ctrl+], F8 or {GS}: one character that no code holds, such as "~".
HIMS_SCAN_SEPARATOR = env.str("HIMS_SCAN_SEPARATOR", default="")
HIMS_WEB_THREADS = env.int("HIMS_WEB_THREADS", default=4)
HIMS_BODY_LIMIT = env.int("HIMS_BODY_LIMIT", default=10 * 2**20)
DATA_UPLOAD_MAX_MEMORY_SIZE = HIMS_BODY_LIMIT
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "hims.api.knock.KeyAuthentication",
        "hims.api.knock.Session",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["hims.api.knock.HoldsPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "hims.api.base.problem",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "HIMS",
    "DESCRIPTION": "Where is it, is it free, did the right dose go to the right patient, and can "
    "we prove it?",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["hims.api.knock.HoldsPermission"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "hims.api.docs.with_hot_doors",
    ],
    "ENUM_NAME_OVERRIDES": {
        "RecallStatusEnum": ["open", "withdrawn", "closed"],
        "AlertPriorityEnum": ["high", "medium", "low"],
        "OrderPriorityEnum": ["routine", "urgent", "stat"],
        "BedSpaceStateEnum": "hims.models.rooms.BedSpace.State",
        "EditionStatusEnum": "hims.models.reports.ReportEdition.Status",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

HIMS_SPOOL_MB = env.int("HIMS_SPOOL_MB", default=512)  # raw readings kept for a while; 0 for none

# --- The clock --------------------------------------------------------------------------------
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="filesystem://")

# --- What is told outside the pages --------------------------------------------------------------
# The whole address of this house, for links in messages; a mail server as Apprise names it
# (mailtos://user:password@host?from=hims@example.org); networks inside the house that a webhook may
# reach. "show" keeps what would have been sent on the page /alerts/sent/ and sends nothing.
HIMS_ADDRESS = env("HIMS_ADDRESS", default=f"http{'s' * PRODUCTION}://{ALLOWED_HOSTS[0]}")
HIMS_DELIVERY = env("HIMS_DELIVERY", default="send" if PRODUCTION else "show")
if HIMS_DELIVERY not in {"send", "show"}:
    raise ImproperlyConfigured(f"HIMS_DELIVERY is send or show, not {HIMS_DELIVERY!r}.")
HIMS_MAIL_URL = env("HIMS_MAIL_URL", default="")
HIMS_WEBHOOK_NETWORKS = env.list("HIMS_WEBHOOK_NETWORKS", default=[])

# --- When nothing runs ------------------------------------------------------------------------
# Every quarter of an hour a sheet for each department is written below this folder, which a ward's
# own computer should see. Without the password none is written.
HIMS_DOWNTIME_FOLDER = env.str("HIMS_DOWNTIME_FOLDER", default="")
HIMS_DOWNTIME_PASSWORD = env.str("HIMS_DOWNTIME_PASSWORD", default="")

# --- Words, times, pictures -------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env("HIMS_TIME_ZONE", default="UTC")
STATIC_URL = "static/"
STATIC_ROOT = HIMS_VAR / "static"
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = HIMS_VAR / "files"

# --- What is said of ourselves: no patient data, no bodies, no keys -----------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("HIMS_LOG_LEVEL", default="WARNING")},
}
