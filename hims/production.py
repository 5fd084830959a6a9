"""What a production site may not run with: each problem is one sentence a person can act on.

Pure: values in, sentences out. `hims.settings` asks at the start of every command when
HIMS_ENV=production; `hims.checks` asks about what only the database knows.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

SHORTEST_SECRET = 50


def refusals(env: Mapping[str, str]) -> list[str]:
    """Say what in the environment `env` keeps this site from being a production site."""
    problems = []
    url = env.get("DATABASE_URL", "")
    if not url:
        problems.append(
            "Production does not run on the embedded database: set DATABASE_URL to your PostgreSQL."
        )
    elif _role(env.get("HIMS_OWNER_DATABASE_URL", "")) in (None, _role(url)):
        problems.append(
            "The application may not be the owner of its own tables: set HIMS_OWNER_DATABASE_URL "
            "to another role than the one in DATABASE_URL."
        )
    secret = env.get("HIMS_SECRET_KEY", "")
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < 5:
        problems.append(
            "Production needs a secret of its own: set HIMS_SECRET_KEY to at least "
            f"{SHORTEST_SECRET} random characters."
        )
    if not (env.get("HIMS_TLS_CERTIFICATE") and env.get("HIMS_TLS_KEY")):
        problems.append(
            "Production does not speak plain HTTP: set HIMS_TLS_CERTIFICATE and HIMS_TLS_KEY to "
            "the files of your certificate and its key."
        )
    if not env.get("HIMS_HOSTS"):
        problems.append(
            "Production must know its own name: set HIMS_HOSTS to the host names people type."
        )
    if (env.get("CELERY_BROKER_URL") or "filesystem:").startswith("filesystem:"):
        problems.append(
            "Production does not run on the embedded message broker: set CELERY_BROKER_URL to "
            "your RabbitMQ or Redis."
        )
    return problems


def _role(url: str) -> str | None:
    """Return the database role named in a connection URL, or None without a URL."""
    return (urlsplit(url).username or "") if url else None
