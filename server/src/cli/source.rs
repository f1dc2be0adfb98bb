//! Where answers come from: a server, or a data directory read by this process. Both answer in the API's bodies.

mod directory;
mod server;

use std::io::Write;

use anyhow::Context;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use taffrail_config::Settings;
use taffrail_event::Timestamp;
use taffrail_query::Field;
use taffrail_query::history::ObjectName;

use self::directory::Directory;
use self::server::Server;
use super::answer::note;
use super::client::Reach;
use super::dead_letters_page::DeadLettersPage;
use super::events_page::EventsPage;
use super::question::Question;
use crate::args::{ChangesArgs, ExportFormat, TargetArgs};
use crate::data_dir::{DataDir, url_of};
use crate::read::{
    self, AtBody, BlameBody, ClustersBody, DiffBody, FacetsBody, HistoryAsk, HistoryBody, ObjectsAsk,
    ObjectsBody, QuarantinesAsk, QuarantinesBody, RelatedBody, StoryAsk, StoryBody,
};
use crate::settings;

/// Versions that are asked for at once.
const VERSIONS: usize = 1000;

/// What a part of a path may hold as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A server or a directory.
#[derive(Debug)]
pub(crate) enum Source {
    /// Asked over HTTP.
    Server(Server),
    /// Read here.
    Directory(Directory),
}

impl Source {
    /// The one that the flags name, else the default server if it answers, else the default directory. Says which: a server
    /// does with its first answer.
    pub(crate) fn open(target: &TargetArgs) -> anyhow::Result<Self> {
        let source = Self::find(target)?;
        if let Self::Directory(directory) = &source {
            note(&format!("answers come from {}; {}", source.name(), directory.backlog_in_words()));
        }
        Ok(source)
    }

    fn find(target: &TargetArgs) -> anyhow::Result<Self> {
        if let Some(url) = &target.server {
            let reach = Reach::new(&target.reach, &settings::of_client(&target.settings)?)?;
            return Ok(Self::Server(Server::new(url, &reach)?));
        }
        let settings = settings::load(&target.settings)?;
        if target.settings.data.is_some() {
            return Ok(Self::Directory(Directory::open(&settings)?));
        }
        let reach = Reach::new(&target.reach, &settings.client)?;
        let urls = default_servers(&settings)?;
        for url in &urls {
            let server = Server::new(url, &reach)?;
            if server.is_alive() {
                return Ok(Self::Server(server));
            }
        }
        let directory = Directory::open(&settings).with_context(|| match urls.as_slice() {
            [] => "no server was found".to_owned(),
            urls => format!("no server answers at {}", urls.join(" or ")),
        });
        Ok(Self::Directory(directory?))
    }

    /// What it is, in a sentence: "server http://127.0.0.1:8585".
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Server(server) => format!("server {}", server.url()),
            Self::Directory(directory) => format!("directory {}", directory.path().display()),
        }
    }

    /// A page of events.
    pub(crate) fn events(
        &self,
        question: &Question,
        limit: u64,
        cursor: Option<&str>,
    ) -> anyhow::Result<EventsPage> {
        match self {
            Self::Server(server) => {
                let mut parameters = question.parameters();
                parameters.push(("limit", limit.to_string()));
                parameters.push(("order", question.order.name().to_owned()));
                parameters.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
                server.json("/api/v1/events", &parameters)
            }
            Self::Directory(directory) => directory.events(question, limit, cursor),
        }
    }

    /// The most frequent values of a field.
    pub(crate) fn facets(&self, question: &Question, field: Field, limit: u64) -> anyhow::Result<FacetsBody> {
        match self {
            Self::Server(server) => {
                let mut parameters = question.parameters();
                parameters.push(("field", field.canonical().to_owned()));
                parameters.push(("limit", limit.to_string()));
                server.json("/api/v1/facets", &parameters)
            }
            Self::Directory(directory) => directory.facets(question, field, limit),
        }
    }

    /// A page of objects.
    pub(crate) fn objects(&self, ask: &ObjectsAsk<'_>) -> anyhow::Result<ObjectsBody> {
        match self {
            Self::Server(server) => {
                let texts = [
                    ("cluster", ask.cluster),
                    ("resource", ask.resource),
                    ("ns", ask.namespace),
                    ("name", ask.name),
                    ("at", ask.at),
                    ("cursor", ask.cursor),
                ];
                let mut parameters = vec![("limit", ask.limit.to_string())];
                let given = texts.into_iter().filter_map(|(name, text)| Some((name, text?.to_owned())));
                parameters.extend(given);
                server.json("/api/v1/objects", &parameters)
            }
            Self::Directory(directory) => directory.objects(ask),
        }
    }

    /// All versions of an object that are asked for, oldest first; those of the status are among them.
    pub(crate) fn whole_history(
        &self,
        object: &ObjectName,
        changes: ChangesArgs,
    ) -> anyhow::Result<HistoryBody> {
        let (query, no_ops) = (changes.query(), changes.with_no_ops());
        let ask = HistoryAsk { query, no_ops, limit: VERSIONS, cursor: None };
        let mut body = self.history(object, &ask)?;
        while let Some(next) = body.next.take() {
            let page = self.history(object, &HistoryAsk { cursor: Some(&next), ..ask })?;
            body.versions.extend(page.versions);
            body.coverage.partial |= page.coverage.partial;
            body.next = page.next;
        }
        Ok(body)
    }

    fn history(&self, object: &ObjectName, ask: &HistoryAsk<'_>) -> anyhow::Result<HistoryBody> {
        match self {
            Self::Server(server) => {
                let mut parameters = vec![
                    ("q", ask.query.to_owned()),
                    ("no_ops", ask.no_ops.to_string()),
                    ("limit", ask.limit.to_string()),
                ];
                parameters.extend(ask.cursor.map(|cursor| ("cursor", cursor.to_owned())));
                server.json(&path_of(object, "history"), &parameters)
            }
            Self::Directory(directory) => directory.history(object, ask),
        }
    }

    /// An object at a time; `None` if nothing was recorded of it until then.
    pub(crate) fn at(&self, object: &ObjectName, time: Timestamp) -> anyhow::Result<Option<AtBody>> {
        match self {
            Self::Server(server) => {
                server.json_if_there(&path_of(object, "at"), &[("time", time.to_string())])
            }
            Self::Directory(directory) => directory.at(object, time),
        }
    }

    /// Who set each field of an object.
    pub(crate) fn blame(&self, object: &ObjectName) -> anyhow::Result<BlameBody> {
        match self {
            Self::Server(server) => server.json(&path_of(object, "blame"), &[]),
            Self::Directory(directory) => directory.blame(object),
        }
    }

    /// What has to do with an object.
    pub(crate) fn related(&self, object: &ObjectName) -> anyhow::Result<RelatedBody> {
        match self {
            Self::Server(server) => server.json(&path_of(object, "related"), &[]),
            Self::Directory(directory) => directory.related(object),
        }
    }

    /// The quarantines that are recorded.
    pub(crate) fn quarantines(&self, ask: &QuarantinesAsk<'_>) -> anyhow::Result<QuarantinesBody> {
        match self {
            Self::Server(server) => {
                let given = [("cluster", ask.cluster), ("ns", ask.namespace)];
                let given = given.into_iter().filter_map(|(name, text)| Some((name, text?.to_owned())));
                server.json("/api/v1/quarantine", &given.collect::<Vec<_>>())
            }
            Self::Directory(directory) => directory.quarantines(ask),
        }
    }

    /// The story of a pod under quarantine.
    pub(crate) fn quarantine_story(&self, ask: &StoryAsk<'_>) -> anyhow::Result<StoryBody> {
        match self {
            Self::Server(server) => {
                let seconds = |micros: i64| format!("{}s", micros / 1_000_000);
                let mut parameters = vec![("before", seconds(ask.before)), ("after", seconds(ask.after))];
                parameters.extend(ask.since.map(|since| ("since", since.to_owned())));
                parameters.extend(ask.cursor.map(|cursor| ("cursor", cursor.to_owned())));
                let segment = |text: &str| utf8_percent_encode(text, SEGMENT).to_string();
                let [cluster, namespace, pod] = [ask.cluster, ask.namespace, ask.pod].map(segment);
                server.json(&format!("/api/v1/quarantine/{cluster}/{namespace}/{pod}"), &parameters)
            }
            Self::Directory(directory) => directory.quarantine_story(ask),
        }
    }

    /// What an event changed, whole.
    pub(crate) fn diff(&self, id: &str) -> anyhow::Result<DiffBody> {
        match self {
            Self::Server(server) => {
                server.json(&format!("/api/v1/events/{}/diff", utf8_percent_encode(id, SEGMENT)), &[])
            }
            Self::Directory(directory) => directory.diff(id),
        }
    }

    /// What is stored of each cluster.
    pub(crate) fn clusters(&self) -> anyhow::Result<ClustersBody> {
        match self {
            Self::Server(server) => server.json("/api/v1/clusters", &[]),
            Self::Directory(directory) => directory.clusters(),
        }
    }

    /// What there is and how far it has come.
    pub(crate) fn status(&self) -> anyhow::Result<Value> {
        match self {
            Self::Server(server) => server.json("/api/v1/status", &[]),
            Self::Directory(directory) => directory.status(),
        }
    }

    /// A page of dead letters, newest first.
    pub(crate) fn dead_letters(&self, limit: u64, cursor: Option<&str>) -> anyhow::Result<DeadLettersPage> {
        match self {
            Self::Server(server) => {
                let mut parameters = vec![("limit", limit.to_string())];
                parameters.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
                server.json("/api/v1/deadletters", &parameters)
            }
            Self::Directory(directory) => directory.dead_letters(limit, cursor),
        }
    }

    /// Writes every event that matches, oldest first.
    pub(crate) fn export(
        &self,
        question: &Question,
        format: ExportFormat,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        match self {
            Self::Server(server) => {
                let format = match format {
                    ExportFormat::Ndjson => "ndjson",
                    ExportFormat::Csv => "csv",
                };
                let mut parameters = question.parameters();
                parameters.push(("format", format.to_owned()));
                server.stream("/api/v1/export", &parameters, out)
            }
            Self::Directory(directory) => directory.export(question, format, out),
        }
    }
}

/// Where the API has the history of an object.
fn path_of(object: &ObjectName, what: &str) -> String {
    format!("/api/v1/objects/{}/{what}", read::path_of(object))
}

/// Where a server may be when none is named: the one that runs on the directory, then the one at the API address.
fn default_servers(settings: &Settings) -> anyhow::Result<Vec<String>> {
    let mut urls = Vec::new();
    if let Ok(directory) = DataDir::existing(&settings.data) {
        urls.extend(directory.server()?.map(|server| server.api));
    }
    let listen = settings.api.listen;
    if listen.port() != 0 {
        let url = url_of(listen, settings.api.tls.is_on());
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    Ok(urls)
}
