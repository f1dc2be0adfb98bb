//! `docs/query-language.md` names what there is, and its examples are queries.

use taffrail_event::Timestamp;
use taffrail_query::{Field, QueryErrorCode, TimeContext, parse, parse_time};

const PAGE: &str = include_str!("../../docs/query-language.md");

#[test]
fn every_name_of_every_field_is_documented() {
    for field in Field::ALL {
        let row = PAGE.lines().find(|line| line.starts_with(&format!("| `{}` |", field.canonical())));
        let row = row.unwrap_or_else(|| panic!("no row for {}", field.canonical()));
        for name in field.names() {
            assert!(row.contains(&format!("`{name}`")), "{name} is not in the row of {}", field.canonical());
        }
    }
}

#[test]
fn every_error_code_is_documented() {
    for code in QueryErrorCode::ALL {
        assert!(PAGE.contains(&format!("| `{}` |", code.name())), "{}", code.name());
    }
}

#[test]
fn every_documented_query_and_time_can_be_read() {
    let context = TimeContext::utc(Timestamp::parse("2026-11-23T16:11:23Z").unwrap());
    let blocks = PAGE.split("```query\n").skip(1).filter_map(|block| block.split("```").next());
    let in_section = |title: &str| {
        let section = PAGE.split("\n## ").find(|section| section.starts_with(title)).unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        let cells = rows.filter_map(|row| row.split(" | ").next());
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect::<Vec<_>>()
    };
    let queries: Vec<&str> = blocks.chain(in_section("Terms")).collect();
    let times = in_section("Times");
    assert!(queries.len() > 20 && times.len() > 12, "{queries:?} {times:?}");
    for query in queries {
        assert!(parse(query, &context).is_ok(), "{query}: {:?}", parse(query, &context));
    }
    for time in times {
        assert!(parse_time(time, &context).is_ok(), "{time}");
    }
}
