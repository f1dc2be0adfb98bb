//! What a person has to do, and the files for it: one form for every platform.

use std::fmt::Write;

/// How a cluster gets connected.
#[derive(Debug)]
pub(super) struct Plan {
    /// What it is about, in one line.
    pub(super) title: String,
    /// What to know before starting.
    pub(super) cautions: Vec<String>,
    pub(super) files: Vec<PlanFile>,
    /// What to do, in order. The first line says it; what follows is typed, or explains.
    pub(super) steps: Vec<String>,
    /// How to see that it works.
    pub(super) verify: String,
    /// How to take it back.
    pub(super) undo: String,
}

/// A file that belongs to a plan.
#[derive(Debug)]
pub(super) struct PlanFile {
    pub(super) name: &'static str,
    pub(super) content: String,
    pub(super) secrecy: Secrecy,
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrecy {
    Public,
    /// It holds a credential, or the place for one.
    OwnerOnly,
}

impl PlanFile {
    /// A file that anybody may read.
    pub(super) fn public(name: &'static str, content: String) -> Self {
        Self { name, content, secrecy: Secrecy::Public }
    }
}

impl Plan {
    /// For a terminal: the steps, and below them the files, unless they lie in `dir`.
    pub(super) fn in_words(&self, dir: Option<&str>) -> String {
        let mut text = format!("{}\n", self.title);
        let mut paragraph = |words: &str| {
            text.push('\n');
            text.push_str(words.trim_end());
            text.push('\n');
        };
        for caution in &self.cautions {
            paragraph(&format!("Mind: {caution}"));
        }
        let names: Vec<&str> = self.files.iter().map(|file| file.name).collect();
        match dir {
            Some(dir) => paragraph(&format!("Written to {dir}: {}", names.join(", "))),
            None => paragraph(&format!(
                "The files stand below the steps: {}. With --out DIR they are written instead.",
                names.join(", ")
            )),
        }
        for (index, step) in self.steps.iter().enumerate() {
            paragraph(&format!("{}. {step}", index + 1));
        }
        paragraph(&format!("To see that it works\n{}", self.verify));
        paragraph(&format!("To undo it\n{}", self.undo));
        if dir.is_none() {
            for file in &self.files {
                // Writing to a string cannot fail.
                write!(text, "\n----- {} -----\n{}\n", file.name, file.content.trim_end()).ok();
            }
        }
        text
    }
}

/// Indents `text`, so that it can be nested below a YAML key or a step.
pub(super) fn indented(spaces: usize, text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', spaces));
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            title: "Title".to_owned(),
            cautions: vec!["it restarts.".to_owned()],
            files: vec![PlanFile::public("a.yaml", "a: 1\n".to_owned())],
            steps: vec!["Do this:\n       ls".to_owned(), "And that.".to_owned()],
            verify: "   look".to_owned(),
            undo: "   undo".to_owned(),
        }
    }

    #[test]
    fn files_stand_below_the_steps_or_in_the_directory() {
        let steps = "1. Do this:\n       ls\n\n2. And that.\n\nTo see that it works\n   look\n\nTo undo it\n   undo\n";
        let head = "Title\n\nMind: it restarts.\n\n";
        let below = "The files stand below the steps: a.yaml. With --out DIR they are written instead.";
        let printed = format!("{head}{below}\n\n{steps}\n----- a.yaml -----\na: 1\n");
        assert_eq!(plan().in_words(None), printed);
        assert_eq!(plan().in_words(Some("x")), format!("{head}Written to x: a.yaml\n\n{steps}"));
    }

    #[test]
    fn indenting_leaves_empty_lines_empty() {
        assert_eq!(indented(2, "a\n\n  b\n"), "  a\n\n    b\n");
    }
}
