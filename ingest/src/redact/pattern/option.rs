//! Options of command lines: `--password x`, `mysql -px`, `curl -u user:x`.

use std::ops::Range;

use super::starts_masked;
use crate::redact::name::is_secret_name;

/// Reads the words of one command line in order and says which of them is a secret.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::redact) struct Options {
    program: Program,
    next: Next,
}

/// Programs whose short options carry passwords.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Program {
    #[default]
    Other,
    /// `-pSECRET`.
    MySql,
    /// `-u USER:SECRET`.
    Curl,
    /// `-p SECRET`.
    Login,
    /// `-a SECRET`.
    Redis,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Next {
    #[default]
    Plain,
    Secret,
    /// `user:secret`
    UserAndSecret,
}

impl Options {
    /// Appends the secrets among the words of `text`, a command line or a script.
    pub(super) fn in_text(text: &[u8], spans: &mut Vec<Range<usize>>) {
        if memchr::memmem::find(text, b"-").is_none() {
            return;
        }
        let mut options = Self::default();
        let mut at = 0;
        while at < text.len() {
            let start = super::run(text, at, |byte| byte.is_ascii_whitespace());
            let end = super::run(text, start, |byte| !byte.is_ascii_whitespace());
            if start == end {
                break;
            }
            spans.extend(
                options.secret_in(&text[start..end]).map(|span| start + span.start..start + span.end),
            );
            at = end;
        }
    }

    /// Begins the next list of words of the same command: `args` after `command`.
    pub(in crate::redact) fn next_list(&mut self) {
        self.next = Next::Plain;
    }

    /// The secret in the next word, as a range of it.
    pub(in crate::redact) fn secret_in(&mut self, word: &[u8]) -> Option<Range<usize>> {
        let quotes = word.iter().take_while(|byte| matches!(byte, b'"' | b'\'')).count();
        let closing = word[quotes..].iter().rev().take_while(|byte| matches!(byte, b'"' | b'\'')).count();
        let bare = quotes..word.len() - closing;
        self.secret_in_bare(&word[bare.clone()]).map(|span| bare.start + span.start..bare.start + span.end)
    }

    fn secret_in_bare(&mut self, word: &[u8]) -> Option<Range<usize>> {
        let next = std::mem::take(&mut self.next);
        let is_option = word.len() > 1 && word[0] == b'-';
        let secret = match next {
            Next::Secret if !is_option => Some(0..word.len()),
            Next::UserAndSecret => after_colon(word),
            Next::Plain | Next::Secret => self.read(word, is_option),
        };
        secret.filter(|span| !span.is_empty() && !starts_masked(word, span.start))
    }

    fn read(&mut self, word: &[u8], is_option: bool) -> Option<Range<usize>> {
        if !is_option {
            if word.iter().any(|byte| matches!(byte, b';' | b'|' | b'&')) {
                self.program = Program::Other;
            }
            if let Some(program) = Program::of(word) {
                self.program = program;
            }
            return None;
        }
        self.next = match (self.program, word) {
            (Program::Curl, b"-u" | b"--user" | b"-U" | b"--proxy-user") => Next::UserAndSecret,
            (Program::Login, b"-p") | (Program::Redis, b"-a") => Next::Secret,
            _ if is_bare_option(word) && is_secret_name(word) => Next::Secret,
            _ => Next::Plain,
        };
        match self.program {
            Program::MySql | Program::Login if is_glued(word, b'p') => Some(2..word.len()),
            Program::Redis if is_glued(word, b'a') => Some(2..word.len()),
            Program::Curl if is_glued(word, b'u') => after_colon(word),
            _ => None,
        }
    }
}

impl Program {
    fn of(word: &[u8]) -> Option<Self> {
        let base = word.rsplit(|byte| matches!(byte, b'/' | b'(' | b'`' | b'"' | b'\'')).next()?;
        Some(match base {
            b"mysql" | b"mysqldump" | b"mysqladmin" | b"mysqlcheck" | b"mysqlimport" | b"mariadb"
            | b"mariadb-dump" | b"mariadb-admin" | b"mysqlshow" => Self::MySql,
            b"curl" => Self::Curl,
            b"sshpass" | b"mongo" | b"mongosh" | b"mongodump" | b"mongorestore" | b"docker" | b"podman"
            | b"skopeo" | b"oc" | b"argocd" | b"helm" | b"clickhouse-client" => Self::Login,
            b"redis-cli" => Self::Redis,
            _ => return None,
        })
    }
}

/// Whether the `--` at `at` begins an option whose value is the next word, and a secret.
pub(super) fn is_secret_option(text: &[u8], at: usize) -> bool {
    let end =
        super::run(text, at + 2, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    end > at + 2 && text.get(end) == Some(&b' ') && is_secret_name(&text[at + 2..end])
}

/// An option whose value is the next word. What holds a blank is a script, not an option.
fn is_bare_option(word: &[u8]) -> bool {
    !word.iter().any(|byte| *byte == b'=' || byte.is_ascii_whitespace())
}

/// `-pSECRET`, but not `--password` and not the option alone.
fn is_glued(word: &[u8], letter: u8) -> bool {
    word.len() > 2 && word[0] == b'-' && word[1] == letter
}

fn after_colon(word: &[u8]) -> Option<Range<usize>> {
    let colon = word.iter().position(|byte| *byte == b':')?;
    Some(colon + 1..word.len())
}
