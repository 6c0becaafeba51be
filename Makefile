# Two commands set everything up on a fresh Debian 12: `make run` and `make test`.
PYTHON ?= python3
PERIOD ?=
SILENT ?=
ONLY ?=
BIN := .venv/bin
RUN := $(BIN)/python
APT := $(if $(filter 0,$(shell id -u)),,sudo) env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0

NGINX := build/debian/usr/sbin/nginx
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard portal/translations/*/LC_MESSAGES/messages.po))

.PHONY: run setup demo test lint report bench site usb sbom audit screenshots clean

run: setup site
	@STARTED_BY="make run" exec $(RUN) -m portal

setup: .venv/installed $(CATALOGUES)

# Debian's Python cannot make a virtual environment until python3-venv is there.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: set PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Installing python3-venv from Debian"; $(APT) update && $(APT) install python3-venv >/dev/null; }
	@$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python requirements.txt
	@echo "Installing what Huiyin needs (pinned, with hashes)"
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt
	@touch $@

.venv/tested: .venv/installed requirements-test.txt
	@echo "Installing what the tests need (pinned, with hashes)"
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-test.txt
	@touch $@

%.mo: %.po .venv/installed
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@ --locale $(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))

site: setup
	@$(RUN) -m scripts.build_site

usb: setup
	@$(RUN) -m scripts.zip_edition

demo: setup
	@$(RUN) -m scripts.demo
	@STARTED_BY="make demo" HUIYIN_DATABASE=build/demo/huiyin.db HUIYIN_PUBLIC=build/demo/public HUIYIN_DEFINITIONS=surveys/examples/kcmo-resident-survey $(RUN) -m portal

report: setup
	@test -n "$(PERIOD)" || { echo "Which month? make report PERIOD=2026-10" >&2; exit 2; }
	@$(RUN) -m scripts.tally --period $(PERIOD) --out build/tally/$(PERIOD)
	@$(RUN) -m scripts.publish --period $(PERIOD) $(if $(SILENT),--silent)

# The browser without its windows, a Chinese font, strace, wrk, ip and PostgreSQL come from Debian; Playwright drives that browser by its path, and
# its own driver needs libatomic.
.PHONY: debian-packages
debian-packages:
	@missing=""; \
	command -v chromium-headless-shell >/dev/null || missing="$$missing chromium-headless-shell"; \
	command -v strace >/dev/null || missing="$$missing strace"; \
	command -v wrk >/dev/null || missing="$$missing wrk"; \
	command -v ip >/dev/null || missing="$$missing iproute2"; \
	test -x /usr/lib/postgresql/15/bin/initdb || missing="$$missing postgresql-15"; \
	command -v systemd-analyze >/dev/null || missing="$$missing systemd"; \
	$(PYTHON) -c 'import ctypes; ctypes.CDLL("libatomic.so.1")' 2>/dev/null || missing="$$missing libatomic1"; \
	fc-list :lang=zh 2>/dev/null | grep -q . || missing="$$missing fonts-noto-cjk fontconfig"; \
	test -z "$$missing" || { echo "Installing from Debian:$$missing"; $(APT) update && $(APT) install $$missing >/dev/null; }
	@PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || test -x $(NGINX) || { \
	echo "Unpacking Debian's nginx, which an installation would start"; \
	mkdir -p build/debian && $(APT) update && cd build/debian && apt-get -qq download nginx && dpkg -x nginx_*.deb .; }

lint: .venv/tested $(CATALOGUES)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(RUN) -m scripts.check

test: debian-packages lint build/spark/installed
	@$(RUN) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# Spark is 450 MB, so it has an environment of its own, made with the packages of the other.
build/spark/installed: .venv/tested requirements-spark.txt
	@command -v java >/dev/null || { echo "Installing a Java runtime from Debian"; $(APT) update && $(APT) install default-jre-headless >/dev/null; }
	@echo "Installing Spark, which a test counts with (pinned, with hashes)"
	@$(RUN) -m venv --without-pip build/spark
	@realpath .venv/lib/python3*/site-packages > $$(echo build/spark/lib/python3*/site-packages)/huiyin.pth
	@$(RUN) -m pip --python build/spark/bin/python install --quiet --disable-pip-version-check --require-hashes --no-build-isolation -r requirements-spark.txt
	@touch $@

bench: .venv/tested $(CATALOGUES)
	@$(RUN) -m benchmarks $(ONLY)

# The site with other generators than the pinned one: told, and no test depends on it.
.PHONY: canary
canary: debian-packages .venv/tested $(CATALOGUES)
	@$(RUN) -m venv build/canary
	@build/canary/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-canary.txt
	@$(RUN) -m benchmarks.canary build/canary

# What the program is made of, as build/sbom.json; and over the network, whether a weakness of a part is known: 0 none,
# 1 one is, 3 somebody could not be asked.
sbom: .venv/tested
	@$(RUN) -m scripts.supply sbom

audit: .venv/tested
	@$(RUN) -m scripts.supply audit; status=$$?; test $$status -eq 3 || exit $$status; echo "Not asked, so not known."

# Some 10,000 faults against the real server and commands, an hour and more; writes the tables of the handbook. One group
# of them alone: ONLY=file or ONLY=hosts.
.PHONY: chaos
chaos: debian-packages .venv/tested $(CATALOGUES)
	@$(RUN) -m tests.chaos $(foreach kind,$(ONLY),--only $(kind))

# Bytes that a reader of files or forms cannot stand, for so many seconds: ONLY=csv and others, or all of them.
SECONDS ?= 60
.PHONY: fuzz
fuzz: .venv/tested $(CATALOGUES)
	@$(RUN) -m tests.fuzz $(or $(ONLY),all) --seconds $(SECONDS)

# All tests as if so many days had gone by: none may depend on the day it is run on.
DAYS ?= 40
.PHONY: later
later: debian-packages .venv/tested $(CATALOGUES) build/spark/installed
	@command -v gcc >/dev/null || { echo "Installing a C compiler from Debian"; $(APT) update && $(APT) install gcc libc6-dev >/dev/null; }
	@gcc -O2 -shared -fPIC -o build/later.so tests/later.c
	@LD_PRELOAD=$(CURDIR)/build/later.so LATER_SECONDS=$$(($(DAYS) * 86400)) $(RUN) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

screenshots: debian-packages .venv/tested $(CATALOGUES)
	@command -v chromium >/dev/null || { echo "Installing Chromium from Debian"; $(APT) update && $(APT) install chromium >/dev/null; }
	@rm -rf build/demo
	@$(RUN) -m scripts.demo
	@$(RUN) -m scripts.screenshots

clean:
	rm -rf build .venv
