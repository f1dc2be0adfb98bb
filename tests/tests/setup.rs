//! `taffrail setup`: every file of every platform can be read by what it is for, says the same, and is written with care.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use taffrail_tests::cli::{Finished, taffrail};
use taffrail_tests::{Authority, audit_policy, yaml};
use tempfile::TempDir;

const URL: &str = "https://10.0.0.5:8586";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nQ0VSVA==\n-----END CERTIFICATE-----\n";
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nS0VZ\n-----END PRIVATE KEY-----\n";
const TOKEN: &str = "taf_0123456789abcdef";

/// A folder with credentials, and room for what is written.
struct Folder {
    dir: TempDir,
}

impl Folder {
    fn new() -> Self {
        let dir = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
        for (name, content) in
            [("ca.pem", CERTIFICATE), ("token", TOKEN), ("client.pem", CERTIFICATE), ("client.key", KEY)]
        {
            fs::write(dir.path().join(name), content).expect("write a file");
        }
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    /// Runs `setup PLATFORM --cluster prod --url URL ARGUMENTS`, where a name behind `@` is a file here.
    fn setup(&self, platform: &str, arguments: &[&str]) -> Finished {
        let mut all =
            vec!["setup".to_owned(), platform.to_owned(), "--cluster".to_owned(), "prod".to_owned()];
        let here = |argument: &&str| {
            argument.strip_prefix('@').map_or_else(|| argument.to_string(), |name| self.text(name))
        };
        all.extend(arguments.iter().map(here));
        taffrail(&all)
    }

    /// The files that it writes with these arguments.
    fn written(&self, platform: &str, arguments: &[&str]) -> PathBuf {
        let out = format!("{platform}-out");
        let mut all = arguments.to_vec();
        let at = format!("@{out}");
        all.extend(["--out", &at]);
        self.setup(platform, &all).ok();
        self.path(&out)
    }
}

/// The arguments that an API server gets, from the form of each platform.
fn arguments(platform: &str, dir: &Path) -> Vec<(String, String)> {
    let pair = |argument: &Value| {
        let (name, value) =
            argument.as_str().and_then(|text| text.split_once('=')).expect("an argument with a value");
        (name.to_owned(), value.to_owned())
    };
    let list = |server: &Value| {
        let args = server["extraArgs"].as_array().expect("a list of arguments");
        args.iter().map(|arg| (text(&arg["name"]), text(&arg["value"]))).collect()
    };
    match platform {
        "kubeadm" => list(&yaml::file(&dir.join("kubeadm.yaml"))["apiServer"]),
        "kind" => {
            let patches = kind_patches(dir);
            assert_eq!(
                map_arguments(&patches[0]["apiServer"]),
                list(&patches[1]["apiServer"]),
                "both versions say the same"
            );
            list(&patches[1]["apiServer"])
        }
        "talos" => map_arguments(&yaml::file(&dir.join("talos.yaml"))["cluster"]["apiServer"]),
        "k3s" | "rke2" => {
            let settings = yaml::file(&dir.join(format!("{platform}.yaml")));
            settings["kube-apiserver-arg+"].as_array().expect("arguments").iter().map(pair).collect()
        }
        _ => panic!("{platform} has no arguments"),
    }
}

fn map_arguments(server: &Value) -> Vec<(String, String)> {
    server["extraArgs"]
        .as_object()
        .expect("a map of arguments")
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

/// kind applies a patch to a configuration of the patch's version only.
fn kind_patches(dir: &Path) -> Vec<Value> {
    let cluster = yaml::file(&dir.join("kind.yaml"));
    let patches = cluster["nodes"][0]["kubeadmConfigPatches"].as_array().expect("patches");
    let patches: Vec<Value> = patches.iter().map(|patch| yaml::document("a patch", &text(patch))).collect();
    let versions: Vec<&Value> = patches.iter().map(|patch| &patch["apiVersion"]).collect();
    assert_eq!(versions, ["kubeadm.k8s.io/v1beta3", "kubeadm.k8s.io/v1beta4"]);
    patches
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

#[test]
fn every_file_is_yaml_and_no_placeholder_is_left() {
    let folder = Folder::new();
    for platform in ["kubeadm", "kind", "k3s", "rke2", "talos", "openshift", "eks", "aks", "gke"] {
        let mut options = vec!["--url", URL, "--ca", "@ca.pem", "--token-file", "@token"];
        if !["eks", "aks", "gke"].contains(&platform) {
            options.push("--tail");
        }
        let dir = folder.written(platform, &options);
        let mut names = Vec::new();
        for entry in fs::read_dir(&dir).expect("list the files") {
            let path = entry.expect("list the files").path();
            let content = fs::read_to_string(&path).expect("read a file");
            // Environment variables of Vector are its own.
            assert!(!content.contains("@URL@") && !content.contains("@AUTH@"), "{}", path.display());
            assert!(!content.contains("REPLACE-WITH"), "{}", path.display());
            if path.extension().is_some_and(|extension| extension == "yaml") {
                yaml::file(&path);
            }
            names.push(path.file_name().expect("a name").to_string_lossy().into_owned());
        }
        let printed = folder.setup(platform, &options).ok().stdout;
        for name in &names {
            assert!(printed.contains(&format!("----- {name} -----")), "{platform}: {name}");
        }
        assert!(printed.contains("taffrail status") && printed.contains("To undo it"), "{platform}");
    }
}

#[test]
fn the_arguments_are_those_recommended() {
    let folder = Folder::new();
    for platform in ["kubeadm", "kind", "k3s", "rke2", "talos"] {
        let dir = folder.written(platform, &["--url", URL, "--ca", "@ca.pem"]);
        let arguments = arguments(platform, &dir);
        let value =
            |name: &str| arguments.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        for (name, expected) in [
            ("audit-webhook-mode", "batch"),
            ("audit-webhook-batch-max-wait", "5s"),
            ("audit-webhook-batch-max-size", "200"),
            ("audit-webhook-batch-buffer-size", "20000"),
            ("audit-webhook-batch-throttle-qps", "50"),
            ("audit-webhook-batch-throttle-burst", "100"),
            ("audit-webhook-truncate-enabled", "true"),
            ("audit-webhook-truncate-max-event-size", "1048576"),
        ] {
            assert_eq!(value(name), Some(expected), "{platform}: {name}");
        }
        assert!(
            value("audit-webhook-config-file").is_some_and(|path| path.ends_with("/webhook.yaml")),
            "{platform}"
        );
        assert_eq!(value("audit-log-path"), None, "{platform}");
        // Talos and RKE2 have a setting for the policy.
        let has_policy = value("audit-policy-file").is_some();
        assert_eq!(has_policy, !["talos", "rke2"].contains(&platform), "{platform}");
    }
}

#[test]
fn what_an_argument_names_is_mounted() {
    let folder = Folder::new();
    let dir = folder.written("kubeadm", &["--url", URL, "--tail"]);
    let server = yaml::file(&dir.join("kubeadm.yaml"))["apiServer"].clone();
    let mounts: Vec<String> = server["extraVolumes"]
        .as_array()
        .expect("volumes")
        .iter()
        .map(|volume| text(&volume["mountPath"]))
        .collect();
    for (name, value) in arguments("kubeadm", &dir) {
        if value.starts_with('/') {
            assert!(
                mounts.iter().any(|mount| value.starts_with(&format!("{mount}/"))),
                "{name} in {mounts:?}"
            );
        }
    }
    let dir = folder.written("kind", &["--url", URL]);
    let node = yaml::file(&dir.join("kind.yaml"))["nodes"][0].clone();
    for mount in node["extraMounts"].as_array().expect("mounts") {
        assert!(dir.join(text(&mount["hostPath"])).try_exists().expect("look for the file"), "{mount}");
    }
    let dir = folder.written("talos", &["--url", URL]);
    let patch = yaml::file(&dir.join("talos.yaml"));
    let file = &patch["machine"]["files"][0];
    assert!(text(&file["path"]).starts_with("/var/"), "Talos makes files nowhere else");
    assert_eq!(patch["cluster"]["apiServer"]["extraVolumes"][0]["hostPath"], file["path"]);
    assert_eq!(patch["cluster"]["apiServer"]["extraArgs"]["audit-webhook-config-file"], file["path"]);
    yaml::document("the kubeconfig inside", &text(&file["content"]));
}

#[test]
fn talos_gets_the_same_policy() {
    let folder = Folder::new();
    let talos = yaml::file(&folder.written("talos", &["--url", URL]).join("talos.yaml"));
    let kubeadm = folder.written("kubeadm", &["--url", URL]).join("audit-policy.yaml");
    assert_eq!(talos["cluster"]["apiServer"]["auditPolicy"], yaml::file(&kubeadm));
    audit_policy::Policy::parse(&fs::read_to_string(kubeadm).expect("read the policy"));
}

#[test]
fn the_kubeconfig_carries_what_was_given() {
    let folder = Folder::new();
    let kubeconfig = |options: &[&str]| {
        let mut all = vec!["--url", URL, "--force"];
        all.extend(options);
        let kubeconfig = yaml::file(&folder.written("kubeadm", &all).join("webhook.yaml"));
        assert_eq!(kubeconfig["clusters"][0]["cluster"]["server"], "https://10.0.0.5:8586/v1/audit/prod");
        assert_eq!(kubeconfig["current-context"], kubeconfig["contexts"][0]["name"]);
        assert_eq!(kubeconfig["contexts"][0]["context"]["cluster"], kubeconfig["clusters"][0]["name"]);
        assert_eq!(kubeconfig["contexts"][0]["context"]["user"], kubeconfig["users"][0]["name"]);
        kubeconfig
    };
    let with_token = kubeconfig(&["--ca", "@ca.pem", "--token-file", "@token"]);
    let ca = text(&with_token["clusters"][0]["cluster"]["certificate-authority-data"]);
    assert_eq!(STANDARD.decode(ca).expect("base64"), CERTIFICATE.as_bytes());
    assert_eq!(with_token["users"][0]["user"], json!({"token": TOKEN}));
    let with_certificate = kubeconfig(&["--client-cert", "@client.pem", "--client-key", "@client.key"]);
    let user = &with_certificate["users"][0]["user"];
    assert_eq!(
        STANDARD.decode(text(&user["client-certificate-data"])).expect("base64"),
        CERTIFICATE.as_bytes()
    );
    assert_eq!(STANDARD.decode(text(&user["client-key-data"])).expect("base64"), KEY.as_bytes());
    let with_none = folder.setup("kubeadm", &["--url", URL]).ok().stdout;
    assert!(with_none.contains("taffrail token new --name prod-audit --cluster prod"), "{with_none}");
}

#[test]
fn steps_name_the_files_that_were_given_and_no_placeholder() {
    let folder = Folder::new();
    let printed = |platform: &str, options: &[&str]| {
        let all = [&["--url", URL, "--ca", "@ca.pem"], options].concat();
        folder.setup(platform, &all).ok().stdout
    };
    let from_file = |name: &str| format!("$(cat {})", folder.text(name));
    for platform in ["openshift", "eks", "aks", "gke"] {
        let given = printed(platform, &["--token-file", "@token"]);
        assert!(given.contains(&from_file("token")) && !given.contains(TOKEN), "{platform}: {given}");
        assert!(!given.contains("=TOKEN"), "{platform}: {given}");
        let made = printed(platform, &[]);
        assert!(made.contains("> token)") && made.contains("$(cat token)"), "{platform}: {made}");
    }
    let shown = printed("openshift", &["--client-cert", "@client.pem", "--client-key", "@client.key"]);
    for name in ["ca.pem", "client.pem", "client.key"] {
        assert!(shown.contains(&folder.text(name)), "{name}: {shown}");
    }
    assert!(printed("eks", &[]).contains("https://10.0.0.5:8586/v1/audit/prod"));
    let no_port = folder.setup("kubeadm", &["--url", "https://10.0.0.5"]).ok().stdout;
    assert!(no_port.contains("no port"), "{no_port}");
}

#[test]
fn credentials_are_for_their_owner_and_nothing_is_replaced() {
    let folder = Folder::new();
    let options = ["--url", URL, "--token-file", "@token"];
    for (platform, secret) in [("kubeadm", "webhook.yaml"), ("talos", "talos.yaml")] {
        let dir = folder.written(platform, &options);
        let mode = dir.join(secret).metadata().expect("look at the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{platform}");
        for entry in fs::read_dir(&dir).expect("list the files") {
            let path = entry.expect("list the files").path();
            let holds_it = fs::read_to_string(&path).expect("read a file").contains(TOKEN);
            assert_eq!(holds_it, path.ends_with(secret), "{}", path.display());
        }
    }
    let at = "@kubeadm-out";
    let again = folder.setup("kubeadm", &["--url", "https://other:8586", "--out", at]);
    assert_eq!(again.code, 2, "{}", again.stderr);
    assert!(again.stderr.contains("--force"), "{}", again.stderr);
    let kept = fs::read_to_string(folder.path("kubeadm-out").join("webhook.yaml")).expect("read a file");
    assert!(kept.contains(TOKEN), "{kept}");
}

#[test]
fn wrong_use_says_what_to_write() {
    let folder = Folder::new();
    let check = |platform: &str, options: &[&str], expected: &str| {
        let finished = folder.setup(platform, options);
        assert_eq!(finished.code, 2, "{options:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(expected), "{options:?}: {}", finished.stderr);
    };
    check("kubeadm", &[], "--url");
    check("kubeadm", &["--url", "10.0.0.5:8586"], "https://10.0.0.5:8586");
    check("kubeadm", &["--url", "https://10.0.0.5:8586?cluster=prod"], "into the path");
    check("kubeadm", &["--url", "http://10.0.0.5:8586", "--token-file", "@token"], "in the clear");
    check("kubeadm", &["--url", URL, "--ca", "@client.key"], "private key");
    check("kubeadm", &["--url", URL, "--ca", "@nowhere"], "--ca");
    check("kubeadm", &["--url", URL, "--client-cert", "@client.pem"], "--client-key");
    check("kubeadm", &["--tail", "--token-file", "@token"], "--url");
    check("eks", &["--url", URL, "--tail"], "--url");
    check(
        "gke",
        &["--url", URL, "--client-cert", "@client.pem", "--client-key", "@client.key"],
        "--token-file",
    );
    check("minikube", &["--url", URL], "kubeadm");
    check("kubeadm", &[], "--tail");
    check("kubeadm", &["--url", "http://10.0.0.5:8586"], "--allow-insecure");
    check("kubeadm", &["--url", "http://127.0.0.1:8586", "--ca", "@ca.pem"], "https://");
    for platform in ["openshift", "eks", "aks", "gke"] {
        check(platform, &["--url", "https://127.0.0.1:8586"], "reaches");
    }
    let authority = Authority::new();
    let (one, other) = (authority.issue("one", &[]), authority.issue("other", &[]));
    let (one_cert, one_key) = (authority.write("one.pem", &one.cert), authority.write("one.key", &one.key));
    let other_key = authority.write("other.key", &other.key);
    let [one_cert, one_key, other_key] =
        [&one_cert, &one_key, &other_key].map(|path| path.to_str().expect("UTF-8"));
    let pair = |key| ["--url", URL, "--client-cert", one_cert, "--client-key", key];
    check("kubeadm", &pair(other_key), "not the key of the certificate");
    folder.setup("kubeadm", &pair(one_key)).ok();
    for name in ["Prod!", "taffrail"] {
        let cluster = taffrail(&["setup", "kubeadm", "--cluster", name, "--url", URL]);
        assert_eq!(cluster.code, 2, "{name}");
        assert!(cluster.stderr.contains("--cluster"), "{}", cluster.stderr);
    }
}

#[test]
fn a_log_file_alone_needs_no_address() {
    let folder = Folder::new();
    let dir = folder.written("kubeadm", &["--tail"]);
    let arguments = arguments("kubeadm", &dir);
    let log = arguments.iter().find(|(name, _)| name == "audit-log-path").map(|(_, value)| value.clone());
    assert!(!arguments.iter().any(|(name, _)| name.contains("webhook")), "{arguments:?}");
    let tail = yaml::file(&dir.join("taffrail.yaml"))["ingest"]["tail"][0].clone();
    assert_eq!((tail["paths"][0].as_str(), tail["cluster"].as_str()), (log.as_deref(), Some("prod")));
    assert!(!dir.join("webhook.yaml").try_exists().expect("look for the file"));
}
