# What you can do here: `make run` and `make test` are all that a newcomer needs. The work is in scripts/.

# Where rustup puts cargo, in case the shell has not heard of it yet.
export PATH := $(HOME)/.cargo/bin:$(PATH)

.PHONY: run test web setup fmt lint doc deny fuzz-build bench soak clean

# The demo: build, import the samples, serve them in the foreground.
run:
	scripts/setup.sh build
	scripts/run.sh

# Every test.
test:
	scripts/setup.sh test
	scripts/test.sh

# The web UI, for the next build of the program.
web:
	scripts/setup.sh build
	scripts/web.sh build

# All that the other targets need.
setup:
	scripts/setup.sh ci

fmt:
	cargo fmt --all

lint:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

deny:
	cargo deny --locked check bans licenses sources

fuzz-build:
	scripts/fuzz-build.sh

# The measurements of docs/benchmarks.md. ARGS="--help" shows what it takes.
bench:
	scripts/setup.sh build
	scripts/bench.sh $(ARGS)

# The long runs.
soak:
	scripts/setup.sh build
	scripts/soak.sh $(ARGS)

clean:
	cargo clean
	rm -rf .demo fuzz/target
