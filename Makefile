# Everything runs in .venv, which the first target makes; only Python 3.11+, pip, venv and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
STATE ?= run

# Parts that decide and touch nothing: their tests take every way through them. NO_CORE is the one beside them that
# does touch. Add what becomes such a part.
CORES := protocols/** certs/*.py certs/pki/** certs/tls/** actors/catalog/** actors/config/** actors/wire/** \
	actors/store/contents.py actors/live.py actors/hosts.py actors/places.py \
	$(patsubst %,actors/engine/%.py,address envelope frames hang metrics names refusals supervision \
	supervision_spec timers) \
	$(patsubst %,actors/auth/%.py,allow_list availability connectors desk entries errands grants inputs \
	presenting selection sessions state turn withdrawing) actors/auth/reservations/** \
	$(patsubst %,actors/connector/%.py,absence cable cable_check contactor demand duty_cycle exchange facts isolation \
	lock machine messages monitors output phases pilot rcd settings state supervision) \
	$(patsubst %,actors/drivers/modbus/%.py,register_map values blocks reading contact exchange) \
	$(patsubst %,actors/system/%.py,boot jobs) actors/display/board.py \
	$(patsubst %,actors/evse/%.py,backflow car detour enable_disable enabling exchange faults grants holds \
	introduction machine messages metering needs orders outlook patience pauses phases plugs power random_delay \
	record resuming session_ids session_log sessions settings stopping turn upkeep) \
	$(patsubst %,actors/ocpp/%.py,block charge_point entries error_mapping inputs live message_log \
	disk_room message_log_page message_log_rotation messages queue settings site_parameters tables turn) \
	actors/ocpp/blocks/** actors/ocpp/charging_profiles/** actors/ocpp/device_model/** \
	$(patsubst %,actors/ocpp/link/%.py,blotting channel dialling rpc target troubles watchdog) \
	$(patsubst %,actors/energy/%.py,given manager node schedule sharing switching tree) \
	$(patsubst %,actors/errors/%.py,history messages mrec placement standing view) \
	$(patsubst %,actors/simulation/%.py,plant/hardware plant/messages car/program car/persistence car/talk_script) \
	$(patsubst %,actors/simulation/csms/%.py,answering answers answers16 asking authority backend conversation \
	door effects hub installation ledger ledger16 matching recent record scenes script spoiling stage templates \
	tokens transactions values view) \
	actors/v2g/secc/** actors/view/** actors/gateway_option.py actors/gateway/methods/** actors/gateway/picture/** \
	$(patsubst %,actors/gateway/%.py,rpc method site_map hub running peers questions budget guard effects schema \
	metrics repeats evidence role callbacks client_forms client_methods) \
	$(patsubst %,actors/v2g/%.py,mux parameters parcel progress services_file snapshot) \
	$(patsubst %,actors/v2g/link/%.py,channel discovery evidence evidence_lines handshake_facts material relay) \
	$(patsubst %,actors/simulation/ev/%/**,din iso2 iso20) \
	$(patsubst %,actors/simulation/ev/%.py,battery capture contexts drive exchange faults handshake language \
	machine outcome report script script_file sdp targets timing wallet)
NO_CORE := actors/config/commands.py
COMMA := ,
EMPTY :=
SPACE := $(EMPTY) $(EMPTY)

# The tests are parts, of which two run at a time in this order, so that two cores are busy to the end: the longest
# first, then those that start actor systems (WAITING), which mostly wait, then short ones. Every actor is forked
# from the tests' process, and a fork costs by what that holds (5 ms at 50 MB, 13 ms at 170 MB): so these are several
# processes, and the storm, which forks thousands, is one of its own.
PARTS := rest storm scenarios processes engine ocpp protocols certs
# Those in which the parts that decide are tried: under coverage they take twice the time (`make coverage`).
COVERED := rest processes engine ocpp protocols certs
STORM := tests/scenarios/test_storm.py
ENGINE := tests/actors/engine tests/actors/store
PROTOCOLS := tests/protocols
CERTS := tests/certs
OCPP := tests/actors/ocpp tests/actors/simulation
WAITING := tests/scenarios $(ENGINE) \
	$(filter-out tests/actors/test_look.py,$(wildcard tests/actors/test_*.py)) \
	tests/actors/certificates/test_manager_processes.py tests/actors/v2g/test_link_actor.py \
	tests/actors/auth/test_auth_processes.py tests/actors/system/test_system_actor.py \
	tests/actors/system/test_helper.py \
	$(patsubst %,tests/actors/drivers/modbus/%.py,test_powermeter_actor test_meter_processes) \
	$(patsubst %,tests/actors/gateway/%.py,test_gateway_actor test_role_actor test_client) \
	$(patsubst %,tests/actors/simulation/csms/%.py,test_commands test_with_link test_server test_link test_run)

# Children of tests start sooner where their modules need no compiling, and so does the next run of all.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test coverage $(addprefix test-,$(PARTS)) check bench soak interop interop-ocpp clean
.DEFAULT_GOAL := test

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

run: $(VENV)/.ready
	@$(BIN)/evsite demo --state $(STATE)

test: $(VENV)/.ready
	@echo "Two parts run at a time; each is shown when it has ended, after some minutes."
	@$(MAKE) --no-print-directory --jobs=2 --keep-going --output-sync=target $(addprefix test-,$(PARTS))

coverage: $(VENV)/.ready
	$(BIN)/coverage erase
	@$(MAKE) --no-print-directory --jobs=2 --keep-going --output-sync=target RUN="$(BIN)/coverage run" \
		$(addprefix test-,$(COVERED))
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered
	$(BIN)/coverage report --skip-covered --fail-under=100 --omit="$(NO_CORE)" \
		--include="$(subst $(SPACE),$(COMMA),$(strip $(CORES)))"

test-storm: $(VENV)/.ready
	$(RUN) -m pytest $(STORM)

test-scenarios: $(VENV)/.ready
	$(RUN) -m pytest --ignore=$(STORM) tests/scenarios

test-engine: $(VENV)/.ready
	$(RUN) -m pytest $(ENGINE)

test-processes: $(VENV)/.ready
	$(RUN) -m pytest $(filter-out tests/scenarios $(ENGINE),$(WAITING))

test-protocols: $(VENV)/.ready
	$(RUN) -m pytest $(PROTOCOLS)

test-certs: $(VENV)/.ready
	$(RUN) -m pytest $(CERTS)

test-ocpp: $(VENV)/.ready
	$(RUN) -m pytest $(addprefix --ignore=,$(WAITING)) $(OCPP)

test-rest: $(VENV)/.ready
	$(RUN) -m pytest $(addprefix --ignore=,$(WAITING) $(PROTOCOLS) $(CERTS) $(OCPP))

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.ready
	$(BIN)/python -m tests.benchmarks.run --report docs/bars.md

soak: $(VENV)/.ready
	$(BIN)/python -m tests.soak.run --report docs/soak.md

interop: $(VENV)/.ready interop-ocpp
	$(BIN)/python -m tests.interop.openssl_chains
	$(BIN)/python -m tests.interop.openssl_staples
	$(BIN)/python -m tests.interop.exi_java --count 20000
	$(BIN)/python -m tests.interop.ev_peer
	$(BIN)/python -m tests.interop.station_peer
	$(BIN)/python -m tests.interop.whole_site

interop-ocpp: $(VENV)/.ready
	$(BIN)/python -m tests.interop.ocpp_peer

clean:
	rm -rf $(VENV) .venv-interop build *.egg-info .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache .benchmarks run
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
