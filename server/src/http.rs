//! The listeners: how requests come in, who is refused, and how every error is told.
//!
//! Flow: [`Listener`] accepts connections, bounded in number and patience, and hands each request to a router:
//! [`ingest::router`], [`api::router`] or [`health::router`]. Around both lies [`around`]: a request id, a log line for what was refused,
//! metrics, and the problem document of whatever failed. [`access`] says who may speak.

pub(crate) mod access;
pub(crate) mod api;
mod around;
mod connections;
#[cfg(test)]
mod fakes;
pub(crate) mod health;
mod host;
pub(crate) mod ingest;
mod nearest;
mod openapi;
mod parameters;
mod problem;
mod ui;

pub(crate) use self::access::{Access, Role};
pub(crate) use self::connections::{Listener, Patience, Tls};
pub(crate) use self::host::HostNames;
