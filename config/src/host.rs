//! What the defaults have to know about the machine and the user, told by the binary.

use std::path::PathBuf;

use crate::settings::DEFAULT_ROOT_DATA;

/// Facts about the process's user that decide where data lives by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Host {
    /// Whether the process runs as root.
    pub is_root: bool,
    /// `$HOME`.
    pub home: Option<PathBuf>,
    /// `$XDG_DATA_HOME`; ignored when relative, as its specification says.
    pub xdg_data_home: Option<PathBuf>,
}

impl Host {
    /// The default data directory: `/var/lib/taffrail` as root, else `$XDG_DATA_HOME/taffrail` or
    /// `~/.local/share/taffrail`; `None` when nothing says where the user's home is.
    #[must_use]
    pub fn data(&self) -> Option<PathBuf> {
        if self.is_root {
            return Some(PathBuf::from(DEFAULT_ROOT_DATA));
        }
        let absolute = |path: &PathBuf| path.is_absolute();
        let share = match self.xdg_data_home.clone().filter(absolute) {
            Some(share) => share,
            None => self.home.clone().filter(absolute)?.join(".local/share"),
        };
        Some(share.join("taffrail"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::Host;

    fn check(is_root: bool, home: Option<&str>, xdg: Option<&str>, expected: Option<&str>) {
        let host = Host { is_root, home: home.map(PathBuf::from), xdg_data_home: xdg.map(PathBuf::from) };
        assert_eq!(host.data(), expected.map(PathBuf::from), "{host:?}");
    }

    #[test]
    fn default_data_directories() {
        check(true, Some("/root"), Some("/x"), Some("/var/lib/taffrail"));
        check(false, Some("/home/a"), Some("/x"), Some("/x/taffrail"));
        check(false, Some("/home/a"), None, Some("/home/a/.local/share/taffrail"));
        check(false, Some("/home/a"), Some("relative"), Some("/home/a/.local/share/taffrail"));
        check(false, Some("/home/a"), Some(""), Some("/home/a/.local/share/taffrail"));
        check(false, Some(""), None, None);
        check(false, None, None, None);
    }
}
