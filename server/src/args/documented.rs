//! docs/cli.md lists every command and every option.

use clap::CommandFactory;

use super::Arguments;

const PAGE: &str = include_str!("../../../docs/cli.md");

#[test]
fn the_page_lists_every_command_and_option() {
    let program = Arguments::command();
    let mut missing = Vec::new();
    let mut open: Vec<&clap::Command> = program.get_subcommands().collect();
    while let Some(command) = open.pop() {
        if !PAGE.contains(&format!("`{}", command.get_name())) {
            missing.push(command.get_name().to_owned());
        }
        let options = command.get_arguments().filter_map(clap::Arg::get_long);
        missing.extend(options.map(|name| format!("--{name}")).filter(|option| !PAGE.contains(option)));
        open.extend(command.get_subcommands());
    }
    assert!(missing.is_empty(), "docs/cli.md says nothing of {missing:?}");
}
