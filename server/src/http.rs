//! Both listeners: how requests come in, who is refused, and how every error is told.
//!
//! Flow: [`Listener`] accepts connections, bounded in number and patience, and hands each request to a router:
//! [`ingest::router`] or [`api::router`]. Around both lies [`around`]: a request id, a log line for what was refused,
//! metrics, and the problem document of whatever failed.

pub(crate) mod api;
mod around;
mod connections;
#[cfg(test)]
mod fakes;
mod host;
pub(crate) mod ingest;
mod nearest;
mod parameters;
mod problem;

pub(crate) use self::connections::{Listener, Patience};
pub(crate) use self::host::HostNames;
