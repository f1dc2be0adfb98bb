//! What an API server says about events that it dropped, in its own log.
//!
//! `E1123 15:50:35.232123       1 metrics.go:109] "Error in audit plugin 'buffered' affecting 1 audit events: audit buffer queue
//! blocked\nImpacted events:\n..."` (`HandlePluginError` in `k8s.io/apiserver/pkg/audit/metrics.go`; releases differ in the quotes).
//! The log has such events all the same if it is the log backend's; what is missing is missing for the plugin that is named.

use std::time::{Duration, Instant};

use memchr::memmem;
use taffrail_event::Timestamp;

/// Events that an API server's audit plugin lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drops {
    /// One of [`PLUGINS`].
    pub(super) plugin: &'static str,
    pub(super) count: u64,
    /// When the first and the last report of it were written.
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Drops {
    /// What a line of klog's form reports. It names no year: the one is meant in which it is not later than a day after `now`.
    pub(super) fn reported(line: &[u8], now: Timestamp) -> Option<Self> {
        // At the beginning of the message: what clients say may be quoted further behind.
        let message = line.get(memmem::find(line, b"] ")? + 2..)?;
        let message = message.strip_prefix(b"\"").unwrap_or(message).strip_prefix(BEGIN)?;
        let rest = std::str::from_utf8(message.get(..MAX_REST.min(message.len()))?).ok()?;
        let (plugin, rest) = rest.split_once('\'')?;
        let (count, rest) = rest.strip_prefix(" affecting ")?.split_once(' ')?;
        let plugin = PLUGINS.into_iter().find(|known| *known == plugin)?;
        rest.strip_prefix("audit events")?;
        let time = klog_time(line, now)?;
        Some(Self { plugin, count: count.parse().ok()?, from: time, to: time })
    }

    /// Adds a report to those of its plugin.
    pub(super) fn add_to(self, all: &mut Vec<Self>) {
        match all.iter_mut().find(|known| known.plugin == self.plugin) {
            Some(known) => {
                known.from = known.from.min(self.from);
                known.go_on(&self);
            }
            None => all.push(self),
        }
    }

    /// Adds a report that follows.
    fn go_on(&mut self, next: &Self) {
        self.count = self.count.saturating_add(next.count);
        self.to = self.to.max(next.to);
    }

    /// Why they are missing, in plain words.
    pub(super) fn reason(&self) -> String {
        format!(
            "the API server reports in its log that its audit plugin {} dropped events; raise its buffer and throttle, or follow its audit log too",
            self.plugin
        )
    }
}

/// Reports that follow each other, as one: an API server in trouble writes thousands a second.
#[derive(Debug, Default)]
pub(super) struct Stretches(Vec<Stretch>);

#[derive(Debug)]
struct Stretch {
    drops: Drops,
    /// How many were told of, and when.
    told: Option<(u64, Instant)>,
}

impl Stretches {
    /// Takes a report.
    pub(super) fn add(&mut self, drops: Drops) {
        let is_next = |stretch: &&mut Stretch| {
            stretch.drops.plugin == drops.plugin
                && drops.from.micros() - stretch.drops.to.micros() <= STRETCH_MICROS
        };
        match self.0.iter_mut().find(is_next) {
            // Its beginning stays, by which its gap is known.
            Some(stretch) => stretch.drops.go_on(&drops),
            None => {
                // One for each plugin; what the one before it lost was told of but for its last moments.
                self.0.retain(|stretch| stretch.drops.plugin != drops.plugin);
                self.0.push(Stretch { drops, told: None });
            }
        }
    }

    /// What is to be told: a stretch that is new, has twice as many as were told of, or has grown and then come to an end.
    pub(super) fn take_news(&mut self, is_idle: bool) -> Vec<Drops> {
        let mut news = Vec::new();
        for stretch in &mut self.0 {
            let is_news = stretch.told.is_none_or(|(count, when)| {
                let has_grown = stretch.drops.count > count;
                stretch.drops.count >= count.saturating_mul(2)
                    || has_grown && is_idle && when.elapsed() >= LAST_WORD
            });
            if is_news {
                stretch.told = Some((stretch.drops.count, Instant::now()));
                news.push(stretch.drops.clone());
            }
        }
        news
    }
}

/// The audit plugins of an API server.
const PLUGINS: [&str; 4] = ["buffered", "webhook", "log", "truncate"];

/// Reports that are further apart are of two stretches.
const STRETCH_MICROS: i64 = 60_000_000;

/// How long after the last time a stretch is told of that grew a little more.
const LAST_WORD: Duration = Duration::from_secs(2);

const BEGIN: &[u8] = b"Error in audit plugin '";

/// The plugin's name and the count stand within so many bytes.
const MAX_REST: usize = 64;

const DAY_MICROS: i64 = 86_400_000_000;

/// The time of a klog line, `E1123 15:50:35.232123`, taken as UTC, as in containers.
fn klog_time(line: &[u8], now: Timestamp) -> Option<Timestamp> {
    let stamp = std::str::from_utf8(line.get(1..21)?).ok()?;
    let (date, time) = stamp.split_once(' ')?;
    let (month, day) = date.split_at_checked(2)?;
    let year: i64 = now.to_string().get(..4)?.parse().ok()?;
    let of_year = |year: i64| Timestamp::parse(&format!("{year:04}-{month}-{day}T{time}Z"));
    of_year(year)
        .filter(|time| time.micros() <= now.micros().saturating_add(DAY_MICROS))
        .or_else(|| of_year(year - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn check(line: &str, expected: Option<(&str, u64, &str)>) {
        let now = time("2026-11-24T00:00:00.000000Z");
        let found = Drops::reported(line.as_bytes(), now);
        let expected = expected.map(|(plugin, count, at)| Drops {
            plugin: PLUGINS.into_iter().find(|known| *known == plugin).unwrap(),
            count,
            from: time(at),
            to: time(at),
        });
        assert_eq!(found, expected, "{line}");
    }

    // Constructed after `HandlePluginError`.
    #[test]
    fn reports_of_drops() {
        check(
            "E1123 15:50:35.232123       1 metrics.go:109] \"Error in audit plugin 'buffered' affecting 1 audit events: audit buffer queue blocked\\nImpacted events:\\n2026",
            Some(("buffered", 1, "2026-11-23T15:50:35.232123Z")),
        );
        check(
            "E1231 23:59:59.000001       1 metrics.go:109] Error in audit plugin 'webhook' affecting 400 audit events: Post \"https://x\": EOF",
            Some(("webhook", 400, "2025-12-31T23:59:59.000001Z")),
        );
        check("E1123 15:50:35.232123       1 metrics.go:109] Error in audit plugin 'x", None);
        check(
            "E1123 15:50:35.232123       1 metrics.go:109] Error in audit plugin 'x' affecting no audit events",
            None,
        );
        check(
            "E9923 15:50:35.232123       1 metrics.go:109] Error in audit plugin 'x' affecting 1 audit events",
            None,
        );
        check("E1123 15:50:35.232123       1 controller.go:132] x", None);
        check(
            "I1123 15:50:35.232123       1 httplog.go:132] \"HTTP\" userAgent=\"] Error in audit plugin 'webhook' affecting 9 audit events\"",
            None,
        );
    }

    #[test]
    fn reports_of_one_plugin_are_added_up() {
        let report = |plugin: &'static str, second: i64| Drops {
            plugin,
            count: 2,
            from: Timestamp::from_micros(second),
            to: Timestamp::from_micros(second),
        };
        let mut all = Vec::new();
        for (plugin, second) in [("a", 2), ("b", 5), ("a", 7), ("a", 1)] {
            report(plugin, second).add_to(&mut all);
        }
        let found: Vec<_> =
            all.iter().map(|drops| (drops.count, drops.from.micros(), drops.to.micros())).collect();
        assert_eq!(found, [(6, 1, 7), (2, 5, 5)]);
    }
    #[test]
    fn a_stretch_is_told_of_when_it_doubles() {
        let report = |second: i64| Drops {
            plugin: "buffered",
            count: 1,
            from: Timestamp::from_micros(second * 1_000_000),
            to: Timestamp::from_micros(second * 1_000_000),
        };
        let mut stretches = Stretches::default();
        let mut told = Vec::new();
        for second in (0..100).chain([300]) {
            stretches.add(report(second));
            told.extend(
                stretches.take_news(false).iter().map(|drops| (drops.from.micros() / 1_000_000, drops.count)),
            );
        }
        assert_eq!(told, [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (0, 32), (0, 64), (300, 1)]);
    }
}
