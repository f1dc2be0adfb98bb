//! `taffrail timeline`: what changed, in the order in which it happened.

use std::process::ExitCode;

use anyhow::Context;
use taffrail_event::Timestamp;
use taffrail_query::{Query, TimeContext, parse};

use super::net;
use super::question::Question;
use super::search;
use crate::args::{ChangesArgs, TimelineArgs};

/// Writes and attempts of them.
const WRITES: &str = "verb:(create OR update OR patch OR delete OR deletecollection)";
/// Sessions in pods, and what is missing.
const OTHERS: &str = "sub:(exec OR attach OR portforward) OR kind:gap";
/// Of writes: leaves out the status that controllers keep.
const NO_STATUS: &str = "-statusonly:true -(sub:status -changed:*)";
/// Of writes: leaves out what changed nothing.
const NO_NO_OPS: &str = "-(change:none result:success -sub:(exec OR attach OR portforward))";

/// Runs the command.
pub(crate) fn run(args: &TimelineArgs) -> anyhow::Result<ExitCode> {
    let list = &args.list;
    let question = Question::new(&list.query.text(), list.cluster.as_deref(), &list.range)?;
    let question = question.narrowed(shown(args.changes)?);
    if args.net { net::run(list, &question) } else { search::list(list, &question) }
}

fn shown(changes: ChangesArgs) -> anyhow::Result<Query> {
    let read = |text: &str| {
        parse(text, &TimeContext::utc(Timestamp::now())).context("cannot read the timeline's own query")
    };
    if changes.all {
        return read(changes.query());
    }
    let no_status = if changes.with_status() { "" } else { NO_STATUS };
    let no_no_ops = if changes.with_no_ops() { "" } else { NO_NO_OPS };
    let by = changes.query();
    read(&format!("{by} (({WRITES} {no_status} {no_no_ops}) OR {OTHERS})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_of_its_own_can_be_read() {
        fn check(changes: ChangesArgs, expected: &str) {
            assert_eq!(shown(changes).unwrap().to_string(), expected, "{changes:?}");
        }
        let all = ChangesArgs { all: true, ..ChangesArgs::default() };
        check(all, "*");
        check(ChangesArgs { humans: true, ..all }, "actor.type:human");
        for bits in 0..8 {
            let [humans, status, no_ops] = [1, 2, 4].map(|bit| bits & bit != 0);
            let text = shown(ChangesArgs { humans, status, no_ops, all: false }).unwrap().to_string();
            assert_eq!(text.contains("actor.type:human"), humans, "{text}");
            assert_eq!(!text.contains("status_only"), status, "{text}");
            assert_eq!(!text.contains("change.type:none"), no_ops, "{text}");
        }
    }
}
