# `make` alone explains itself.

.DEFAULT_GOAL := help
.PHONY: help demo test test-cgroup2 lint audit schema-diff fmt bench soak

help: ## this list
	@echo "Lectern, a course platform in one binary. What make can do here:"
	@echo
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: ## build, make a site with two example courses in ./demo-data, and serve it
	.ci/install demo
	cargo build --workspace
	./target/debug/lectern demo

test: ## install what is missing if possible, build, run all tests
	.ci/install test
	cargo build --workspace
	cargo test --workspace

test-cgroup2: ## the tests of control groups under a Debian kernel in qemu, where version 2 has every controller
	.ci/install test-cgroup2
	cargo build --workspace
	cargo test --workspace --test it --no-run
	tests/cgroup2/run

lint: ## formatting, clippy and the documentation, with every warning as an error
	.ci/install lint
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

audit: ## licences and sources of the libraries, and what is known against them where its list can be reached
	.ci/install audit
	.ci/audit

schema-diff: ## what has changed in schema.graphql since the last release, for whoever asks
	npm ci --no-audit --no-fund --silent --prefix tests/clients/api
	node tests/clients/api/diff.mjs "$$(ls docs/api/releases/*.graphql | sort -V | tail -1)" schema.graphql

soak: ## everything breaks at random under load for SOAK_SECONDS (180), by SOAK_SEED; then what was acknowledged is counted
	.ci/install test
	cargo build --workspace
	./target/debug/soak

bench: ## starts of programs, hand-in to verdict and idle jobs per second beside their floors, a thousand subscribers, what refusals, sign-ins, downloads and checking content cost, and hand-ins and GraphQL requests a second, also at a deadline and in a course that is large already
	cargo build --release --workspace
	cargo bench --workspace --bench starts --bench floors --bench jobs --bench subscribers --bench abuse --bench sign_ins --bench exports --bench content
	cargo bench --workspace --profile dist --bench graphql --bench submissions
	cargo bench --workspace --profile dist --bench submissions -- --burst
	cargo bench --workspace --profile dist --bench submissions -- --without flask --scale 10

fmt: ## format the sources
	cargo fmt --all
