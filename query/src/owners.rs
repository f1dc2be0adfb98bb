//! Who had an address, then, and by which name a pod knew it.
//!
//! - What an object says of addresses while it is as it is, [`Claim`]: `claim.rs`, read from its state: `said.rs`.
//! - From when to when it said so, write by write, [`Tenure`]: `tenure.rs`.
//! - All that is said of an address at a time, and who had it by that, [`Owners`]: `table.rs`.
//! - The names under which addresses were looked up, [`LookedUp`]: `looked_up.rs`.
//!
//! Everything here is a function of records, in the order of the API server ([`Tenure`]) or in any order (the others). Where records
//! do not decide, nobody is named.

mod claim;
mod looked_up;
mod said;
mod table;
mod tenure;

pub use claim::{Claim, Owner, Title};
pub use looked_up::{LookedUp, MAX_AGE_MICROS};
pub use table::{Asked, Had, Owners};
pub use tenure::{Held, Tenure};
