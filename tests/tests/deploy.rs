//! `deploy/`: everything that can be checked of it without a cluster. deploy/README.md says what that leaves.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use taffrail_tests::cli::taffrail;
use taffrail_tests::{Client, Server, yaml};
use tempfile::TempDir;

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn deploy(name: &str) -> PathBuf {
    sources().join("deploy").join(name)
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

/// Every document of the base, each with the file that it stands in.
fn base() -> Vec<(String, Value)> {
    let kustomization = yaml::file(&deploy("kustomize/base/kustomization.yaml"));
    let names = strings(&kustomization["resources"]);
    let documents = |name: String| {
        let documents = yaml::documents(&name, &text(&deploy("kustomize/base").join(&name)));
        documents.into_iter().map(move |document| (name.clone(), document))
    };
    names.into_iter().flat_map(documents).collect()
}

fn of_kind(kind: &str) -> Vec<Value> {
    base().into_iter().map(|(_, document)| document).filter(|document| document["kind"] == kind).collect()
}

fn stateful_set() -> Value {
    of_kind("StatefulSet").remove(0)
}

fn static_pod() -> Value {
    yaml::file(&deploy("static-pod/taffrail.yaml"))
}

fn strings(list: &Value) -> Vec<String> {
    let string = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned();
    list.as_array().into_iter().flatten().map(string).collect()
}

/// All files below `dir`.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("list a folder") {
        let path = entry.expect("list a folder").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_manifest_can_be_read() {
    let (mut manifests, mut dashboards) = (0, 0);
    for path in files(&deploy("")) {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("yaml") => {
                let documents = yaml::documents(&path.display().to_string(), &text(&path));
                assert!(documents.iter().all(Value::is_object), "{}", path.display());
                manifests += 1;
            }
            Some("json") => {
                serde_json::from_str::<Value>(&text(&path))
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                dashboards += 1;
            }
            _ => {}
        }
    }
    assert!(manifests >= 9 && dashboards == 1, "{manifests}, {dashboards}");
}

#[test]
fn the_kustomization_has_all_files_and_no_others() {
    let kustomization = yaml::file(&deploy("kustomize/base/kustomization.yaml"));
    let mut listed: BTreeSet<String> = strings(&kustomization["resources"]).into_iter().collect();
    for generator in kustomization["configMapGenerator"].as_array().into_iter().flatten() {
        listed.extend(strings(&generator["files"]));
    }
    listed.insert("kustomization.yaml".to_owned());
    let name = |path: PathBuf| path.file_name().expect("a name").to_string_lossy().into_owned();
    let there: BTreeSet<String> = files(&deploy("kustomize/base")).into_iter().map(name).collect();
    assert_eq!(listed, there);
}

/// With the real kustomize, where there is one.
#[test]
fn the_kustomization_renders() {
    let mut command = Command::new("kubectl");
    command.arg("kustomize").arg(deploy("kustomize/base")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(done) = command.output() else {
        eprintln!("SKIPPED: there is no kubectl to render with");
        return;
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let documents = yaml::documents("what kubectl renders", &String::from_utf8_lossy(&done.stdout));
    // All of the base, and the generated config map.
    assert_eq!(documents.len(), base().len() + 1);
    let find = |kind: &str| documents.iter().find(|document| document["kind"] == kind).expect("it is there");
    let sources = &find("StatefulSet")["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"];
    let mounted = &sources[0]["configMap"]["name"];
    assert_eq!(mounted, &find("ConfigMap")["metadata"]["name"]);
}

#[test]
fn selectors_find_the_pod() {
    let set = stateful_set();
    let labels = &set["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&set["spec"]["selector"]["matchLabels"], labels);
    let services = of_kind("Service");
    assert!(services.iter().all(|service| &service["spec"]["selector"] == labels), "{services:?}");
    assert!(services.iter().any(|service| service["metadata"]["name"] == set["spec"]["serviceName"]));
    let policy = of_kind("NetworkPolicy").remove(0);
    assert_eq!(&policy["spec"]["podSelector"]["matchLabels"], labels);
    let ports: BTreeSet<String> =
        container(&set["spec"]["template"]).1.into_iter().map(|(name, _)| name).collect();
    for rule in policy["spec"]["ingress"].as_array().expect("rules") {
        assert!(rule["from"].as_array().is_some_and(|from| !from.is_empty()), "open to all: {rule}");
        for port in rule["ports"].as_array().expect("ports") {
            assert!(ports.contains(port["port"].as_str().expect("a named port")), "{port} in {ports:?}");
        }
    }
    for service in services {
        for port in service["spec"]["ports"].as_array().expect("ports") {
            assert!(
                ports.contains(port["targetPort"].as_str().expect("a named port")),
                "{port} in {ports:?}"
            );
        }
    }
}

/// The one container of a pod, and its named ports.
fn container(pod: &Value) -> (Value, Vec<(String, u64)>) {
    let containers = pod["spec"]["containers"].as_array().expect("containers");
    assert_eq!(containers.len(), 1);
    let port = |port: &Value| {
        (port["name"].as_str().expect("a name").to_owned(), port["containerPort"].as_u64().expect("a number"))
    };
    let ports = containers[0]["ports"].as_array().into_iter().flatten().map(port).collect();
    (containers[0].clone(), ports)
}

#[test]
fn the_pods_are_closed_and_not_throttled() {
    for pod in [stateful_set()["spec"]["template"].clone(), static_pod()] {
        let (container, _) = container(&pod);
        let context = &container["securityContext"];
        assert_eq!(context["allowPrivilegeEscalation"], false);
        assert_eq!(context["readOnlyRootFilesystem"], true);
        assert_eq!(strings(&context["capabilities"]["drop"]), ["ALL"]);
        assert_eq!(pod["spec"]["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        let resources = &container["resources"];
        assert!(resources["limits"]["cpu"].is_null(), "a throttled receiver fills the memory of API servers");
        assert!(resources["limits"]["memory"].is_string() && resources["requests"]["cpu"].is_string());
        // A stop takes up to 25 s.
        assert!(pod["spec"]["terminationGracePeriodSeconds"].as_u64().is_some_and(|seconds| seconds > 25));
        let writable: Vec<&Value> = container["volumeMounts"]
            .as_array()
            .expect("mounts")
            .iter()
            .filter(|mount| mount["readOnly"] != true)
            .map(|mount| &mount["mountPath"])
            .collect();
        assert_eq!(writable, ["/var/lib/taffrail"]);
    }
    let context = stateful_set()["spec"]["template"]["spec"]["securityContext"].clone();
    assert_eq!(context["runAsNonRoot"], true);
    assert_eq!((&context["runAsUser"], &context["fsGroup"]), (&10001.into(), &10001.into()));
}

#[test]
fn the_settings_of_the_base_are_right() {
    let template = stateful_set()["spec"]["template"].clone();
    let (container, ports) = container(&template);
    let args = strings(&container["args"]);
    assert_eq!(args, ["serve", "--config", "/etc/taffrail/taffrail.yaml"]);
    let settings = yaml::file(&deploy("kustomize/base/taffrail.yaml"));
    for listener in ["api", "ingest", "health"] {
        let address = settings[listener]["listen"].as_str().expect("an address");
        let port = address.rsplit(':').next().expect("a port").parse().expect("a port");
        assert!(ports.contains(&(listener.to_owned(), port)), "{listener} in {ports:?}");
    }
    let mounts: Vec<&Value> = container["volumeMounts"]
        .as_array()
        .expect("mounts")
        .iter()
        .map(|mount| &mount["mountPath"])
        .collect();
    assert!(mounts.contains(&&settings["data"]), "the data lies on the volume: {mounts:?}");
    for listener in ["api", "ingest"] {
        let of = &settings[listener];
        for file in [&of["tls"]["cert"], &of["tls"]["key"], &of["auth"]["file"]] {
            let file = file.as_str().expect("a path");
            assert!(
                projected(&template).iter().any(|path| file == format!("/etc/taffrail/{path}")),
                "{file}"
            );
        }
    }
}

/// Where the files of the secrets appear below `/etc/taffrail`.
fn projected(pod: &Value) -> Vec<String> {
    let volume = &pod["spec"]["volumes"][0];
    let sources = volume["projected"]["sources"].as_array().expect("sources");
    let items = sources.iter().flat_map(|source| source["secret"]["items"].as_array().into_iter().flatten());
    items.map(|item| item["path"].as_str().expect("a path").to_owned()).collect()
}

/// With certificate and credentials at hand, as the secrets put them there.
#[test]
fn the_settings_of_the_base_pass_the_check() {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let certified = rcgen::generate_simple_self_signed(["taffrail".to_owned()]).expect("make a certificate");
    let put = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("make a folder");
        fs::write(&path, content).expect("write a file");
        path
    };
    put("tls/tls.crt", &certified.cert.pem());
    put("tls/tls.key", &certified.signing_key.serialize_pem());
    let hash = "0".repeat(64);
    put("credentials.yaml", &format!("- {{name: prod, hash: \"sha256:{hash}\", clusters: [prod]}}\n"));
    let settings = text(&deploy("kustomize/base/taffrail.yaml"));
    let config = put("taffrail.yaml", &settings.replace("/etc/taffrail", &folder.path().to_string_lossy()));
    let checked = taffrail(&["config", "check", "--config", &config.to_string_lossy()]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    assert!(!checked.stderr.contains("warning"), "{}", checked.stderr);
}

/// What kubelets will ask, asked of the real program.
#[test]
fn the_probes_are_answered() {
    let server = Server::spawn();
    let mut client = Client::new(server.api_addr());
    for pod in [stateful_set()["spec"]["template"].clone(), static_pod()] {
        let (container, ports) = container(&pod);
        let mut probes = 0;
        for name in ["startupProbe", "livenessProbe", "readinessProbe"] {
            let probe = &container[name]["httpGet"];
            let Some(path) = probe["path"].as_str() else { continue };
            assert_eq!(client.get(path).expect("an answer").status, 200, "{path}");
            // The static pod has the default port on the machine itself.
            let port = &probe["port"];
            let on_host = (probe["host"].as_str(), port.as_u64()) == (Some("127.0.0.1"), Some(8585));
            assert!(on_host || ports.iter().any(|(name, _)| port == name.as_str()), "{probe}");
            probes += 1;
        }
        assert!(probes >= 2, "{probes}");
    }
}

/// The static pod reads what `setup` writes for a receiver on the same machine, and listens where `setup` was told.
#[test]
fn the_static_pod_fits_what_setup_writes() {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let out = folder.path().join("out");
    let url = "http://127.0.0.1:8586";
    taffrail(&["setup", "kubeadm", "--cluster", "prod", "--url", url, "--out", &out.to_string_lossy()]).ok();
    let (container, _) = container(&static_pod());
    let config = strings(&container["args"])[2].clone();
    let name = Path::new(&config).file_name().expect("a name");
    let checked = taffrail(&["config", "check", "--config", &out.join(name).to_string_lossy()]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    let kubeadm = yaml::file(&out.join("kubeadm.yaml"));
    let places = strings(&Value::from_iter(
        kubeadm["apiServer"]["extraVolumes"]
            .as_array()
            .expect("volumes")
            .iter()
            .map(|volume| volume["hostPath"].clone()),
    ));
    let host_paths = static_pod()["spec"]["volumes"].clone();
    let host_paths: Vec<&str> = host_paths
        .as_array()
        .expect("volumes")
        .iter()
        .filter_map(|volume| volume["hostPath"]["path"].as_str())
        .collect();
    assert!(places.iter().all(|place| host_paths.contains(&place.as_str())), "{places:?} in {host_paths:?}");
    assert!(places.iter().any(|place| config.starts_with(&format!("{place}/"))), "{config} in {places:?}");
}

#[test]
fn the_kind_cluster_is_what_setup_writes() {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let out = folder.path().join("out");
    let url = "http://127.0.0.1:8586";
    taffrail(&["setup", "kind", "--cluster", "kind", "--url", url, "--out", &out.to_string_lossy()]).ok();
    let mut expected = yaml::file(&out.join("kind.yaml"));
    let mounts = expected["nodes"][0]["extraMounts"].as_array_mut().expect("mounts");
    for mount in mounts.iter_mut() {
        let path = format!("files/{}", mount["hostPath"].as_str().expect("a path"));
        mount["hostPath"] = path.into();
    }
    let mut found = yaml::file(&deploy("kind/kind.yaml"));
    let mounts = found["nodes"][0]["extraMounts"].as_array_mut().expect("mounts");
    let own = mounts.pop().expect("the static pod");
    assert_eq!(own["containerPath"], "/etc/kubernetes/manifests/taffrail.yaml");
    let pod = deploy("kind").join(own["hostPath"].as_str().expect("a path"));
    assert_eq!(yaml::file(&pod), static_pod());
    assert_eq!(found, expected);
}

#[test]
fn the_image_is_built_of_what_is_there() {
    let dockerfile = text(&deploy("Dockerfile"));
    let ignored = text(&deploy("Dockerfile.dockerignore"));
    let manifest = text(&sources().join("Cargo.toml"));
    let rust = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "))
        .expect("a version")
        .trim_matches('"');
    assert!(dockerfile.contains(&format!("FROM rust:{rust}-slim-")), "the toolchain is {rust}");
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("version = "))
        .expect("a version")
        .trim_matches('"');
    let kustomization = yaml::file(&deploy("kustomize/base/kustomization.yaml"));
    assert_eq!(kustomization["images"][0]["newTag"], version);
    assert_eq!(container(&static_pod()).0["image"], format!("taffrail:{version}").as_str());
    let members = manifest.lines().find_map(|line| line.strip_prefix("members = [")).expect("members");
    let mut copied = BTreeSet::new();
    for line in dockerfile.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.starts_with("--from")).collect();
        if line.starts_with("--from") {
            continue;
        }
        for source in &words[..words.len() - 1] {
            assert!(sources().join(source).try_exists().expect("look for it"), "{source}");
            assert!(
                ignored.lines().any(|line| line == format!("!{source}")),
                "{source} is not sent to the build"
            );
            copied.insert((*source).to_owned());
        }
    }
    for member in members.trim_end_matches(']').split(", ").map(|member| member.trim_matches('"')) {
        assert!(copied.contains(member), "{member} is not copied");
    }
    assert!(
        dockerfile.contains("\nUSER 10001:10001\n") && dockerfile.contains("\nVOLUME /var/lib/taffrail\n")
    );
}
