//! EKS, AKS and GKE: the cloud runs the API servers and decides what they record, so its export is the way.
//!
//! What arrives is the cloud's envelope around the events; docs/formats.md says how each is read.

use super::apiserver::{title, token_step};
use super::kubeconfig::quoted;
use super::plan::{Plan, PlanFile, indented};
use super::wiring::{Credential, Receiver, Wiring};
use crate::exit::WrongUse;

/// Where the export waits for being read from, if nothing pushes it.
const FILES_TOO: &str =
    "What is exported to files already can be read at any time, and reading it twice adds nothing:";

/// CloudWatch, and a Lambda function that posts what a subscription delivers.
pub(super) fn eks_plan(wiring: &Wiring) -> Result<Plan, WrongUse> {
    let (mut plan, receiver) = cloud(wiring, "EKS")?;
    plan.cautions.push(
        "EKS has a policy of its own: bodies of most writes, no bodies of secrets, no say in what is dropped. Delivery takes \
         minutes and is best effort."
            .to_owned(),
    );
    plan.cautions.push(
        "Firehose does not do: its HTTP endpoints have to answer with a body of their own form.".to_owned(),
    );
    plan.files
        .push(PlanFile::public("lambda_function.py", include_str!("clouds/lambda_function.py").to_owned()));
    let ca = if receiver.ca.is_some() { " ca.crt" } else { "" };
    let cluster = &wiring.cluster;
    let function = function_name(cluster);
    plan.steps.extend([
        "Switch the audit log on (EKS-NAME is the cluster's name in EKS):\n       \
         aws eks update-cluster-config --name EKS-NAME \\\n         \
         --logging '{\"clusterLogging\":[{\"types\":[\"audit\"],\"enabled\":true}]}'"
            .to_owned(),
        format!(
            "Make the function, in a VPC that reaches Taffrail (ROLE may write logs and use the VPC):\n       \
             zip taffrail.zip lambda_function.py{ca}\n       \
             aws lambda create-function --function-name {function} --runtime python3.13 --role ROLE \\\n         \
             --handler lambda_function.lambda_handler --timeout 60 --zip-file fileb://taffrail.zip \\\n         \
             --vpc-config SubnetIds=SUBNET,SecurityGroupIds=GROUP \\\n         \
             --environment \"Variables={{TAFFRAIL_URL={url}{token}}}\"\n   \
             Lambda tries a failed batch twice again and then drops it: give it an on-failure destination to keep those.",
            url = receiver.address.url(),
            token = token_from_file(receiver).map_or(String::new(), |token| format!(",TAFFRAIL_TOKEN={token}")),
        ),
        format!(
            "Subscribe it to the audit streams:\n       \
             aws lambda add-permission --function-name {function} --statement-id logs \\\n         \
             --action lambda:InvokeFunction --principal logs.amazonaws.com\n       \
             aws logs put-subscription-filter --log-group-name /aws/eks/EKS-NAME/cluster \\\n         \
             --filter-name taffrail --filter-pattern '\"audit.k8s.io\"' --destination-arn FUNCTION-ARN"
        ),
        format!("{FILES_TOO}\n       taffrail import --cluster {cluster} FILE..."),
    ]);
    plan.undo = format!(
        "       aws logs delete-subscription-filter --log-group-name /aws/eks/EKS-NAME/cluster --filter-name taffrail\n       \
         aws lambda delete-function --function-name {function}"
    );
    Ok(plan)
}

/// Lambda's names have no dots, and 64 characters at most.
fn function_name(cluster: &str) -> String {
    let name = format!("taffrail-{}", cluster.replace('.', "-"));
    name.chars().take(64).collect()
}

/// A diagnostic setting, an Event Hub, and Vector between it and Taffrail.
pub(super) fn aks_plan(wiring: &Wiring) -> Result<Plan, WrongUse> {
    let (mut plan, receiver) = cloud(wiring, "AKS")?;
    plan.cautions.push(
        "Choose kube-audit (everything) or kube-audit-admin (without get and list), not both. Bodies can be missing or cut; \
         such events say so."
            .to_owned(),
    );
    plan.cautions.push(KAFKA.to_owned());
    plan.files.push(vector(include_str!("clouds/aks-vector.yaml"), receiver));
    plan.steps.extend([
        "Make an Event Hub (Standard tier or above, as only those speak Kafka) and send the audit log to it:\n       \
         az eventhubs namespace create -g GROUP -n NAMESPACE --sku Standard\n       \
         az eventhubs eventhub create -g GROUP --namespace-name NAMESPACE -n audit --partition-count 4\n       \
         az monitor diagnostic-settings create --name taffrail --resource CLUSTER-ID \\\n         \
         --event-hub audit --event-hub-rule NAMESPACE-RULE-ID --logs '[{\"category\":\"kube-audit\",\"enabled\":true}]'"
            .to_owned(),
        run_vector("EVENTHUB=NAMESPACE EVENTHUB_CONNECTION='Endpoint=sb://...'", receiver),
        format!(
            "{FILES_TOO} a diagnostic setting may\n   write to a storage account as well or instead.\n       \
             taffrail import --cluster {} PT1H.json...",
            wiring.cluster
        ),
    ]);
    plan.undo =
        "       az monitor diagnostic-settings delete --name taffrail --resource CLUSTER-ID".to_owned();
    Ok(plan)
}

/// A log sink, Pub/Sub, and Vector between it and Taffrail.
pub(super) fn gke_plan(wiring: &Wiring) -> Result<Plan, WrongUse> {
    let (mut plan, receiver) = cloud(wiring, "GKE")?;
    plan.cautions.push(
        "GKE records log entries of its own form: no groups of the user, no HTTP codes, no bodies of custom resources. Reads \
         are only there if Data Access audit logs of the Kubernetes Engine API are switched on."
            .to_owned(),
    );
    plan.files.push(vector(include_str!("clouds/gke-vector.yaml"), receiver));
    plan.steps.extend([
        "Make the topic, the sink, and the subscription (GKE-NAME is the cluster's name in GKE):\n       \
         gcloud pubsub topics create taffrail-audit\n       \
         gcloud logging sinks create taffrail pubsub.googleapis.com/projects/$PROJECT/topics/taffrail-audit \\\n         \
         --log-filter 'protoPayload.serviceName=\"k8s.io\" resource.labels.cluster_name=\"GKE-NAME\"'\n       \
         gcloud pubsub topics add-iam-policy-binding taffrail-audit --role roles/pubsub.publisher \\\n         \
         --member \"$(gcloud logging sinks describe taffrail --format 'value(writerIdentity)')\"\n       \
         gcloud pubsub subscriptions create taffrail --topic taffrail-audit --message-retention-duration 7d"
            .to_owned(),
        run_vector("PROJECT=...", receiver),
        format!(
            "{FILES_TOO}\n       \
             gcloud logging read 'protoPayload.serviceName=\"k8s.io\"' --freshness 7d --format json > entries.json\n       \
             taffrail import --cluster {} entries.json",
            wiring.cluster
        ),
    ]);
    plan.undo = "       gcloud logging sinks delete taffrail\n       gcloud pubsub subscriptions delete taffrail\n       \
                 gcloud pubsub topics delete taffrail-audit"
        .to_owned();
    Ok(plan)
}

const KAFKA: &str = "Taffrail does not read Kafka or an Event Hub itself yet, so Vector stands between them.";

/// The beginnings of a plan, and where its events go.
fn cloud<'a>(wiring: &'a Wiring, platform: &str) -> Result<(Plan, &'a Receiver), WrongUse> {
    if wiring.tail {
        let why = "--tail: nobody but the cloud gets at the log files of its API servers; name the server with --url";
        return Err(WrongUse(why.to_owned()));
    }
    let Some(receiver) = &wiring.receiver else {
        return Err(WrongUse("--url is missing: the address of the server that takes the events".to_owned()));
    };
    if matches!(receiver.credential, Credential::Certificate { .. }) {
        return Err(WrongUse("--client-cert: this way needs a token; name it with --token-file".to_owned()));
    }
    receiver.refuse_loopback("the cloud")?;
    let plan = Plan {
        title: title(wiring, platform),
        cautions: receiver.cautions(),
        files: receiver.ca.iter().map(|ca| PlanFile::public("ca.crt", ca.clone())).collect(),
        steps: token_step(wiring, "keep it in a file").into_iter().collect(),
        verify: format!(
            "   Within minutes, and it lasts longer on the first day:\n       taffrail status\n       \
             taffrail search --cluster {} --since 15m --limit 5\n       taffrail deadletters --limit 5",
            wiring.cluster
        ),
        undo: String::new(),
    };
    Ok((plan, receiver))
}

fn vector(template: &str, receiver: &Receiver) -> PlanFile {
    let mut auth = String::new();
    if !matches!(receiver.credential, Credential::None) {
        auth.push_str("auth:\n  strategy: bearer\n  token: ${TAFFRAIL_TOKEN}\n");
    }
    if receiver.ca.is_some() {
        auth.push_str("tls:\n  ca_file: ca.crt\n");
    }
    let content =
        template.replace("@URL@", &quoted(receiver.address.url())).replace("@AUTH@\n", &indented(4, &auth));
    PlanFile::public("vector.yaml", content)
}

/// The token as a shell reads it: it stands in no plan, which may be shown around.
fn token_from_file(receiver: &Receiver) -> Option<String> {
    (!matches!(receiver.credential, Credential::None)).then(|| format!("$(cat {})", receiver.files.token))
}

fn run_vector(environment: &str, receiver: &Receiver) -> String {
    let token =
        token_from_file(receiver).map_or(String::new(), |token| format!(" TAFFRAIL_TOKEN=\"{token}\""));
    format!(
        "Run Vector where it reaches both (https://vector.dev):\n       {environment}{token} vector --config vector.yaml"
    )
}
