//! Lines of the container runtime interface: `2026-11-23T15:50:35.232123456Z stdout F CONTENT`.
//!
//! A line that a container wrote is cut into parts of 16 KiB or so: all but the last are tagged `P`, the last `F`. What
//! comes from standard error is not cut short by what comes from standard output between its parts, and the other way
//! round.

/// One line as the runtime wrote it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CriLine<'a> {
    pub(super) is_stderr: bool,
    /// Whether the container's line goes on in a later one.
    pub(super) is_part: bool,
    pub(super) content: &'a [u8],
}

/// `None` if the line has another form.
pub(super) fn parse(line: &[u8]) -> Option<CriLine<'_>> {
    // The cheapest test first: an event does not begin with a digit.
    if !line.first()?.is_ascii_digit() || line.get(10) != Some(&b'T') {
        return None;
    }
    let mut fields = line.splitn(4, |byte| *byte == b' ');
    let _time = fields.next()?;
    let is_stderr = match fields.next()? {
        b"stdout" => false,
        b"stderr" => true,
        _ => return None,
    };
    // Further tags may follow, divided by colons.
    let is_part = match fields.next()?.split(|byte| *byte == b':').next()? {
        b"P" => true,
        b"F" => false,
        _ => return None,
    };
    Some(CriLine { is_stderr, is_part, content: fields.next().unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_runtime() {
        fn check(line: &str, expected: Option<(bool, bool, &str)>) {
            let found = parse(line.as_bytes());
            let found =
                found.map(|cri| (cri.is_stderr, cri.is_part, std::str::from_utf8(cri.content).unwrap()));
            assert_eq!(found, expected, "{line}");
        }
        check("2026-11-23T15:50:35.2Z stdout F {\"a\": 1}", Some((false, false, "{\"a\": 1}")));
        check("2026-11-23T15:50:35.2+01:00 stderr P x", Some((true, true, "x")));
        check("2026-11-23T15:50:35.2Z stdout P:more x", Some((false, true, "x")));
        check("2026-11-23T15:50:35.2Z stdout F ", Some((false, false, "")));
        check("2026-11-23T15:50:35.2Z stdout F", Some((false, false, "")));
        check("2026-11-23T15:50:35.2Z AUDIT: id=\"x\"", None);
        check("2026-11-23T15:50:35.2Z stdin F x", None);
        check("{\"a\": 1}", None);
        check("", None);
    }
}
