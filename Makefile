# Commands for people; each installs what it needs, says what it does, and does nothing twice.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help run test environments images bench fuzz sanitize format packages swift-release
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
# What the engine is linked with.
LIBRARIES := libsqlite3-dev libcurl4-openssl-dev libssh2-1-dev libssl-dev
VENV := $(CURDIR)/.build/venv
HUB6 := $(VENV)/jupyterhub-6.1
HUB5 := $(VENV)/jupyterhub-5.5
HUB_PACKAGES := jupyterlab
TEST_PACKAGES := pytest requests playwright jsonschema schemathesis websockets 'jhub-authenticators==0.6.*' \
  ansible-core 'moto[server,ec2]'
# The compiler refuses an import that Package.swift does not allow: the tree is the import graph.
SWIFT_FLAGS := --explicit-target-dependency-import-check error
# Suites that start many SSH servers, wait for other programs or keep every core busy: side by side they would wait too long.
ALONE := SSHClient OpenSSH.as Servers.on SSHCertificate KnownHostsLive HostKeyExamination SSHAuthenticator SSHKeyFile \
  Ansible ScriptConfigurer MachineSequence HTTPCancellation EC2Fault OCIFault PluginProgram
# Debian's proxy is the Node one, for the Python one holds back a spawn page's events until the end of a start.
# A Node from elsewhere does not look where Debian keeps its modules.
PROXY := node-configurable-http-proxy
export NODE_PATH := /usr/share/nodejs
# The image of a real single-user server, made from Debian and PyPI as there may be no registry.
SINGLEUSER := .build/images/singleuser-6.1.tar
# Debian as the engine's image has it, and what pip builds the hub's package with.
RUNTIME := .build/images/runtime.tar
WHEELS := .build/images/wheels
# What a playbook installs on a machine that reaches no registry.
SINGLEUSER_WHEELS := .build/images/singleuser-wheels
# Docker's registry, taken out of Debian's package: installed, it would serve the whole network.
REGISTRY := .build/images/docker-registry
DOCKER := docker.io iptables iproute2 debootstrap
# libvirt's daemon and QEMU, which nobody starts but the tests; and a small machine to boot.
LIBVIRT := libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 qemu-utils dnsmasq-base debootstrap
MACHINE := .build/images/machine
PYTHON_SOURCES := python/pyproject.toml python/README.md $(wildcard python/multiplespawner/*)

help:
	@echo "make run      a JupyterHub on http://127.0.0.1:8000 whose servers the engine starts on this machine"
	echo "make test     unit tests, then the real thing: two JupyterHubs, JupyterLab, a browser"
	echo "make bench    what it costs, beside JupyterHub's own spawner"
	echo "make fuzz     the readers under libFuzzer; RUNS=1000000 for the long run, READERS=KnownHosts for one alone"
	echo "make sanitize the unit tests under the thread and the address sanitizer"
	echo "make format   Swift and Python in the house style"

run: APT := $(LIBRARIES) pkg-config gcc python3-venv $(PROXY)
run: packages swift-release $(HUB6)/.ready
	@state=.build/run
	install -d -m 700 $$state
	export MULTIPLE_SPAWNER_STATE_DIR=$(CURDIR)/$$state/state
	export MULTIPLE_SPAWNER_TEMPLATE_FILE=$(CURDIR)/templates/spawner_templates.json
	export MULTIPLE_SPAWNER_DEPLOYMENT_FILE=$(CURDIR)/deployments/spawner_deployments.json
	export MULTIPLE_SPAWNER_PROVIDERS_FILE=$(CURDIR)/deployments/providers.json
	export PATH=$(CURDIR)/.build/release:$(HUB6)/bin:$$PATH
	echo "==> the hub: http://127.0.0.1:8000"
	echo "    log in with any name and any password ('admin' sees everybody's servers)"
	echo "    Ctrl-C stops the hub, its servers and the engine; state and logs are in $$state"
	trap '$(HUB6)/bin/python python/examples/stop_engine.py' EXIT
	trap : INT
	(cd $$state && exec $(HUB6)/bin/jupyterhub -f $(CURDIR)/python/examples/jupyterhub_config.py) || true

test: APT := $(LIBRARIES) pkg-config gcc openssl openssh-client openssh-server python3-venv chromium $(PROXY) $(DOCKER) $(LIBVIRT)
test: packages
	@echo "==> building the engine (debug) and its tests; beside that, in .build/environments.log, hubs and images"
	install -d .build
	# What runs beside has a group of processes of its own: a make that is ended leaves what it has started.
	beside=
	trap 'for each in $$beside; do kill -- -$$each 2>/dev/null || true; done' EXIT
	set -m
	$(MAKE) environments >.build/environments.log 2>&1 & beside=$$!
	set +m
	swift build --build-tests $(SWIFT_FLAGS)
	wait $$beside || { beside=; cat .build/environments.log; exit 1; }
	beside=
	echo "==> unit and contract tests"
	export PATH=$(HUB6)/bin:$$PATH
	swift test --skip-build $(SWIFT_FLAGS) $(patsubst %,--skip %,$(ALONE))
	echo "==> those that need the machine for themselves, one after another"
	swift test --skip-build --no-parallel $(SWIFT_FLAGS) $(patsubst %,--filter %,$(ALONE))
	$(MAKE) fuzz READERS='Catalogue Placeholders Options'
	echo "==> the real thing, in three parts side by side; screenshots go to .build/screenshots"
	# In the shortest of places, for paths of sockets have to be short.
	base=$$(mktemp -d /tmp/ms.XXXX)
	set -m
	for part in containers machines; do
	  $(HUB6)/bin/python -m pytest --part $$part --basetemp $$base/$${part::1} Tests/system >.build/$$part.log 2>&1 &
	  beside+=" $$!"
	done
	set +m
	failed=0
	$(HUB6)/bin/python -m pytest --part rest --basetemp $$base/r Tests/system || failed=1
	for each in $$beside; do wait $$each || failed=1; done
	beside=
	cat .build/containers.log .build/machines.log
	[ $$failed = 0 ]
	rm -rf $$base

# What the tests run in: the hubs with all that is tested on them, images of containers and of a machine.
environments: APT := python3-venv gcc $(DOCKER)
environments: $(HUB6)/.ready $(HUB5)/.ready $(HUB6)/.tests images

images: APT := python3-venv gcc $(DOCKER)
images: packages $(SINGLEUSER) $(RUNTIME) $(WHEELS) $(SINGLEUSER_WHEELS) $(REGISTRY) $(MACHINE)

bench: APT := $(LIBRARIES) pkg-config gcc python3-venv $(PROXY) $(DOCKER)
bench: packages swift-release $(HUB6)/.ready $(VENV)/peers/.ready
	@for script in Benchmarks/*.py; do
	  echo "==> $$script"
	  PATH=$(CURDIR)/.build/release:$(HUB6)/bin:$$PATH $(HUB6)/bin/python $$script
	done

RUNS ?= 20000
READERS ?= Catalogue Placeholders Options KnownHosts
fuzz: APT := $(LIBRARIES) pkg-config
fuzz: packages
	@echo "==> fuzzing the readers, $(RUNS) runs each"
	for reader in $(READERS); do
	  swift build -c release --package-path Fuzz --sanitize=fuzzer --product Fuzz$$reader 2>&1 | tail -n 1
	  install -d .build/fuzz/$$reader
	  SWIFT_BACKTRACE=enable=no Fuzz/.build/release/Fuzz$$reader -runs=$(RUNS) -max_len=4096 -verbosity=0 -print_final_stats=1 \
	    .build/fuzz/$$reader Fuzz/Corpus/$$reader 2>&1 | grep -E 'number_of_executed_units|ERROR|SUMMARY'
	done

sanitize: APT := $(LIBRARIES) pkg-config
sanitize: packages
	@for sanitizer in address thread; do
	  echo "==> the unit tests of the core and the backends under the $$sanitizer sanitizer"
	  Tests/sanitize/run.sh $$sanitizer
	done

format: APT := $(LIBRARIES) pkg-config python3-venv
format: $(HUB6)/.format
	@echo "==> Swift"
	swift format --in-place --parallel --recursive Package.swift Sources Tests
	echo "==> Python"
	$(HUB6)/bin/black --quiet --line-length 100 python Tests/system Benchmarks

swift-release:
	@echo "==> building the engine (release)"
	swift build -c release --product multiplespawner $(SWIFT_FLAGS)
	swift build -c release --product multiplespawner-volume-remover $(SWIFT_FLAGS)

# What Debian has to provide: only what is missing, only as root, else the missing names.
packages:
	@missing=()
	for package in $(APT); do
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok' && continue
	  case $$package in
	    gcc) command -v cc && continue ;;
	    python3-venv) $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null && continue ;;
	  esac >/dev/null
	  missing+=($$package)
	done
	if [ $${#missing[@]} -gt 0 ]; then
	  if [ "$$(id -u)" != 0 ]; then
	    echo "missing: $${missing[*]}; as root: apt-get install $${missing[*]}" >&2
	    exit 1
	  fi
	  echo "==> installing $${missing[*]}"
	  apt-get update -qq
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $${missing[*]} >/dev/null
	fi
	command -v swift >/dev/null || { echo "missing: swift 6.2 or later, see https://swift.org/install" >&2; exit 1; }

# One environment per JupyterHub. The class is installed apart, as it changes more often.
$(VENV)/jupyterhub-%/.hub: | packages
	@echo "==> JupyterHub $* in .build/venv/jupyterhub-$*"
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check 'jupyterhub==$*.*' $(HUB_PACKAGES)
	# jsonschema imports it where it is there: a second of each start of a hub and of a server. Nothing here checks such texts.
	$(@D)/bin/pip uninstall --quiet --disable-pip-version-check --yes rfc3987-syntax
	touch $@

$(VENV)/jupyterhub-%/.ready: $(VENV)/jupyterhub-%/.hub $(PYTHON_SOURCES)
	@echo "==> the Spawner class for JupyterHub $*"
	copy=$$(mktemp -d)
	trap "rm -rf $$copy" EXIT
	cp -r python/pyproject.toml python/README.md python/multiplespawner $$copy
	$(@D)/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps $$copy
	touch $@

$(SINGLEUSER): Tests/system/images/singleuser.sh | packages $(HUB6)/.hub
	@echo "==> the image with a real single-user server, about a minute"
	install -d $(@D)
	$< $@ $(HUB6)/bin/pip 6.1

$(RUNTIME): Tests/system/images/runtime.sh deployments/engine.Dockerfile | packages
	@echo "==> Debian for the engine's image, about half a minute"
	install -d $(@D)
	$< $@ deployments/engine.Dockerfile

$(WHEELS): | packages $(HUB6)/.hub
	@echo "==> setuptools for the hub's image"
	work=$$(mktemp -d)
	trap "rm -rf $$work" EXIT
	$(HUB6)/bin/pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest $$work setuptools
	install -d $@
	mv $$work/*.whl $@

# For the Python of the machines, which are this one with another disk.
$(SINGLEUSER_WHEELS): | packages $(HUB6)/.hub
	@echo "==> the single-user server for machines that a playbook prepares"
	version=$$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	install -d $(@D)
	rm -rf $@.new
	$(HUB6)/bin/pip download --quiet --disable-pip-version-check --only-binary=:all: --python-version $$version \
	  --dest $@.new 'jupyterhub==6.1.*' jupyter_server
	mv $@.new $@

$(REGISTRY): | packages
	@echo "==> Docker's registry"
	work=$$(mktemp -d)
	trap "rm -rf $$work" EXIT
	install -d $(@D)
	apt-get update -qq
	(cd $$work && apt-get -qq -o APT::Sandbox::User=root download docker-registry && dpkg -x ./*.deb .)
	mv $$work/usr/bin/docker-registry $@

$(MACHINE): $(wildcard Tests/system/images/machine*.sh) Tests/system/tiny_server.c | packages
	@echo "==> the virtual machine, about a minute"
	install -d $(@D)
	Tests/system/images/machine.sh $@ Tests/system/tiny_server.c

# What ours is measured beside, on the same JupyterHub as ours.
$(VENV)/peers/.ready: $(PYTHON_SOURCES) | packages
	@echo "==> the spawners for Docker Swarm that are measured beside ours"
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check 'jupyterhub==6.1.*' 'dockerspawner==14.0.*' \
	  'jhub-swarmspawner==0.6.3' 'asyncssh==2.24.*'
	copy=$$(mktemp -d)
	trap "rm -rf $$copy" EXIT
	cp -r python/pyproject.toml python/README.md python/multiplespawner $$copy
	$(@D)/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps $$copy
	touch $@

$(HUB6)/.tests: $(HUB6)/.hub
	@echo "==> what the tests need: $(TEST_PACKAGES)"
	$(@D)/bin/pip install --quiet --disable-pip-version-check $(TEST_PACKAGES)
	touch $@

$(HUB6)/.format: $(HUB6)/.hub
	@$(@D)/bin/pip install --quiet --disable-pip-version-check black
	touch $@

.PRECIOUS: $(VENV)/jupyterhub-%/.hub
