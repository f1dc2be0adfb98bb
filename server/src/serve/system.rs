//! What the machine gives: file descriptors, free space, its name.

use std::path::Path;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Allows as many open files as the system permits: connections, segments and splits share them, and the usual soft limit
/// of 1,024 stems from programs that use `select`.
pub(crate) fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::debug!(%error, current = limit.current, "the limit of open files stays");
    }
}

/// Bytes that are free where `path` lies; `None` when the system does not say.
pub(crate) fn disk_free(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

/// Bytes of the file system on which `path` lies; `None` when the system does not say.
pub(crate) fn disk_total(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    found.f_blocks.checked_mul(found.f_frsize)
}

/// The machine's name.
pub(super) fn machine_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
