use super::*;

fn event(time: &str, id: &str, user: &str, what: &str, outcome: (&str, i64)) -> EventRow {
    let (result, code) = outcome;
    let json = serde_json::json!({
        "id": id, "time": time, "cluster": "prod", "summary": format!("{user} {what}"),
        "actor": {"name": user, "as": null}, "outcome": {"result": result, "code": code},
    });
    serde_json::from_value(json).unwrap()
}

fn day() -> Vec<EventRow> {
    vec![
        event(
            "2026-11-23T23:11:23.418577Z",
            "4fa1c2d3000000000000000000000000",
            "alice",
            "deleted pod shop/web-1",
            ("success", 200),
        ),
        event(
            "2026-11-23T22:59:59.999999Z",
            "99aa11bb000000000000000000000000",
            "bob@example.com",
            "was refused getting secret shop/database-credentials-of-the-whole-company",
            ("denied", 403),
        ),
    ]
}

fn draw(screen: Screen, zone: &str, with_cluster: bool, pages: &[&[EventRow]]) -> String {
    let mut out = Vec::new();
    let mut table = EventsTable::new(screen, TimeZone::get(zone).unwrap(), with_cluster);
    pages.iter().for_each(|page| table.page(&mut out, page).unwrap());
    String::from_utf8(out).unwrap()
}

const TERMINAL: Screen = Screen { width: 80, colour: false, is_terminal: true };
const PIPE: Screen = Screen { width: 120, colour: false, is_terminal: false };

#[test]
fn a_heading_for_each_day_in_the_zone() {
    assert_eq!(
        draw(TERMINAL, "Europe/Berlin", false, &[&day()]),
        "\
TIME          WHO              WHAT                         RESULT      ID
Tue 2026-11-24, Europe/Berlin (UTC+01:00)
00:11:23.418  alice            deleted pod shop/web-1                   4fa1c2d3
Mon 2026-11-23, Europe/Berlin (UTC+01:00)
23:59:59.999  bob@example.com  was refused getting secret   denied 403  99aa11bb
                               shop/database-credentials-o
                               f-the-whole-company
"
    );
}

#[test]
fn into_a_pipe_every_line_has_its_day() {
    assert_eq!(
        draw(PIPE, "UTC", true, &[&day()[..1]]),
        "\
TIME (UTC)               CLUSTER  WHO    WHAT                                                       RESULT      ID
2026-11-23 23:11:23.418  prod     alice  deleted pod shop/web-1                                                 4fa1c2d3
"
    );
}

#[test]
fn pages_continue_each_other() {
    let events = day();
    let whole = draw(TERMINAL, "UTC", false, &[&events]);
    let whole_lines = whole.lines().count();
    let paged = draw(TERMINAL, "UTC", false, &[&events[..1], &events[1..]]);
    assert_eq!(paged.matches("TIME").count(), 1);
    assert_eq!(paged.matches("2026-11-23").count(), 1);
    assert!(paged.lines().count() >= whole_lines, "{paged}");
}

#[test]
fn every_line_fits() {
    let long = "x".repeat(300);
    let event = event("2026-11-23T23:11:23Z", "4fa1c2d3", &long, &format!("did {long}"), ("failed", 500));
    for width in [80, 120, 200] {
        let screen = Screen { width, colour: false, is_terminal: true };
        let text = draw(screen, "UTC", true, &[std::slice::from_ref(&event)]);
        let widest = text.lines().map(UnicodeWidthStr::width).max().unwrap();
        assert!(widest <= usize::from(width), "{width} {widest}\n{text}");
        assert!(text.lines().count() < 12, "{text}");
    }
}

#[test]
fn hostile_names_are_shown_and_not_obeyed() {
    let hostile = event(
        "2026-11-23T23:11:23Z",
        "4fa1c2d3\x1b[2J",
        "eve\x1b]0;owned\x07\u{202e}",
        "deleted pod \u{9b}2J\r\n",
        ("\x1b[8m", 1),
    );
    let text = draw(PIPE, "UTC", true, &[&[hostile]]);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    assert_eq!(text.lines().filter(|line| line.contains("4fa1c2d3")).count(), 1);
}

#[test]
fn ids_that_begin_alike_are_shown_longer() {
    let mut events = day();
    events[1].id = "4fa1c2d3ffff00000000000000000000".to_owned();
    let text = draw(PIPE, "UTC", false, &[&events]);
    assert!(text.contains("4fa1c2d30000") && text.contains("4fa1c2d3ffff"), "{text}");
}
