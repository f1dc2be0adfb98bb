//! `taffrail timeline`: what changed, in the order in which it happened.

use std::process::ExitCode;

use anyhow::Context;
use taffrail_event::Timestamp;
use taffrail_query::{Query, TimeContext, parse};

use super::net;
use super::question::Question;
use super::search;
use crate::args::TimelineArgs;

/// Writes and attempts of them, sessions in pods, and what is missing; without what changed nothing, and without the status that
/// controllers keep.
const CHANGES: &str = "(verb:(create OR update OR patch OR delete OR deletecollection) -statusonly:true -(sub:status -changed:*) \
     -(change:none result:success -sub:(exec OR attach OR portforward))) \
     OR sub:(exec OR attach OR portforward) OR kind:gap";

/// Runs the command.
pub(crate) fn run(args: &TimelineArgs) -> anyhow::Result<ExitCode> {
    let list = &args.list;
    let question = Question::new(&list.query.text(), list.cluster.as_deref(), &list.range)?;
    let shown = if args.all {
        Query::All
    } else {
        parse(CHANGES, &TimeContext::utc(Timestamp::now())).context("cannot read the timeline's own query")?
    };
    let question = question.narrowed(shown);
    if args.net { net::run(list, &question) } else { search::list(list, &question) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_query_can_be_read() {
        assert!(parse(CHANGES, &TimeContext::utc(Timestamp::default())).is_ok());
    }
}
