//! The progress bar: rate and time left, for whoever watches.

use indicatif::{ProgressBar, ProgressStyle};

const WITH_TOTAL: &str = "{bar:30} {bytes}/{total_bytes}  {binary_bytes_per_sec}  {msg} records  {eta} left";
const WITHOUT_TOTAL: &str = "{spinner} {bytes}  {binary_bytes_per_sec}  {msg} records  {elapsed}";

/// A bar on standard error; nothing where that is no terminal.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { bar: ProgressBar::no_length() }
    }

    /// How far it is: bytes of the files as they lie there.
    pub(super) fn show(&self, bytes: u64, total: Option<u64>, records: u64) {
        if self.bar.is_hidden() {
            return;
        }
        if self.bar.position() == 0 {
            let template = if total.is_some() { WITH_TOTAL } else { WITHOUT_TOTAL };
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.bar.set_style(style);
            }
        }
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        self.bar.set_message(records.to_string());
        self.bar.set_position(bytes);
    }

    /// Takes the bar away: the report says it all.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
