//! Events as a table, newest first or oldest first, a page at a time: a heading for each day, a line for each event.

use std::collections::HashSet;
use std::io::Write;

use jiff::tz::TimeZone;
use taffrail_event::Timestamp;
use unicode_width::UnicodeWidthStr;

use super::event_row::EventRow;
use super::screen::Screen;
use super::table::{ID_DIGITS, Text, Tone, titles, write_columns, write_list};
use super::times::{local, zone_name};

const MAX_WHO_WIDTH: usize = 32;
const MAX_CLUSTER_WIDTH: usize = 20;

/// As wide as "denied 403".
const RESULT_WIDTH: usize = 10;

const MIN_WHAT_WIDTH: usize = 16;

/// A screen with room for a date and milliseconds in one column.
const WIDE: u16 = 100;

/// Draws pages of events so that they line up.
pub(crate) struct EventsTable {
    screen: Screen,
    zone: TimeZone,
    with_cluster: bool,
    widths: Option<Vec<u16>>,
    day: Option<String>,
}

impl EventsTable {
    /// A table with no line yet. `with_cluster` where the events may come from several.
    pub(crate) fn new(screen: Screen, zone: TimeZone, with_cluster: bool) -> Self {
        Self { screen, zone, with_cluster, widths: None, day: None }
    }

    /// Writes the titles before there are events to measure, for a stream.
    pub(crate) fn begin(&mut self, out: &mut dyn Write) -> std::io::Result<()> {
        let widths = self.widths(MAX_CLUSTER_WIDTH, MAX_WHO_WIDTH, ID_DIGITS);
        let names = self.columns();
        write_columns(out, self.screen, &widths, [titles(&names)])?;
        self.widths = Some(widths);
        Ok(())
    }

    /// Writes further events.
    pub(crate) fn page(&mut self, out: &mut dyn Write, events: &[EventRow]) -> std::io::Result<()> {
        let digits = distinct_digits(events);
        let widths = match self.widths.take() {
            Some(widths) => widths,
            None => {
                let widths = self.measure(events, digits);
                let names = self.columns();
                write_columns(out, self.screen, &widths, [titles(&names)])?;
                widths
            }
        };
        let mut rest = events;
        while let Some(first) = rest.first() {
            let day = self.day_of(first.time);
            let count = rest.iter().take_while(|event| self.day_of(event.time) == day).count();
            let (same_day, later) = rest.split_at(count);
            if self.screen.is_terminal && self.day.as_ref() != Some(&day) {
                write_list(out, self.screen, [vec![Text::new(&day).tone(Tone::Quiet)]])?;
            }
            self.day = Some(day);
            let rows = same_day.iter().map(|event| self.row(event, digits));
            write_columns(out, self.screen, &widths, rows)?;
            rest = later;
        }
        self.widths = Some(widths);
        Ok(())
    }

    fn columns(&self) -> Vec<String> {
        let time = match self.screen.is_terminal {
            true => "TIME".to_owned(),
            false => format!("TIME ({})", zone_name(&self.zone)),
        };
        let cluster = self.with_cluster.then(|| "CLUSTER".to_owned());
        let rest = ["WHO", "WHAT", "RESULT", "ID"].map(str::to_owned);
        [time].into_iter().chain(cluster).chain(rest).collect()
    }

    fn row(&self, event: &EventRow, digits: usize) -> Vec<Text> {
        let (who, what) = event.sentence();
        let mut row = vec![Text::new(self.time(event.time))];
        if self.with_cluster {
            row.push(Text::new(&event.cluster));
        }
        let id = event.id.get(..digits).unwrap_or(&event.id);
        row.extend([Text::new(who), Text::new(what), event.mark(), Text::new(id).tone(Tone::Quiet)]);
        row
    }

    /// The widths that suit the first page; later pages take what they get, so that columns line up.
    fn measure(&self, events: &[EventRow], digits: usize) -> Vec<u16> {
        let widest = |of: &dyn Fn(&EventRow) -> usize, least: usize, most: usize| {
            events.iter().map(of).max().unwrap_or(0).clamp(least, most)
        };
        let cluster = widest(&|event| event.cluster.width(), "CLUSTER".len(), MAX_CLUSTER_WIDTH);
        let who = widest(&|event| event.sentence().0.width(), "WHO".len(), MAX_WHO_WIDTH);
        self.widths(cluster, who, digits)
    }

    /// The widths of all columns, if these three would like to be so wide.
    fn widths(&self, cluster: usize, who: usize, digits: usize) -> Vec<u16> {
        let time = self.time(Timestamp::default()).width();
        let who = who.min((usize::from(self.screen.width) / 5).max("WHO".len()));
        let columns = self.columns().len();
        let cluster = if self.with_cluster { cluster } else { 0 };
        let others = time + cluster + who + RESULT_WIDTH + digits + 2 * (columns - 1);
        let what = usize::from(self.screen.width).saturating_sub(others).max(MIN_WHAT_WIDTH);
        let mut widths = vec![time];
        widths.extend(self.with_cluster.then_some(cluster));
        widths.extend([who, what, RESULT_WIDTH, digits]);
        widths.into_iter().map(|width| u16::try_from(width).unwrap_or(u16::MAX)).collect()
    }

    /// Into a pipe every line says its day: nobody sees the heading there.
    fn time(&self, time: Timestamp) -> String {
        let format = match (self.screen.is_terminal, self.screen.width >= WIDE) {
            (true, _) => "%H:%M:%S%.3f",
            (false, true) => "%Y-%m-%d %H:%M:%S%.3f",
            (false, false) => "%Y-%m-%d %H:%M:%S",
        };
        local(time, &self.zone).strftime(format).to_string()
    }

    fn day_of(&self, time: Timestamp) -> String {
        let time = local(time, &self.zone);
        let day = time.strftime("%a %Y-%m-%d");
        match zone_name(&self.zone).as_str() {
            "UTC" => format!("{day}, UTC"),
            zone => format!("{day}, {zone} (UTC{})", time.strftime("%:z")),
        }
    }
}

/// How many digits tell the ids of a page apart.
fn distinct_digits(events: &[EventRow]) -> usize {
    let longest = events.iter().map(|event| event.id.len()).max().unwrap_or(0);
    let is_distinct = |digits: usize| {
        let mut seen = HashSet::with_capacity(events.len());
        events.iter().all(|event| seen.insert(event.id.get(..digits).unwrap_or(&event.id)))
    };
    (ID_DIGITS..longest).step_by(4).find(|digits| is_distinct(*digits)).unwrap_or(longest.max(ID_DIGITS))
}

#[cfg(test)]
mod tests;
