//! Builds again when the web UI was.

fn main() {
    // The folder is always there: what cargo watches and does not find makes it build every time.
    println!("cargo:rerun-if-changed=../web/dist");
}
