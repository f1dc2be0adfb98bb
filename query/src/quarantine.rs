//! Pods under quarantine, from what is recorded: when they carried the label, under which addresses, and what they tried.
//!
//! Everything here is a function of records, in the order of the API server ([`PodLife`]) or in any order ([`PodFlows`]).

mod attempts;
mod label;
mod life;
mod pod_flows;
mod rolled_up;

pub use attempts::Attempt;
pub use label::QuarantineLabel;
pub use life::{Address, PodLife, Quarantine};
pub use pod_flows::{PodFlow, PodFlows, Side};
pub use rolled_up::{Place, RolledUp};
