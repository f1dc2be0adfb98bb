//! Whole-process tests: the real binary, real files, real signals, HTTP over TCP.
//!
//! What the tests share lives here: [`Server`] starts and kills the program, [`Client`] speaks HTTP to it well or badly,
//! [`Api`] reads its answers, a [`Receiver`] takes what it sends, [`ApiServer`] speaks as an API server does (TLS, HTTP/2) with what an [`Authority`] issues, [`Cluster`] is one that commands act upon, [`cli`] runs its commands; [`samples`] are the recorded events, [`Template`] makes any
//! number of fresh ones of them; [`oracle`] answers queries by hand; [`Campaign`] kills the server over and over
//! while [`Ledger`] remembers what was acknowledged; [`audit_policy`] decides about requests as an API server does, and
//! [`yaml`] reads manifests.
//!
//! What is deliberately absent: this crate depends on no other crate of the workspace. It knows of the program what its
//! users know. A helper that cannot do its work panics: that is a failed test.

mod answer;
mod api;
mod api_server;
pub mod audit_policy;
mod authority;
mod binary;
mod calendar;
pub mod cli;
mod client;
mod cluster;
mod connection;
mod crash_points;
mod disk;
mod huge;
mod kills;
mod ledger;
mod load;
mod log;
pub mod oracle;
mod percentile;
mod process;
mod random;
mod receiver;
pub mod samples;
mod sender;
mod server;
mod template;
mod wait;
pub mod yaml;

pub use answer::{list, text};
pub use api::Api;
pub use api_server::{ApiServer, Dial, InFlight};
pub use authority::{Authority, Identity};
pub use binary::Binary;
pub use calendar::{micros, rfc3339};
pub use client::{Client, Response};
pub use cluster::{Asked, Cluster};
pub use connection::Connection;
pub use crash_points::crash_points;
pub use disk::disk_usage;
pub use huge::{HUGE_EVENTS, post_huge};
pub use kills::{Campaign, Fate, KillReport};
pub use ledger::{Found, Ledger};
pub use load::{Load, LoadReport, Probe};
pub use log::Log;
pub use percentile::Samples;
pub use process::{Usage, is_root, usage};
pub use random::Random;
pub use receiver::{Received, Receiver, Reply};
pub use sender::{RequestPool, Sender};
pub use server::{Server, ServerBuilder};
pub use template::Template;
pub use wait::{wait_for, wait_until};
