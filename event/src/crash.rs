//! Named points at which a test may kill the process.

/// A named point between two durable steps. Does nothing unless the feature `crash-points` is on; then the
/// environment variable `FAILPOINTS` (crate `fail`), e.g. `journal.appended=3*off->return`, kills the process
/// here with SIGKILL.
#[inline]
pub fn crash_point(name: &'static str) {
    #[cfg(feature = "crash-points")]
    fail::fail_point!(name, |_| kill_self());
    #[cfg(not(feature = "crash-points"))]
    let _unused = name;
}

#[cfg(feature = "crash-points")]
fn kill_self() {
    let killed = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    // The signal is delivered before the call returns; anything else means that it was refused.
    std::process::exit(if killed.is_ok() { 137 } else { 70 });
}
