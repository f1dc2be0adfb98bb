//! Secrets in texts, and what [`Redactor::mask`](crate::redact::Redactor::mask) leaves of what is no event.

use super::{HUNTER2, event, redact, redactor};

const JWT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

/// Redacts `text` as a value, a message, a user agent and JSON in a string; `*` in `expected` stands for any hash.
fn check(text: &str, expected: &str) {
    let escaped = serde_json::to_string(text).unwrap();
    for member in [
        format!(r#""requestObject":{{"spec":{{"x":{escaped}}}}}"#),
        format!(r#""responseStatus":{{"message":{escaped}}}"#),
        format!(r#""userAgent":{escaped}"#),
        format!(r#""annotations":{{"note":{escaped}}}"#),
        format!(r#""requestObject":{}"#, serde_json::json!({ "x": format!("{{\"y\":{escaped}}}") })),
    ] {
        let found = redact(&event("pods", &member));
        let found: serde_json::Value = serde_json::from_str(&found).unwrap();
        let mut texts = Vec::new();
        strings(&found, &mut texts);
        let matches = |found: &String| {
            let hidden = hide_hashes(found);
            let nested = serde_json::from_str::<serde_json::Value>(&hidden).ok();
            hidden == expected || nested.is_some_and(|nested| nested["y"] == expected)
        };
        assert!(texts.iter().any(matches), "{member}\n{expected}\n{texts:?}");
    }
}

fn strings(value: &serde_json::Value, texts: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => texts.push(text.clone()),
        serde_json::Value::Array(list) => list.iter().for_each(|value| strings(value, texts)),
        serde_json::Value::Object(object) => object.values().for_each(|value| strings(value, texts)),
        _ => {}
    }
}

fn hide_hashes(text: &str) -> String {
    let mut parts = text.split("redacted:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push('*');
        out.push_str(part.get(16..).unwrap());
    }
    out
}

#[test]
fn t55_tokens_and_keys_anywhere() {
    let pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nhunter2\n-----END RSA PRIVATE KEY-----";
    check(&format!("got {JWT}, sorry"), "got *, sorry");
    check(&format!("sent Bearer {JWT}"), "sent Bearer *");
    check(&format!("a\n{pem}\nb"), "a\n*\nb");
    check(&pem.replace('\n', "\\n"), "*");
    check("-----BEGIN PRIVATE KEY-----\nnever ends", "*");
    check("curl -H 'X-Auth=x' 'Bearer s3cr3t-token' x", "curl -H 'X-Auth=x' 'Bearer *' x");
    check("header Basic Ym9iOmh1bnRlcjI= sent", "header Basic * sent");
    check("postgres://bob:hunter2@db:5432/x", "postgres://bob:*@db:5432/x");
    check("redis://:p@ss@db", "redis://:*@db");
    check("https://x/y?a=1&token=hunter2&b=2", "https://x/y?a=1&token=*&b=2");
    check("run --password=hunter2 --verbose", "run --password=* --verbose");
    check("run --token hunter2 --verbose", "run --token * --verbose");
    check("id AKIAIOSFODNN7EXAMPLE used", "id * used");
    check("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "*");
    check("xoxb-123456789012-abcdef", "*");
    check("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/services/*");
    check("AIzaSyA1234567890abcdefghijklmnopqrstuv", "*");
    check("sha256~aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "*");
    // A kubeconfig's key and a token, in base64.
    check("LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFb3cK", "*");
    check("CkxTMHRMUzFDUlVkSlRp", "CkxTMHRMUzFDUlVkSlRp");
    check("Ci0tLS0tQkVHSU4gUFJJVkFURSBLRVktLS0tLQpNSUlFb3cK", "*");
    check("Cg0tLS0tLUJFR0lOIFBSSVZBVEUgS0VZLS0tLS0KTUlJRW93Cg==", "*");
    check("ZXlKaGJHY2lPaUpTVXpJMU5pSjkuZXlKemRXSWlPaUpoSW4wLmMybG5ibUYwZFhKbA==", "*");
    check("eyJhdXRocyI6eyJxdWF5LmlvIjp7ImF1dGgiOiJ4In19fQ==", "*==");
}

#[test]
fn what_only_looks_like_a_secret_stays() {
    for text in [
        "invalid bearer token, Token has been invalidated",
        "ClusterRoleBinding \"system:basic-user\" of basic authentication",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUIK",
        "registry.io/app@sha256:0123456789abcdef",
        "mail bob@example.com, ssh://git@github.com/x",
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0",
        "https://kubernetes.default.svc/api?limit=500&continue=abc",
        "--tls-private-key-file=/etc/k.pem --service-account-issuer=https://x",
        "export PASSWORD=$(VAULT_PASSWORD)",
        "secrets \"db\" is forbidden: User \"bob\" cannot get resource \"secrets\"",
        "{name} is not JSON",
    ] {
        check(text, text);
    }
}

#[test]
fn settings_in_documents() {
    fn check(text: &str, expected: &str) {
        let escaped = serde_json::to_string(text).unwrap();
        let record = event("configmaps", &format!(r#""requestObject":{{"data":{{"f":{escaped}}}}}"#));
        let found: serde_json::Value = serde_json::from_str(&redact(&record)).unwrap();
        let found = found["requestObject"]["data"]["f"].as_str().unwrap().to_owned();
        assert_eq!(hide_hashes(&found), expected, "{text}");
    }
    check("password: hunter2", "password: *");
    check("a: 1\ndb_password: 'hunter2' # x\nb: 2", "a: 1\ndb_password: '*' # x\nb: 2");
    check("token: |\n  abc\n  def\nb: 2", "token: |\n*\nb: 2");
    check("  secret: |\n    abc\n\n    def\n  b: 2", "  secret: |\n*\n  b: 2");
    check("<password>hunter2</password>", "<password>*</password>");
    check("spring.datasource.password = hunter2\nx = y", "spring.datasource.password = *\nx = y");
    check("client-key-data: aGFsbG8=\n", "client-key-data: *\n");
    check("secretName: db\npasswordFile: /x\n", "secretName: db\npasswordFile: /x\n");
    check("{\"a\":{\"password\":\"hunter2\"", "{\"a\":{\"password\":\"*\"");
    check("curl -H 'Authorization: Bearer short' x", "curl -H 'Authorization: *' x");
    check("Cookie: a=b; c=d\nX-Api-Key: abc", "Cookie: *\nX-Api-Key: *");
}

#[test]
fn dead_letters_keep_what_is_harmless() {
    fn check(text: &str, expected: &str) {
        let masked = redactor().mask(text.as_bytes());
        assert_eq!(hide_hashes(&String::from_utf8(masked).unwrap()), expected, "{text}");
    }
    check(
        r#"{"kind":"Event","verb":"create","objectRef":{"resource":"secrets","name":"x"},"requestObject":{"data":{"name":"aHVudGVyMg=="},"n":5,"b":true,"x":nu"#,
        r#"{"kind":"Event","verb":"create","objectRef":{"resource":"secrets","name":"x"},"requestObject":{"data":{"name":"*"},"n":"*","b":true,"x":*"#,
    );
    check(
        r#"{"kind":"Status","token":"hunter2","password":"x","code":200}"#,
        r#"{"kind":"Status","token":"*","password":"*","code":200}"#,
    );
    // As the data of a Secret would begin where a record was cut.
    check(r#"{"username":"hunter2","code":200}"#, r#"{"username":"*","code":"*"}"#);
    check(r#"[{"name":"hunter2""#, r#"[{"name":"*""#);
    check(r#"[{"op":"add","value":{"name":"hunter2"}"#, r#"[{"op":"add","value":{"name":"*"}"#);
    check(
        r#"{"requestURI":"/x/exec?command=a&command=--token=hunter2"}"#,
        r#"{"requestURI":"/x/exec?command=a&command=--token%3D*"}"#,
    );
    check(
        r#"{"log":"{\"kind\":\"Secret\",\"data\":{\"a\":\"hunter2\"}}\n"}"#,
        r#"{"log":"{\"kind\":\"Secret\",\"data\":{\"a\":\"*\"}}\n"}"#,
    );
    check(r#"{"log":"{\"kind\":\"Secret\",\"data\":{\"a\":\"hun"#, r#"{"log":*"#);
    check(r#"ter2","x":"hunter2"},"kind":"Secret"}"#, "*");
    check(r#"{"a":"hunter2"},"kind":"Secret"}"#, "*");
    check(
        r#"2026-11-23T10:00:00Z stdout F {"kind":"Event","x":"hunter2"}"#,
        r#"2026-11-23T10:00:00Z stdout F {"kind":"Event","x":"*"}"#,
    );
    check(r#"{"kind":"Event","x":"hun{"kind":"Event","y":"hunter2"}"#, r#"{"kind":"Event","x":"*"*"#);
    check("<html>502 Bad Gateway</html>", "<html>502 Bad Gateway</html>");
    check(&format!("token={JWT}"), "token=*");
    check(&format!("rest {}", JWT.split('.').next().unwrap()), "rest *");
    check(
        "kind: Secret\ndata:\n  a: aHVudGVyMg==\n  b: x\ntype: Opaque\n",
        "kind: Secret\ndata:\n *\ntype: Opaque\n",
    );
    check(
        r#"2026 AUDIT: id="x" stage="ResponseComplete" uri="/a?token=hunter2""#,
        r#"2026 AUDIT: id="x" stage="ResponseComplete" uri="/a?token=*""#,
    );
    check("", "");
    check("{\"level\":\"Metadata\"} {\"name\":\"hunter2\"}", "{\"level\":\"Metadata\"} {\"name\":\"*\"}");
    assert!(
        String::from_utf8(redactor().mask(br#"{"data":{"x":"aHVudGVyMg=="}}"#)).unwrap().contains(HUNTER2)
    );
}

#[test]
fn dead_letters_of_text_keep_what_reads_like_a_log() {
    fn check(text: &str, expected: &str) {
        let masked = redactor().mask(text.as_bytes());
        assert_eq!(hide_hashes(&String::from_utf8(masked).unwrap()), expected, "{text}");
    }
    for line in [
        "I1123 16:11:23.418577       1 controller.go:117] \"Starting\" controller=\"pods\"",
        "2026-11-23T16:11:23.418577Z stdout F listening on 0.0.0.0:8443",
        "Nov 23 16:11:23 node-1 kubelet[812]: E1123 dial tcp 10.0.0.1:443: connection refused",
        "GET /apis/apps/v1/namespaces/kube-system/deployments/coredns/scale 403 in 12ms",
        "curl: (7) Failed to connect to kubernetes.default.svc port 443",
        "<html>\n<head></head>\n<body>\n502 Bad Gateway\n</body>\n</html>",
        "hello\n\nworld\n",
    ] {
        check(line, line);
    }
    let key = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    check(&format!("{key}\n{key}\nTUt9Us8cKj==\n"), "*\n*\n*\n");
    check(&format!("at 12:00 found {key}, why?"), "at 12:00 found *, why?");
    check("from the vault: 0123456789abcdef0123456789abcdef", "from the vault: *");
    check("  pin: aHVudGVyMg==\n", "  pin: *\n");
    check("\"Abcdefgh1", "*");
    check("word\\nhunter2 more", "*");
    check("I1123 first\n: \"x\"}}\nhunter2", "I1123 first\n*");
    check(
        "apiVersion: v1\nkind: Secret\nstringData:\n  pin: hunter2\n---\nkind: Pod\nspec: x\n",
        "apiVersion: v1\nkind: Secret\nstringData:\n *\n---\nkind: Pod\nspec: x\n",
    );
}

#[test]
fn manifests_of_secrets_in_texts_lose_their_data() {
    fn check(text: &str, expected: &str) {
        let escaped = serde_json::to_string(text).unwrap();
        for body in [
            format!(r#"{{"data":{{"f":{escaped}}}}}"#),
            format!(r#"{{"spec":{{"template":{escaped}}}}}"#),
            format!(r#"{{"metadata":{{"annotations":{{"a":{escaped}}}}}}}"#),
        ] {
            let record = event("configmaps", &format!(r#""requestObject":{body}"#));
            let found: serde_json::Value = serde_json::from_str(&redact(&record)).unwrap();
            let mut texts = Vec::new();
            strings(&found["requestObject"], &mut texts);
            assert_eq!(hide_hashes(&texts[0]), expected, "{text}");
        }
    }
    check("kind: Secret\nstringData:\n  pin: hunter2\n", "kind: Secret\nstringData:\n *\n");
    check("stringData:\n  pin: hunter2\nkind: \"Secret\" # x", "stringData:\n *\nkind: \"Secret\" # x");
    check("data: {pin: aHVudGVyMg==}\nkind: 'Secret'\n", "data: *\nkind: 'Secret'\n");
    check("- kind: Secret\n  data:\n    a: x\n- kind: Pod\n", "- kind: Secret\n  data:\n *\n- kind: Pod\n");
    check("kind: SecretList\nitems:\n- data:\n    a: x\n", "kind: SecretList\nitems:\n- data:\n *\n");
    check(
        "kind: ConfigMap\ndata:\n  a: x\n---\nkind: Secret\ndata:\n  a: x\n---\ndata:\n  a: x\n",
        "kind: ConfigMap\ndata:\n  a: x\n---\nkind: Secret\ndata:\n *\n---\ndata:\n  a: x\n",
    );
    check(
        "kubectl apply -f - <<E\n{\"kind\": \"Secret\", \"data\": {\"a\": \"x\"}, \"stringData\":{\"b\":\"y",
        "kubectl apply -f - <<E\n{\"kind\": \"Secret\", \"data\": \"*\", \"stringData\":\"*\"",
    );
    check(
        "{\n  \"data\": {\n    \"a\": \"x\"\n  },\n  \"kind\": \"Secret\",\n",
        "{\n  \"data\": \"*\",\n  \"kind\": \"Secret\",\n",
    );
    check("{\"kind\":\"Secret\",\"data\":{\"a\":\"x\"}}", "{\"kind\":\"Secret\",\"data\":{\"a\":\"*\"}}");
    for text in [
        "kind: SecretStore\ndata:\n  a: x\n",
        "kind: ExternalSecret\ndata:\n- name: x\n",
        "a Secret of kind\ndata:\n  a: x\n",
        "kind: Secret\ndata: {}\nstringData:\n",
    ] {
        check(text, text);
    }
}

#[test]
fn a_kubeconfig_in_base64_is_masked_in_any_field() {
    use base64::Engine;
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let key = format!("-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----\n", "x".repeat(160));
    for before in ["", "a", "ab"] {
        let config =
            format!("{before}apiVersion: v1\nusers:\n- user:\n    client-key-data: {}\n", encode(&key));
        check(&encode(&config), "*");
    }
}

/// Found by fuzzing: read as a text, what was left of a broken body looked like a token with a value.
#[test]
fn a_broken_body_is_masked_once_and_for_all() {
    let token = format!(
        r#"{{"serviceAccountToken":{{"expirationSeconds":360{}7,"path":"token"}}}}"#,
        "\n".repeat(30)
    );
    let once = redact(&event("pods", &format!(r#""responseObject":{token}"#)));
    assert!(once.contains("redacted:"), "{once}");
    assert_eq!(redact(&once), once);
}

/// Found by fuzzing: the mask of a token in a URL was taken for a user and a password.
#[test]
fn a_masked_token_in_a_url_stays_as_it_is() {
    let text = serde_json::json!({"x": "see https://abcdefgh12345678abcd@git.example.com/x"}).to_string();
    let once = redact(&event("pods", &format!(r#""requestObject":{text}"#)));
    assert!(once.contains("https://redacted:"), "{once}");
    assert_eq!(redact(&once), once);
}
