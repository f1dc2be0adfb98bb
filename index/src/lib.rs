//! The index: folds records into documents, keeps them in tantivy splits, compacts quiet ones, and answers queries.
//!
//! Flow: [`Store::sink`] takes record batches in journal order (`prepare` computes keys on all cores, `fold` merges the stages and
//! copies of a request, `sink` commits what is due into `split`s and writes the `manifest`); [`Store::search`] answers the
//! search contract of the query crate (`lower` turns the query into tantivy's). A quiet split is rebuilt by `compact`.
//!
//! Invariants: the index is a cache of the journal; it never acknowledges anything, and what it lost in a crash comes again. It
//! knows neither sources nor the journal's format. Only this crate names tantivy.

mod build;
mod catalog;
mod changes;
mod compact;
mod document;
mod error;
mod fold;
mod groups;
mod held;
mod kept;
mod lower;
mod manifest;
mod prepare;
mod retention;
mod schema;
mod search;
mod sink;
mod snapshot;
mod sources;
mod split;
mod store;
mod stored;

pub use compact::Rewrite;
pub use error::IndexError;
pub use snapshot::Snapshot;
pub use store::Store;
