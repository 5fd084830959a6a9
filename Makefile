# make demo | test | proof | bench | check | lock | pictures. Each sets up what it needs; a second run costs nothing.
#   make demo ARGS="--port 8090 --for 60"
#   make test ARGS="tests/hims -k database"
ARGS ?=
PYTHON_IN_VENV := .venv/bin/python
AS_PRODUCTION := HIMS_ENV=production HIMS_HOSTS=hims.example HIMS_TLS_CERTIFICATE=/etc/hims/cert.pem \
	HIMS_TLS_KEY=/etc/hims/key.pem CELERY_BROKER_URL=redis://localhost/0 \
	DATABASE_URL=postgresql://hims_app@localhost/hims HIMS_OWNER_DATABASE_URL=postgresql://hims_owner@localhost/hims
.DEFAULT_GOAL := demo

.PHONY: demo test proof bench check lint imports types templates migrations deploy lock
.PHONY: set-up set-up-test browser photos papers

set-up:
	@.ci/set_up.sh run

set-up-test:
	@.ci/set_up.sh test

browser:
	@.ci/system_packages.sh "the browser tests need it; without it they skip and say so" chromium=chromium

photos:
	@.ci/system_packages.sh "photos of codes have a second reader with it; without it zxing-cpp serves alone" libzbar.so.0=libzbar0

papers:
	@.ci/system_packages.sh "printed reports are read and looked at with it; without it those tests skip and say so" pdftotext=poppler-utils

demo: set-up photos
	@exec $(PYTHON_IN_VENV) manage.py demo $(ARGS)

test: set-up-test browser photos papers
	@$(PYTHON_IN_VENV) -m pytest -m "not proof" --numprocesses 2 --dist loadfile $(ARGS)

proof: set-up-test browser photos papers
	@.ci/system_packages.sh "one proof runs Celery on it; without it that proof skips" redis-server=redis-server
	@$(PYTHON_IN_VENV) -m tests.proofs $(ARGS)

bench: set-up
	@$(PYTHON_IN_VENV) manage.py bench all $(ARGS)

check: lint imports types templates migrations deploy

lint: set-up-test
	$(PYTHON_IN_VENV) -m ruff check .
	$(PYTHON_IN_VENV) -m ruff format --check .

imports: set-up-test
	.venv/bin/lint-imports

types: set-up-test
	$(PYTHON_IN_VENV) -m mypy

templates: set-up-test
	.venv/bin/djlint --lint --quiet hims inventory tracking pharmacy

migrations: set-up-test
	$(PYTHON_IN_VENV) manage.py makemigrations --check --dry-run

deploy: set-up-test
	@echo "check --deploy, as a production site would be set up:"
	@env $(AS_PRODUCTION) HIMS_SECRET_KEY="$$($(PYTHON_IN_VENV) -c 'import secrets; print(secrets.token_urlsafe(60))')" \
		$(PYTHON_IN_VENV) manage.py check --deploy --fail-level WARNING

pictures: set-up-test browser
	@$(PYTHON_IN_VENV) -m tests.pictures $(ARGS)

lock: set-up-test
	@.ci/lock.sh
