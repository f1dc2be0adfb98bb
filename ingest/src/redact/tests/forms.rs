//! The forms in which secrets come.

use taffrail_event::RecordFlags;

use super::{HUNTER2, event, redact, redact_with, redactor};

/// Redacts `body` as the request body of a request about `resource`; `*` in `expected` stands for the hash of `hunter2`.
fn check(resource: &str, body: &str, expected: &str) {
    for member in ["requestObject", "responseObject"] {
        let found = redact(&event(resource, &format!(r#""{member}":{body}"#)));
        let expected = event(resource, &format!(r#""{member}":{}"#, expected.replace('*', HUNTER2)));
        assert_eq!(found, expected, "{resource} {body}");
        // The reference may follow the bodies.
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let late = format!(
            r#"{{"{member}":{body},"auditID":"a","objectRef":{{"subresource":"{subresource}","resource":"{resource}"}}}}"#
        );
        let hides = !redact(&late).contains("hunter2") && !redact(&late).contains("aHVudGVyMg");
        assert!(hides || expected.contains("hunter2") || expected.contains("aHVudGVyMg"), "{late}");
    }
}

/// Checks that nothing in `body` is changed.
fn stays(resource: &str, body: &str) {
    check(resource, body, body);
}

#[test]
fn t55_secrets_as_objects() {
    check(
        "secrets",
        r#"{"kind":"Secret","data":{"pw":"aHVudGVyMg=="}}"#,
        r#"{"kind":"Secret","data":{"pw":"*"}}"#,
    );
    check(
        "secrets",
        r#"{"stringData":{"pw":"hunter2"},"type":"Opaque"}"#,
        r#"{"stringData":{"pw":"*"},"type":"Opaque"}"#,
    );
    check(
        "secrets",
        r#"{"kind":"SecretList","items":[{"metadata":{"name":"a"},"data":{"a":"aHVudGVyMg==","b":""}}]}"#,
        r#"{"kind":"SecretList","items":[{"metadata":{"name":"a"},"data":{"a":"*","b":""}}]}"#,
    );
    // By kind, wherever it is and wherever the kind stands.
    check(
        "lists",
        r#"{"kind":"List","items":[{"data":{"a":"aHVudGVyMg=="},"kind":"Secret"},{"kind":"ConfigMap","data":{"a":"1"}}]}"#,
        r#"{"kind":"List","items":[{"data":{"a":"*"},"kind":"Secret"},{"kind":"ConfigMap","data":{"a":"1"}}]}"#,
    );
    check(
        "things",
        r#"{"items":[{"data":{"a":"aHVudGVyMg=="}}],"kind":"SecretList"}"#,
        r#"{"items":[{"data":{"a":"*"}}],"kind":"SecretList"}"#,
    );
    check(
        "things",
        r#"{"spec":{"template":{"type":"Opaque","stringData":{"a":"hunter2"}}}}"#,
        r#"{"spec":{"template":{"type":"Opaque","stringData":{"a":"*"}}}}"#,
    );
    check(
        "secrets",
        r#"{"kind":"Table","rows":[{"cells":["db","Opaque",1,"5m"],"object":{"kind":"Secret","data":{"a":"aHVudGVyMg=="}}}]}"#,
        r#"{"kind":"Table","rows":[{"cells":["db","Opaque",1,"5m"],"object":{"kind":"Secret","data":{"a":"*"}}}]}"#,
    );
    // Server-side apply.
    check(
        "secrets",
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"},"data":{"pw":"aHVudGVyMg=="}}"#,
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"},"data":{"pw":"*"}}"#,
    );
    stays(
        "secrets",
        r#"{"kind":"Secret","metadata":{"managedFields":[{"fieldsV1":{"f:data":{".":{},"f:pw":{}}}}]}}"#,
    );
    stays("secrets", r#""skipped-too-big-size-object""#);
}

#[test]
fn t55_secrets_as_patches() {
    check("secrets", r#"{"data":{"pw":"aHVudGVyMg==","gone":null}}"#, r#"{"data":{"pw":"*","gone":null}}"#);
    check(
        "secrets",
        r#"{"data":{"$patch":"replace","pw":"aHVudGVyMg=="},"$retainKeys":["data"]}"#,
        r#"{"data":{"$patch":"replace","pw":"*"},"$retainKeys":["data"]}"#,
    );
    stays("secrets", r#"{"data":null,"stringData":{}}"#);
    stays("secrets", r#"{"metadata":{"labels":{"a":"b"}}}"#);
}

#[test]
fn t56_secrets_as_json_patches() {
    fn op(path: &str, value: &str, expected: &str) {
        check(
            "secrets",
            &format!(r#"[{{"op":"replace","path":"{path}","value":{value}}}]"#),
            &format!(r#"[{{"op":"replace","path":"{path}","value":{expected}}}]"#),
        );
        check(
            "secrets",
            &format!(r#"[{{"value":{value},"op":"add","path":"{path}"}}]"#),
            &format!(r#"[{{"value":{expected},"op":"add","path":"{path}"}}]"#),
        );
    }
    op("/stringData/x", r#""hunter2""#, r#""*""#);
    op("/data/x", r#""aHVudGVyMg==""#, r#""*""#);
    op("/d\\u0061ta/x", r#""aHVudGVyMg==""#.replace("\\\\", "\\").as_str(), r#""*""#);
    op("/data", r#"{"a":"aHVudGVyMg==","b":"aHVudGVyMg"}"#, r#"{"a":"*","b":"*"}"#);
    op("", r#"{"kind":"Secret","data":{"a":"aHVudGVyMg=="}}"#, r#"{"kind":"Secret","data":{"a":"*"}}"#);
    op("/metadata/labels/a", r#""b""#, r#""b""#);
    op("/metadata/labels", r#"{"a":"b"}"#, r#"{"a":"b"}"#);
    check("secrets", r#"[{"op":"test","value":"hunter2"}]"#, r#"[{"op":"test","value":"*"}]"#);
    stays("secrets", r#"[{"op":"move","from":"/data/a","path":"/data/b"},{"op":"remove","path":"/data/c"}]"#);
    let found = redact(&event(
        "secrets",
        r#""requestObject":[{"op":"add","path":"/data/x","value":{"y":["hunter2"]}}]"#,
    ));
    assert!(
        !found.contains("hunter2") && found.contains(r#""path":"/data/x","value":"redacted:"#),
        "{found}"
    );
    let found =
        redact(&event("secrets", r#""requestObject":[{"op":"add","path":"/data/x/y","value":"hunter2"}]"#));
    assert!(!found.contains("hunter2"), "{found}");
}

#[test]
fn t57_last_applied() {
    let applied = r#"{\"kind\":\"Secret\",\"stringData\":{\"pw\":\"hunter2\"}}"#;
    for (resource, body) in [
        (
            "secrets",
            format!(
                r#"{{"kind":"Secret","metadata":{{"annotations":{{"kubectl.kubernetes.io/last-applied-configuration":"{applied}","a":"b"}}}}}}"#
            ),
        ),
        (
            "secrets",
            format!(
                r#"{{"metadata":{{"annotations":{{"a":"b","kubectl.kubernetes.io\/last-applied-configuration":"{applied}"}}}}}}"#
            ),
        ),
        (
            "things",
            format!(
                r#"{{"metadata":{{"annotations":{{"a":"b","kubectl.kubernetes.io/last-applied-configuration":"{applied}"}}}}}}"#
            ),
        ),
        (
            "things",
            format!(
                r#"[{{"op":"add","path":"/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration","value":"{applied}"}},{{"a":"b"}}]"#
            ),
        ),
        (
            "things",
            format!(
                r#"[{{"op":"add","path":"/metadata/annotations","value":{{"kubectl.kubernetes.io/last-applied-configuration":"{applied}","a":"b"}}}}]"#
            ),
        ),
    ] {
        let found = redact(&event(resource, &format!(r#""requestObject":{body}"#)));
        assert!(!found.contains("hunter2") && !found.contains("stringData"), "{found}");
        assert!(found.contains("redacted:") && found.contains(r#""a":"b""#), "{found}");
    }
    // Equal objects have equal hashes; a removed annotation stays removed.
    stays(
        "pods",
        r#"{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":null}}}"#,
    );
}

#[test]
fn t58_exec_commands() {
    fn check(query: &str, expected: &str) {
        let uri = |query: &str| format!(r#""requestURI":"/api/v1/namespaces/n/pods/p/exec?{query}""#);
        let found = redact(&event("pods/exec", &uri(query)));
        assert_eq!(found, event("pods/exec", &uri(&expected.replace('*', HUNTER2))), "{query}");
        // As Go writes it.
        let found = redact(&event("pods/exec", &uri(&query.replace('&', r"\u0026"))));
        assert!(found.contains("hunter2") == expected.contains("hunter2"), "{found}");
    }
    check("command=sh&stdin=true", "command=sh&stdin=true");
    check(
        "command=env&command=DB_PASSWORD%3Dhunter2&command=ls",
        "command=env&command=DB_PASSWORD%3D*&command=ls",
    );
    check(
        "command=psql&command=--password%3Dhunter2&command=-h&command=db",
        "command=psql&command=--password%3D*&command=-h&command=db",
    );
    check(
        "command=x&command=--token&command=hunter2&container=c",
        "command=x&command=--token&command=*&container=c",
    );
    check("command=mysql&command=-uroot&command=-phunter2", "command=mysql&command=-uroot&command=-p*");
    check(
        "command=sh&command=-c&command=mysql+-uroot+-phunter2+-e+%27select+1%27",
        "command=sh&command=-c&command=mysql+-uroot+-p*+-e+%27select+1%27",
    );
    check("command=curl&command=-u&command=bob:hunter2", "command=curl&command=-u&command=bob:*");
    check(
        "command=cat&command=%2Fetc%2Fpasswd&command=-p8080",
        "command=cat&command=%2Fetc%2Fpasswd&command=-p8080",
    );
    check(
        "command=curl&command=http%3A%2F%2Fbob%3Ahunter2%40db%2Fx",
        "command=curl&command=http:%2F%2Fbob:*%40db%2Fx",
    );
    check("command=ls&token=hunter2", "command=ls&token=*");
    check("command=ls&access_token=hunter2&watch=true", "command=ls&access_token=*&watch=true");
}

#[test]
fn secrets_of_other_resources() {
    check(
        "serviceaccounts/token",
        r#"{"kind":"TokenRequest","status":{"token":"hunter2"}}"#,
        r#"{"kind":"TokenRequest","status":{"token":"*"}}"#,
    );
    stays(
        "serviceaccounts/token",
        r#"{"kind":"TokenRequest","status":{"token":"","expirationTimestamp":null}}"#,
    );
    check(
        "tokenreviews",
        r#"{"spec":{"token":"hunter2"},"kind":"TokenReview"}"#,
        r#"{"spec":{"token":"*"},"kind":"TokenReview"}"#,
    );
    check(
        "oauthclients",
        r#"{"secret":"hunter2","additionalSecrets":["x"]}"#,
        &format!(r#"{{"secret":"*","additionalSecrets":"{}"}}"#, hash(br#"["x"]"#)),
    );
    check(
        "lists",
        r#"{"items":[{"secret":"hunter2","kind":"OAuthClient"}]}"#,
        r#"{"items":[{"secret":"*","kind":"OAuthClient"}]}"#,
    );
    check(
        "routes",
        r#"{"spec":{"tls":{"certificate":"c","key":"hunter2"}}}"#,
        r#"{"spec":{"tls":{"certificate":"c","key":"*"}}}"#,
    );
    check(
        "routes",
        r#"[{"op":"add","path":"/spec/tls/key","value":"hunter2"}]"#,
        r#"[{"op":"add","path":"/spec/tls/key","value":"*"}]"#,
    );
    check(
        "things",
        r#"{"auths":{"quay.io":{"username":"u","auth":"hunter2"}}}"#,
        r#"{"auths":{"quay.io":{"username":"u","auth":"*"}}}"#,
    );
    check(
        "things",
        r#"{"spec":{"adminPassword":"hunter2","apiKey":null}}"#,
        r#"{"spec":{"adminPassword":"*","apiKey":null}}"#,
    );
    stays(
        "pods",
        r#"{"spec":{"automountServiceAccountToken":false,"volumes":[{"secret":{"secretName":"s"}}]}}"#,
    );
    stays(
        "customresourcedefinitions",
        r#"{"properties":{"password":{"type":"string"}},"required":["password"]}"#,
    );
    let uri = r#""requestURI":"/apis/oauth.openshift.io/v1/oauthaccesstokens/hunter2?x=1""#;
    let found = redact(&event("oauthaccesstokens", uri));
    assert!(!found.contains(r#""name":"x""#), "{found}");
    let body = r#""requestObject":{"metadata":{"name":"hunter2"},"refreshToken":"hunter2"}"#;
    assert!(!redact(&event("oauthaccesstokens", body)).contains("hunter2"));
    let found = redact(&event("oauthaccesstokens", uri));
    assert!(found.contains(&format!("/oauthaccesstokens/{HUNTER2}?x=1")), "{found}");
}

fn hash(value: &[u8]) -> String {
    let mut out = Vec::new();
    redactor().hash.write(value, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn variables_and_command_lines() {
    check(
        "pods",
        r#"{"env":[{"name":"DB_PASSWORD","value":"hunter2"},{"name":"X","value":"hunter2"}]}"#,
        r#"{"env":[{"name":"DB_PASSWORD","value":"*"},{"name":"X","value":"hunter2"}]}"#,
    );
    check(
        "pods",
        r#"{"env":[{"value":"hunter2","name":"api_token"}]}"#,
        r#"{"env":[{"value":"*","name":"api_token"}]}"#,
    );
    check(
        "pods",
        r#"[{"op":"add","path":"/spec/containers/0/env/-","value":{"name":"KEY","value":"hunter2"}}]"#,
        r#"[{"op":"add","path":"/spec/containers/0/env/-","value":{"name":"KEY","value":"*"}}]"#,
    );
    check(
        "pods",
        r#"[{"op":"add","path":"/spec/containers/0/env","value":[{"value":"hunter2","name":"KEY"}]}]"#,
        r#"[{"op":"add","path":"/spec/containers/0/env","value":[{"value":"*","name":"KEY"}]}]"#,
    );
    check(
        "pods",
        r#"[{"op":"replace","path":"/spec/containers/0/env/0/value","value":"hunter2"}]"#,
        r#"[{"op":"replace","path":"/spec/containers/0/env/0/value","value":"*"}]"#,
    );
    check(
        "pods",
        r#"{"command":["app","--password=hunter2","--verbose"]}"#,
        r#"{"command":["app","--password=*","--verbose"]}"#,
    );
    check(
        "pods",
        r#"{"command":["app","--token","hunter2","-v"]}"#,
        r#"{"command":["app","--token","*","-v"]}"#,
    );
    check(
        "pods",
        r#"{"command":["mysql"],"args":["-uroot","-phunter2"]}"#,
        r#"{"command":["mysql"],"args":["-uroot","-p*"]}"#,
    );
    check(
        "pods",
        r#"{"args":["sh","-c","export FOO_TOKEN=hunter2; run"]}"#,
        &format!(r#"{{"args":["sh","-c","export FOO_TOKEN={} run"]}}"#, "*;"),
    );
    check(
        "pods",
        r#"[{"op":"add","path":"/spec/containers/0/args/1","value":"--api-key=hunter2"}]"#,
        r#"[{"op":"add","path":"/spec/containers/0/args/1","value":"--api-key=*"}]"#,
    );
    stays(
        "pods",
        r#"{"command":["kube-apiserver","--tls-private-key-file=/etc/k.pem","--token-ttl=5m","--token-auth-file","f"]}"#,
    );
    stays(
        "pods",
        r#"{"env":[{"name":"DB_PASSWORD","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}]}"#,
    );
}

#[test]
fn annotations_and_config_maps() {
    check(
        "pods",
        r#"{"metadata":{"annotations":{"vault/token":"hunter2","note":"hi"}}}"#,
        r#"{"metadata":{"annotations":{"vault/token":"*","note":"hi"}}}"#,
    );
    check(
        "configmaps",
        r#"{"kind":"ConfigMap","data":{"db.password":"hunter2","color":"blue"}}"#,
        r#"{"kind":"ConfigMap","data":{"db.password":"*","color":"blue"}}"#,
    );
    check(
        "configmaps",
        r#"{"data":{"app.properties":"a=b\npassword=hunter2\nc=d"}}"#,
        r#"{"data":{"app.properties":"a=b\npassword=*\nc=d"}}"#,
    );
    check(
        "configmaps",
        r#"{"data":{"app.yaml":"db:\n  password: hunter2\n  host: x"}}"#,
        r#"{"data":{"app.yaml":"db:\n  password: *\n  host: x"}}"#,
    );
    check(
        "configmaps",
        r#"{"data":{"app.json":"{\"db\":{\"password\":\"hunter2\",\"host\":\"x\"}}"}}"#,
        r#"{"data":{"app.json":"{\"db\":{\"password\":\"*\",\"host\":\"x\"}}"}}"#,
    );
    stays(
        "configmaps",
        r#"{"kind":"ConfigMap","data":{"ca.crt":"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n","level":"info"}}"#,
    );
    let patch = r#""annotations":{"authorization.k8s.io/reason":"RBAC: allowed \"x\"","patch.webhook.admission.k8s.io/round_0_index_0":"{\"patch\":[{\"op\":\"add\",\"path\":\"/data/x\",\"value\":\"aHVudGVyMg==\"}],\"patchType\":\"JSONPatch\"}"}"#;
    assert_eq!(redact(&event("secrets", patch)), event("secrets", &patch.replace("aHVudGVyMg==", HUNTER2)));
    let patch = r#""annotations":{"patch.webhook.admission.k8s.io/round_0_index_0":"{\"patch\":[{\"op\":\"add\",\"path\":\"/spec/containers/0/env/-\",\"value\":{\"name\":\"VAULT_TOKEN\",\"value\":\"hunter2\"}}]}"}"#;
    assert_eq!(redact(&event("pods", patch)), event("pods", &patch.replace("hunter2", HUNTER2)));
}

#[test]
fn t14_adversarial_forms() {
    check(
        "secrets",
        r#"{"data":{"a":"aHVudGVyMg=="},"data":{"a":"aHVudGVyMg=="}}"#,
        r#"{"data":{"a":"*"},"data":{"a":"*"}}"#,
    );
    check(
        "things",
        r#"{"kind":"x","data":{"a":"aHVudGVyMg=="},"kind":"Secret","kind":"y"}"#,
        r#"{"kind":"x","data":{"a":"*"},"kind":"Secret","kind":"y"}"#,
    );
    check("secrets", r#"{"\u0064ata":{"a":"aHVudGVyMg=="}}"#, r#"{"\u0064ata":{"a":"*"}}"#);
    check(
        "things",
        r#"{"k\u0069nd":"\u0053ecret","DATA":{"a":"aHVudGVyMg=="}}"#,
        r#"{"k\u0069nd":"\u0053ecret","DATA":{"a":"*"}}"#,
    );
    check("secrets", r#"{"stringdata":{"a":"\u0068unter2"}}"#, r#"{"stringdata":{"a":"*"}}"#);
    check("secrets", r#"{"data":"aHVudGVyMg=="}"#, r#"{"data":"*"}"#);
    check("secrets", r#"{"data":{"n":12345}}"#, &format!(r#"{{"data":{{"n":"{}"}}}}"#, hash(b"12345")));
    check(
        "secrets",
        r#"{"data":{"n":{"a":["hunter2"]}}}"#,
        &format!(r#"{{"data":{{"n":"{}"}}}}"#, hash(br#"{"a":["hunter2"]}"#)),
    );
    check("secrets", r#"{"data":["hunter2"]}"#, &format!(r#"{{"data":"{}"}}"#, hash(br#"["hunter2"]"#)));
    check(
        "things",
        r#"{"data":["hunter2"],"kind":"Secret"}"#,
        &format!(r#"{{"data":"{}","kind":"Secret"}}"#, hash(br#"["hunter2"]"#)),
    );
    check("secrets", r#""hunter2""#, r#""*""#);
    check(
        "things",
        r#"{"a":"{\"kind\":\"Secret\",\"data\":{\"a\":\"aHVudGVyMg==\"}}"}"#,
        r#"{"a":"{\"kind\":\"Secret\",\"data\":{\"a\":\"*\"}}"}"#,
    );
    check(
        "things",
        r#"{"value":"hunter2","name":"x","name":"TOKEN","name":"y"}"#,
        r#"{"value":"*","name":"x","name":"TOKEN","name":"y"}"#,
    );

    let deep = format!(
        r#"{}{{"kind":"Secret","stringData":{{"a":"hunter2"}}}}{}"#,
        r#"{"x":["#.repeat(1500),
        "]}".repeat(1500)
    );
    check("things", &deep, &deep.replace("hunter2", HUNTER2));

    let mut record =
        event("secrets", r#""requestObject":{"stringData":{"a":"hunter2","b":"?hunter2"},"x":"?"}"#)
            .into_bytes();
    record.iter_mut().filter(|byte| **byte == b'?').for_each(|byte| *byte = 0xff);
    let mut out = Vec::new();
    redactor().redact(&record, &mut out).unwrap();
    assert!(memchr::memmem::find(&out, b"hunter2").is_none());
    assert!(memchr::memmem::find(&out, b"\"x\":\"\xff\"").is_some());
}

#[test]
fn bodies_that_are_no_json_are_withheld() {
    fn check(resource: &str, body: &str, flags: RecordFlags) {
        let record = event(resource, &format!(r#""requestObject":{body}"#));
        let (found, found_flags) = redact_with(redactor(), record.as_bytes());
        assert!(!found.contains("hunter2"), "{found}");
        assert!(found.contains(r#""requestObject":""#) && found.contains("redacted:"), "{found}");
        assert_eq!(found_flags, flags, "{body}");
    }
    check("secrets", r#"{"data" "hunter2"}"#, RecordFlags::WITHHELD);
    check("secrets", r#"{"data":hunter2}"#, RecordFlags::WITHHELD);
    check("secrets", r#"{"metadata":["hunter2"}}"#, RecordFlags::WITHHELD);
    check("secrets", r#"hunter2"#, RecordFlags::WITHHELD);
    check("pods", r#"{"env" "hunter2"}"#, RecordFlags::default());
    check("pods", r#"{"env":["hunter2"}}"#, RecordFlags::default());
    let deep = format!("{}\"hunter2\"{}", "[".repeat(20_000), "]".repeat(20_000));
    check("secrets", &deep, RecordFlags::WITHHELD);
    // Nobody knows what it is about.
    let (found, flags) = redact_with(redactor(), br#"{"auditID":"a","responseObject":{"x" "hunter2"}}"#);
    assert_eq!((found.contains("hunter2"), flags), (false, RecordFlags::WITHHELD));
}

#[test]
fn a_record_whose_reference_names_no_resource_is_judged_by_its_uri() {
    let body = r#""requestObject":{"data":{"a":"aHVudGVyMg=="}}"#;
    let uri = r#""requestURI":"/api/v1/namespaces/n/secrets/x""#;
    for reference in ["", r#""objectRef":{},"#, r#""objectRef":null,"#, r#""objectRef":{"resource":""},"#] {
        for record in [
            format!(r#"{{"auditID":"a",{reference}{body},{uri}}}"#),
            format!(r#"{{"auditID":"a",{uri},{reference}{body}}}"#),
        ] {
            let found = redact(&record);
            assert!(found.contains(HUNTER2), "{found}");
        }
    }
}

#[test]
fn messages_about_secrets_lose_what_they_echo() {
    let message = |resource: &str, text: &str| {
        redact(&event(resource, &format!(r#""responseStatus":{{"code":422,"message":"{text}"}}"#)))
    };
    for text in [
        r#"Secret \"x\" is invalid: data[a]: Invalid value: \"hunter2\": no"#,
        r#"couldn't get version/kind; json parse error: invalid character 'h' (hunter2"#,
    ] {
        let found = message("secrets", text);
        assert!(!found.contains("hunter2") && found.contains("redacted:"), "{found}");
        assert!(message("pods", text).contains("hunter2"));
    }
    let plain = r#"secrets \"hunter2\" not found"#;
    assert!(message("secrets", plain).contains("hunter2"));
}

#[test]
fn type_errors_of_server_side_apply_do_not_echo_the_value() {
    fn check(text: &str, expected: &str) {
        for resource in ["secrets", "deployments"] {
            for text in [text.to_owned(), text.replace('&', "\\u0026")] {
                for member in [
                    format!(r#""responseStatus":{{"code":500,"message":"{text}"}}"#),
                    format!(r#""responseObject":{{"kind":"Status","message":"{text}"}}"#),
                    format!(r#""requestObject":{{"kind":"Event","note":"{text}"}}"#),
                ] {
                    let found = redact(&event(resource, &member));
                    assert!(!found.contains("hunter2"), "{found}");
                    let found = found.replace("\\u0026", "&");
                    // Of a Secret's message more is taken for an echo.
                    let is_whole = resource == "secrets" || found.contains(&expected.replace('*', HUNTER2));
                    assert!(is_whole, "{found}");
                }
            }
        }
    }
    check(
        "failed to create typed patch object (ns/db; /v1, Kind=Secret): .stringData.pin: expected string, got &value.valueUnstructured{Value:hunter2}",
        ".stringData.pin: expected string, got &value.valueUnstructured{Value:*}\"",
    );
    check(
        r#"failed: .spec.template.spec.containers[name=\"x\"].env[name=\"DB_PASSWORD\"].value: expected string, got &value.valueUnstructured{Value:hunter2}"#,
        ".value: expected string, got &value.valueUnstructured{Value:*}\"",
    );
    check(".data: expected map, got &{hunter2}", ".data: expected map, got &{*}\"");
    check("errors:\\n  .a: expected map, got &{hunter2", ".a: expected map, got &{*\"");
    check(
        "errors:\\n  .a: expected list, got &{a}\\n  .b: expected list, got &{hunter2}",
        ".a: expected list, got &{redacted:",
    );
    let harmless = r#""responseStatus":{"message":"I got &{it}"}"#;
    assert!(redact(&event("secrets", harmless)).contains("I got &{it}"));
}

#[test]
fn identity_is_never_touched() {
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";
    let record = format!(
        r#"{{"auditID":"{token}","stage":"{token}","verb":"{token}","level":"{token}","requestReceivedTimestamp":"{token}","stageTimestamp":"{token}","user":{{"username":"{token}","groups":["{token}"]}},"userAgent":"{token}","responseStatus":{{"code":200}}}}"#
    );
    let found = redact(&record);
    assert_eq!(found.matches(token).count(), 7, "{found}");
    assert!(found.contains(r#""username":"eyJ"#) && found.contains(r#""userAgent":"redacted:"#), "{found}");
}

#[test]
fn of_several_references_the_most_secret_counts() {
    let secrets = r#""objectRef":{"resource":"secrets"}"#;
    let pods = r#""objectRef":{"resource":"pods"}"#;
    let body = r#""requestObject":{"data":{"a":"aHVudGVyMg=="}}"#;
    for record in [
        format!(r#"{{"auditID":"a",{pods},{body},{secrets}}}"#),
        format!(r#"{{"auditID":"a",{secrets},{body},{pods}}}"#),
        format!(r#"{{"auditID":"a",{body},{pods},{secrets},{pods}}}"#),
    ] {
        assert!(redact(&record).contains(HUNTER2), "{record}");
    }
}

#[test]
fn containers_where_texts_belong_are_read() {
    let found = redact(
        r#"{"auditID":"a","verb":{"password":"hunter2"},"requestURI":[{"kind":"Secret","stringData":{"a":"hunter2"}}]}"#,
    );
    assert_eq!(found.matches(HUNTER2).count(), 2, "{found}");
}
