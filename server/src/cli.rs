//! The commands beside `serve`, each with its `run`.

mod answer;
pub(crate) mod config;
pub(crate) mod deadletters;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod reindex;
mod screen;
pub(crate) mod search;
pub(crate) mod status;
mod table;
pub(crate) mod top;
mod visible;
