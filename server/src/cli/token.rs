//! `taffrail token new`: a token for whoever gets it, and the line that lets it in.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use taffrail_config::{is_cluster_name, parse_credentials};

use super::answer::{answer, note};
use crate::args::{NewTokenArgs, TokenCommand};
use crate::exit::{FOUND, WrongUse};
use crate::token;

/// Prints the token, once: nothing keeps it.
pub(crate) fn run(command: &TokenCommand) -> anyhow::Result<ExitCode> {
    let TokenCommand::New(args) = command;
    let token = token::new()?;
    let line = line(args, &token)?;
    if let Some(path) = &args.to {
        append(path, &line)?;
    }
    answer(|out| {
        writeln!(out, "{token}")?;
        match &args.to {
            Some(path) => note(&format!(
                "this is shown once; {} has the line that lets it in, and a running server reads it within seconds",
                path.display()
            )),
            None => note(&format!(
                "this is shown once; the line for the file of credentials (auth.file):\n{line}"
            )),
        }
        Ok(FOUND)
    })
}

/// The entry as the file has it.
fn line(args: &NewTokenArgs, token: &str) -> anyhow::Result<String> {
    if let Some(cluster) = args.clusters.iter().find(|cluster| !is_cluster_name(cluster)) {
        let rule = "up to 63 of a-z 0-9 - . _, with a letter or digit at both ends";
        return Err(WrongUse(format!("--cluster {cluster:?}: {rule}")).into());
    }
    let grant = if args.read {
        "read: true".to_owned()
    } else {
        let quoted: Vec<String> = args.clusters.iter().map(|cluster| format!("\"{cluster}\"")).collect();
        format!("clusters: [{}]", quoted.join(", "))
    };
    let line = format!("- {{name: \"{}\", hash: \"{}\", {grant}}}", args.name, token::hash(token));
    // The rules for names and clusters are those of the file.
    parse_credentials(Path::new("the new credential"), &line)
        .map_err(|error| WrongUse(format!("--name or --cluster: {error}")))?;
    Ok(line)
}

/// Appends to the file, which is made if need be, for its owner only. Not if it would be broken by that.
fn append(path: &Path, line: &str) -> anyhow::Result<()> {
    let cannot = || format!("cannot add a credential to {}", path.display());
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .with_context(cannot)?;
    let mut text = String::new();
    file.read_to_string(&mut text).with_context(cannot)?;
    let addition =
        if text.is_empty() || text.ends_with('\n') { format!("{line}\n") } else { format!("\n{line}\n") };
    parse_credentials(path, &format!("{text}{addition}"))
        .map_err(|error| WrongUse(format!("the credential cannot be added: {error}")))?;
    file.seek(SeekFrom::End(0)).with_context(cannot)?;
    file.write_all(addition.as_bytes()).and_then(|()| file.sync_all()).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use taffrail_config::{Grant, Proof};

    use super::*;

    fn args(name: &str, clusters: &[&str], read: bool) -> NewTokenArgs {
        let clusters = clusters.iter().map(|&cluster| cluster.to_owned()).collect();
        NewTokenArgs { name: name.to_owned(), clusters, read, to: None }
    }

    #[test]
    fn a_line_lets_its_token_in() {
        let found = line(&args("prod", &["prod", "12"], false), "taf_x").unwrap();
        let found = parse_credentials(Path::new("x"), &found).unwrap().remove(0);
        assert_eq!(found.proof, Proof::Token(token::digest(b"taf_x")));
        assert_eq!(found.grant, Grant::Send(vec!["prod".to_owned(), "12".to_owned()]));
        for wrong in
            [args("a b", &["prod"], false), args("a", &["Prod"], false), args("a", &["taffrail"], false)]
        {
            assert!(line(&wrong, "taf_x").unwrap_err().is::<WrongUse>(), "{wrong:?}");
        }
    }

    #[test]
    fn appending_keeps_what_is_there_and_what_is_right() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("credentials.yaml");
        append(&path, &line(&args("a", &["prod"], false), "taf_a").unwrap()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, std::fs::read_to_string(&path).unwrap().trim_end()).unwrap();
        append(&path, &line(&args("b", &[], true), "taf_b").unwrap()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(parse_credentials(&path, &text).unwrap().len(), 2, "{text}");
        let again = append(&path, &line(&args("a", &[], true), "taf_c").unwrap()).unwrap_err();
        assert!(again.is::<WrongUse>(), "{again}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "nothing is added that breaks it");
    }
}
