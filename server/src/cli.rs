//! The commands beside `serve`, each with its `run`.

mod answer;
pub(crate) mod at;
pub(crate) mod backup;
pub(crate) mod blame;
mod bytes;
mod changed_fields;
mod client;
pub(crate) mod config;
mod coverage;
mod dead_letters_page;
pub(crate) mod deadletters;
pub(crate) mod diff;
pub(crate) mod doctor;
mod event_row;
mod events_page;
mod events_table;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod import;
mod object;
mod query_problem;
mod question;
pub(crate) mod reindex;
mod screen;
pub(crate) mod search;
pub(crate) mod setup;
mod source;
pub(crate) mod status;
mod table;
pub(crate) mod tail;
pub(crate) mod timeline;
mod times;
pub(crate) mod token;
pub(crate) mod top;
mod visible;

pub(crate) use self::query_problem::query_problem;
