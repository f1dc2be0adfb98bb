//! Pods under quarantine, from what is recorded: when they carried the label, under which addresses, and what they tried.
//!
//! Everything here is a function of records, in the order of the API server ([`PodLife`]) or in any order ([`Attempts`]).

mod attempts;
mod label;
mod life;

pub use attempts::{Attempt, Attempts, Side};
pub use label::QuarantineLabel;
pub use life::{Address, PodLife, Quarantine};
