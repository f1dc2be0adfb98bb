//! A data directory as the source of answers, read by this process, beside a server that may be writing to it.

use std::fmt;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::Value;
use taffrail_config::{ByteLimit, Settings};
use taffrail_event::{RecordBatch, Timestamp};
use taffrail_index::Store;
use taffrail_ingest::{DeadLetters, journal};
use taffrail_query::history::ObjectName;
use taffrail_query::quarantine::QuarantineLabel;
use taffrail_query::{Field, Search, SearchError, TimeContext, TimeRange};

use crate::actors::actor_rules;
use crate::args::ExportFormat;
use crate::cli::dead_letters_page::DeadLettersPage;
use crate::cli::events_page::EventsPage;
use crate::cli::question::Question;
use crate::cli::table::grouped;
use crate::data_dir::DataDir;
use crate::exit::{NotThere, WrongUse};
use crate::read::{
    Ask, AtBody, BlameBody, ClustersBody, Coverage, CsvWriter, DiffBody, EventsAsk, FacetsAsk, FacetsBody,
    HistoryAsk, HistoryBody, ObjectsAsk, ObjectsBody, QuarantinesAsk, QuarantinesBody, ReadError,
    RelatedBody, RoomBody, StoryAsk, StoryBody, at, blame, clusters, diff, events, facets, history, levels,
    objects, quarantines, related_to, sources, story, without_own,
};
use crate::serve::disk_free;
use crate::settings::quarantine_label;

/// A data directory.
pub(crate) struct Directory {
    dir: DataDir,
    search: Arc<dyn Search>,
    quarantine_label: QuarantineLabel,
    query_timeout: Duration,
    warnings: Vec<String>,
    retention_limit: ByteLimit,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Directory {
    /// The directory that the settings name.
    pub(crate) fn open(settings: &Settings) -> anyhow::Result<Self> {
        let dir = DataDir::existing(&settings.data)?;
        let store = Store::open_read_only(&dir.index(), &settings.index, &actor_rules(settings))
            .with_context(|| format!("cannot read the index in {}", dir.path().display()))?;
        let warnings = taffrail_config::warnings(settings);
        Ok(Self {
            dir,
            search: store.search(),
            quarantine_label: quarantine_label(settings),
            query_timeout: settings.api.query_timeout,
            warnings,
            retention_limit: settings.index.retention.max_bytes,
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// How much of what was received cannot be found yet.
    pub(crate) fn backlog_in_words(&self) -> String {
        let is_written_to = self.dir.holder().ok().flatten().is_some();
        match (self.backlog(), is_written_to) {
            (Err(error), _) => format!("how much of its journal is not yet indexed is not known: {error:#}"),
            (Ok(0), _) => "all of its journal is indexed".to_owned(),
            (Ok(1), true) => "1 record of its journal is not yet indexed".to_owned(),
            (Ok(count), true) => format!("{} records of its journal are not yet indexed", grouped(count)),
            (Ok(1), false) => {
                "1 record of its journal is not yet indexed and cannot be found; `taffrail serve` indexes it"
                    .to_owned()
            }
            (Ok(count), false) => format!(
                "{} records of its journal are not yet indexed and cannot be found; `taffrail serve` indexes them",
                grouped(count)
            ),
        }
    }

    fn backlog(&self) -> anyhow::Result<u64> {
        // Read first: what the writer commits in between is then counted as not yet indexed, not the other way round.
        let searchable = self.search.progress().searchable;
        let journal = journal::inspect(&self.dir.journal())?;
        Ok(journal.next.saturating_sub(searchable.max(journal.first)))
    }

    pub(crate) fn events(
        &self,
        question: &Question,
        limit: u64,
        cursor: Option<&str>,
    ) -> anyhow::Result<EventsPage> {
        let text = Text::of(question);
        let ask =
            EventsAsk { ask: text.ask(), order: question.order, limit: usize::try_from(limit)?, cursor };
        let coverage = self.coverage();
        let body =
            events(&*self.search, &ask, &context(question), coverage, self.deadline()).map_err(refused)?;
        // By way of the text, so that there is one way to show events, wherever they come from.
        Ok(serde_json::from_slice(&serde_json::to_vec(&body)?)?)
    }

    pub(crate) fn facets(&self, question: &Question, field: Field, limit: u64) -> anyhow::Result<FacetsBody> {
        let text = Text::of(question);
        let ask = FacetsAsk { ask: text.ask(), field: field.canonical(), limit: usize::try_from(limit)? };
        let coverage = self.coverage();
        facets(&*self.search, &ask, &context(question), coverage, self.deadline()).map_err(refused)
    }

    pub(crate) fn objects(&self, ask: &ObjectsAsk<'_>) -> anyhow::Result<ObjectsBody> {
        let context = TimeContext::utc(Timestamp::now());
        objects(&*self.search, ask, &context, self.coverage(), self.deadline()).map_err(refused)
    }

    pub(crate) fn history(&self, object: &ObjectName, ask: &HistoryAsk<'_>) -> anyhow::Result<HistoryBody> {
        let context = TimeContext::utc(Timestamp::now());
        history(&*self.search, object, ask, &context, self.coverage()).map_err(refused)
    }

    pub(crate) fn at(&self, object: &ObjectName, time: Timestamp) -> anyhow::Result<Option<AtBody>> {
        let context = TimeContext::utc(Timestamp::now());
        match at(&*self.search, object, Some(&time.to_string()), &context, self.coverage()) {
            Err(ReadError::NoObject(_)) => Ok(None),
            result => result.map(Some).map_err(refused),
        }
    }

    pub(crate) fn quarantines(&self, ask: &QuarantinesAsk<'_>) -> anyhow::Result<QuarantinesBody> {
        let context = TimeContext::utc(Timestamp::now());
        quarantines(&*self.search, &self.quarantine_label, ask, &context, self.coverage(), self.deadline())
            .map_err(refused)
    }

    pub(crate) fn quarantine_story(&self, ask: &StoryAsk<'_>) -> anyhow::Result<StoryBody> {
        let context = TimeContext::utc(Timestamp::now());
        story(&*self.search, &self.quarantine_label, ask, &context, self.coverage(), self.deadline())
            .map_err(refused)
    }

    pub(crate) fn blame(&self, object: &ObjectName) -> anyhow::Result<BlameBody> {
        blame(&*self.search, object, self.coverage()).map_err(refused)
    }

    pub(crate) fn related(&self, object: &ObjectName) -> anyhow::Result<RelatedBody> {
        let context = TimeContext::utc(Timestamp::now());
        related_to(&*self.search, object, &context, self.coverage(), self.deadline()).map_err(refused)
    }

    pub(crate) fn diff(&self, id: &str) -> anyhow::Result<DiffBody> {
        diff(&*self.search, id, self.coverage()).map_err(refused)
    }

    pub(crate) fn clusters(&self) -> anyhow::Result<ClustersBody> {
        clusters(&*self.search, self.coverage()).map_err(refused)
    }

    /// As far as somebody can know who is not the server: in the server's words.
    pub(crate) fn status(&self) -> anyhow::Result<Value> {
        let progress = self.search.progress();
        let journal = journal::inspect(&self.dir.journal())?;
        let (_, letters) = DeadLetters::list_in(&self.dir.dead(), 0, None)?;
        let ClustersBody { clusters, coverage } = self.clusters()?;
        let now = Timestamp::now();
        let sources = sources(self.search.sources(), Vec::new(), Vec::new(), &coverage.gaps, &[], now);
        let levels =
            levels(&*self.search, &clusters, now, self.deadline()).map_err(|error| refused(error.into()))?;
        Ok(serde_json::json!({
            "data": self.path().display().to_string(),
            "warnings": self.warnings,
            "journal": {
                "first": journal.first, "end": journal.next, "searchable": progress.searchable, "bytes": journal.bytes,
            },
            "index": {
                "documents": progress.documents, "splits": progress.splits, "bytes": progress.bytes,
                "last_commit": progress.last_commit,
            },
            "dead_letters": {"stored": letters.stored, "bytes": letters.bytes},
            "retention": RoomBody::new(
                &progress, journal.bytes + letters.bytes, self.retention_limit, self.path(),
            ),
            "disk": {"free_bytes": disk_free(self.path())},
            "clusters": clusters,
            "sources": sources,
            "levels": levels,
            "coverage": coverage,
        }))
    }

    pub(crate) fn dead_letters(&self, limit: u64, cursor: Option<&str>) -> anyhow::Result<DeadLettersPage> {
        let cursor = cursor.map(str::parse::<u64>).transpose()?;
        let (page, totals) = DeadLetters::list_in(&self.dir.dead(), usize::try_from(limit)?, cursor)?;
        Ok(DeadLettersPage {
            deadletters: page.letters,
            next: page.next.map(|next| next.to_string()),
            totals: serde_json::to_value(totals)?,
            coverage: Some(self.coverage()),
        })
    }

    pub(crate) fn export(
        &self,
        question: &Question,
        format: ExportFormat,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        match format {
            ExportFormat::Ndjson => self.walk(question, |event| {
                // As the error of the output that it is: a closed pipe is recognised by it.
                serde_json::to_writer(&mut *out, event).map_err(io::Error::from)?;
                Ok(out.write_all(b"\n")?)
            }),
            ExportFormat::Csv => {
                let mut csv = CsvWriter::new(out)?;
                self.walk(question, |event| Ok(csv.write(event)?))?;
                Ok(csv.flush()?)
            }
        }
    }

    fn walk(
        &self,
        question: &Question,
        mut each: impl FnMut(&taffrail_event::Event) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut failure = None;
        let query = without_own(question.query.clone());
        let walked = self.search.walk(&query, question.range, &mut |event| {
            failure = event.and_then(|event| each(&event).err());
            if failure.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        walked.map_err(|error| refused(error.into()))?;
        failure.map_or(Ok(()), Err)
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.query_timeout
    }

    fn coverage(&self) -> Coverage {
        let now = Timestamp::now();
        // Read first, as for the backlog.
        let searchable = self.search.progress().searchable;
        let complete_to = match self.backlog() {
            Ok(0) => now,
            // The last commit says nothing: a server that replays what a crash left commits every second.
            _ => self.received_at(searchable).unwrap_or_default(),
        };
        Coverage::new(now, complete_to, self.search.gaps(), self.search.removed())
    }

    /// When the first record was received that is there from this position on; `None` where the journal does not say: then
    /// nothing is promised.
    fn received_at(&self, position: u64) -> Option<Timestamp> {
        let frame = journal::frame_at(&self.dir.journal(), position).ok()??;
        Some(RecordBatch::decode(&frame.payload).ok()?.origin.received)
    }
}

/// A question as the API takes it.
struct Text {
    query: String,
    from: Option<String>,
    to: Option<String>,
}

impl Text {
    fn of(question: &Question) -> Self {
        let TimeRange { from, to } = question.range;
        Self {
            query: question.query.to_string(),
            from: from.map(|from| from.to_string()),
            to: to.map(|to| to.to_string()),
        }
    }

    fn ask(&self) -> Ask<'_> {
        Ask { query: &self.query, from: self.from.as_deref(), to: self.to.as_deref() }
    }
}

fn context(question: &Question) -> TimeContext {
    TimeContext { now: question.now, tz: question.zone.clone() }
}

fn refused(error: ReadError) -> anyhow::Error {
    match error {
        ReadError::Search(error @ SearchError::Storage(_)) => error.into(),
        error @ (ReadError::NotFound(_) | ReadError::NoObject(_)) => NotThere(error.to_string()).into(),
        error => WrongUse(error.to_string()).into(),
    }
}
