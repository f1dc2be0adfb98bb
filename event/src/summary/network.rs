//! Network policies of Kubernetes and of Calico.

use super::fields::{Field, Rank, Said};
use super::phrase::{CHANGED, Phrase, SET};
use super::place::Word;
use super::rules::{rules, selected};
use super::told::Told;
use super::{general, line, nested};
use crate::json;

pub(super) fn said(told: &Told<'_>, field: Field<'_>) -> Option<Said> {
    let is_calico = told.is_calico();
    if !is_calico && !told.is("networking.k8s.io", "networkpolicies") {
        return None;
    }
    let phrase = match field.words {
        [Word::M("spec"), Word::M(side @ ("ingress" | "egress"))] => {
            rules_changed(told, field, side, is_calico)
        }
        [Word::M("spec"), Word::M("podSelector"), ..] => {
            let selector = told.in_body(&["spec", "podSelector"]);
            let pods =
                selector.map(|selector| format!(" to {}", selected("pods", selector))).unwrap_or_default();
            let phrase = Phrase::new(CHANGED, format!("the selector of {}{pods}", told.what()));
            return Some(Said { rank: Rank::Network, phrase, covers: 2 });
        }
        [Word::M("spec"), ..] => general::changed(told, field),
        _ => return None,
    };
    Some(Said { rank: Rank::Network, phrase, covers: field.words.len() })
}

/// `changed port 9090 to 9091 in networkpolicy shop/api-from-web`, or what the rules are now.
fn rules_changed(told: &Told<'_>, field: Field<'_>, side: &str, is_calico: bool) -> Phrase {
    if let (Some(before), Some(after)) = (field.before, field.after)
        && nested::one_difference(side, before, after).is_some()
    {
        return general::changed(told, field);
    }
    let Some(after) = field.after else { return general::changed(told, field) };
    match rules(after, side == "ingress", is_calico) {
        Some(rules) => Phrase::new(SET, format!("{side} {rules} in {}", told.what())),
        None => Phrase::new(SET, format!("no {side} in {}", told.what())),
    }
}

/// What a policy that was created says: `pods app=api, ingress from pods app=web on port 9090`.
pub(super) fn policy(told: &Told<'_>) -> Option<String> {
    let is_calico = told.is_calico();
    if !is_calico && !told.is("networking.k8s.io", "networkpolicies") {
        return None;
    }
    let spec = told.in_body(&["spec"])?;
    let mut facts = Vec::new();
    let tier = line::text_at(spec, &["tier"]);
    if !tier.is_empty() {
        facts.push(format!("tier {}", line::short(&tier)));
    }
    if let Some(order) = line::at(spec, &["order"]).and_then(line::value) {
        facts.push(format!("order {order}"));
    }
    let selector = line::text_at(spec, &["selector"]);
    if !selector.is_empty() {
        facts.push(format!("selector {}", line::short(&selector)));
    } else if let Some(selector) = line::at(spec, &["podSelector"]) {
        facts.push(selected("pods", selector));
    }
    let types = line::at(spec, &["policyTypes"]).or_else(|| line::at(spec, &["types"])).unwrap_or_default();
    let types: Vec<_> = json::elements(types).filter_map(|range| json::string(&types[range])).collect();
    for (side, name) in [("ingress", "Ingress"), ("egress", "Egress")] {
        let list = line::at(spec, &[side]).unwrap_or_default();
        match rules(list, side == "ingress", is_calico) {
            Some(rules) => facts.push(format!("{side} {rules}")),
            None if types.iter().any(|known| known == name) => facts.push(format!("no {side}")),
            None => {}
        }
    }
    (!facts.is_empty()).then(|| facts.join(", "))
}
