//! What a log prefix says of the policy that logged. Calico fills `%t` (tier), `%k` (kind), `%n` (name) and `%p`
//! (`[namespace/]name`) into `logPrefix` and puts `: ` behind it (upstream: `generateLogPrefix` in
//! `felix/rules/policy.go`). iptables keeps 29 bytes of that, nftables 127.
//!
//! Nothing in the line tells which template was filled. The kind is the only word that can be known for what it is, so a
//! prefix without one says nothing, and neither does one whose words may be read in two ways.

/// The policy that a log prefix names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct LogPrefix<'a> {
    /// The short name of its kind, one of `np gnp snp sgnp sknp knp kcnp pro`.
    pub(super) kind: &'a str,
    /// Its namespace; `""` where the prefix does not tell, and for kinds that belong to none.
    pub(super) namespace: &'a str,
    /// Its name.
    pub(super) name: &'a str,
    /// The prefix ends with the name: there may have been more of it.
    pub(super) is_cut: bool,
}

/// Short names of kinds that belong to a namespace, and of those that do not (upstream: `KindShortName` in
/// `felix/types/policy_id.go`; profiles are `pro`).
const NAMESPACED: [&str; 4] = ["np", "snp", "sknp", "knp"];
const GLOBAL: [&str; 4] = ["gnp", "sgnp", "kcnp", "pro"];

impl<'a> LogPrefix<'a> {
    /// Reads the text in front of `IN=`, as it is.
    pub(super) fn of(prefix: &'a str) -> Option<Self> {
        let mut words = prefix.split([' ', ':']).filter(|word| !word.is_empty());
        let kind = words.find(|word| NAMESPACED.contains(word) || GLOBAL.contains(word))?;
        let is_namespaced = NAMESPACED.contains(&kind);
        let (first, second) = (words.next()?, words.next());
        if words.next().is_some() {
            return None;
        }
        let ends_with_word = !prefix.ends_with([' ', ':']);
        let (word, is_cut) = match second {
            None => (first, ends_with_word),
            Some(tier) if is_named_in(first, tier, is_namespaced) => (first, false),
            Some(word) if is_named_in(word, first, is_namespaced) => (word, ends_with_word),
            Some(_) => return None,
        };
        // A tier or a namespace may have been cut before the name began; only names have dots.
        if is_cut && second.is_none() && !word.contains(['.', '/']) {
            return None;
        }
        let (namespace, name) = match word.split_once('/') {
            None => ("", word),
            Some((tier, name)) if is_of_tier(name, tier) => ("", name),
            Some((owner, name)) if is_namespaced && !owner.is_empty() => {
                let may_be_tier = is_cut && owner.starts_with(name);
                (if may_be_tier { "" } else { owner }, name)
            }
            Some(_) => return None,
        };
        let is_known = is_object_name(name) && !namespace.contains('.');
        (is_known && (namespace.is_empty() || is_object_name(namespace))).then_some(Self {
            kind,
            namespace,
            name,
            is_cut,
        })
    }
}

/// Whether `word` is the name and `tier` its tier, of two words in either order: either the tier is the start of the name,
/// as Calico demanded it for long, or only the name has a namespace.
fn is_named_in(word: &str, tier: &str, is_namespaced: bool) -> bool {
    match word.split_once('/') {
        Some((_, name)) if is_of_tier(name, tier) => true,
        Some(_) => is_namespaced && !tier.contains(['/', '.']),
        None => is_of_tier(word, tier),
    }
}

fn is_of_tier(name: &str, tier: &str) -> bool {
    name.strip_prefix(tier).is_some_and(|rest| rest.starts_with('.'))
}

/// Kubernetes' names of objects: lower-case letters, digits, hyphens and dots.
fn is_object_name(text: &str) -> bool {
    let is_part =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `kind namespace/name`, with `...` where it may be cut; `-` for no claim.
    fn check(prefix: &str, expected: &str) {
        let told = match LogPrefix::of(prefix) {
            None => "-".to_owned(),
            Some(LogPrefix { kind, namespace, name, is_cut }) => {
                let cut = if is_cut { "..." } else { "" };
                format!("{kind} {namespace}/{name}{cut}")
            }
        };
        assert_eq!(told, expected, "{prefix}");
    }

    /// Constructed by the templates of Calico's `logPrefix`; the default prefix is published and recorded.
    #[test]
    fn whole_prefixes() {
        check("c gnp:security.quarantine: ", "gnp /security.quarantine");
        check("c gnp security.quarantine: ", "gnp /security.quarantine");
        check("c security gnp security.quarantine: ", "gnp /security.quarantine");
        check("[ 3161.662745] c knp:allow-dns: ", "knp /allow-dns");
        check("c np:default/allow-dns: ", "np default/allow-dns");
        check("pro:kns.default: ", "pro /kns.default");
        // The tier beside the name, which belongs to it.
        check("gnp:security:security.quarantine: ", "gnp /security.quarantine");
        check("gnp:security.quarantine:security: ", "gnp /security.quarantine");
        check("np:security:prod/security.quarantine: ", "np prod/security.quarantine");
        check("np:default:prod/allow-dns: ", "np prod/allow-dns");
        check("gnp:security/security.quarantine: ", "gnp /security.quarantine");
    }

    #[test]
    fn cut_prefixes() {
        check("cali gnp:security:security.qu", "gnp /security.qu...");
        check("c gnp:security.quarantine-all", "gnp /security.quarantine-all...");
        check("c np:default/allow-everything", "np default/allow-everything...");
        // The cut took no more than the space.
        check("c gnp:security.quarantine-al:", "gnp /security.quarantine-al");
        // It may have been the tier, or the namespace.
        check("calico-packet gnp:security-tie", "-");
        check("calico-packet-of-prod np:defau", "-");
        check("calico np:security/securi", "np /securi...");
        check("calico-packet-of-prod gnp:", "-");
        check("calico-packet-of-prod gn", "-");
    }

    #[test]
    fn no_claims() {
        check("calico-packet: ", "-");
        check("", "-");
        check("security.quarantine: ", "-");
        check("default/allow-dns: ", "-");
        check("unknown:unknown: ", "-");
        // A second word that is no tier of the first.
        check("gnp:security.quarantine dropped: ", "-");
        check("gnp:default:allow-dns: ", "-");
        check("gnp:a b c: ", "-");
        // A policy of the cluster has no namespace.
        check("gnp:default/allow-dns: ", "-");
        // A namespace, or the tier.
        check("np:security/security.quarantine: ", "np /security.quarantine");
        // No name of an object.
        check("gnp:Security_1: ", "-");
        check("np:a/b/c: ", "-");
        check("np:/a: ", "-");
        check("np:a/: ", "-");
    }

    proptest! {
        #[test]
        fn any_text_is_read(prefix in "(gnp|np|pro|[a-z./: %é-]){0,12}") {
            if let Some(policy) = LogPrefix::of(&prefix) {
                prop_assert!(!policy.name.is_empty());
            }
        }

        #[test]
        fn a_cut_name_is_never_called_whole(name in "security\\.[a-z]{1,9}", kept in 0..40_usize) {
            let whole = format!("calico gnp:{name}");
            let prefix: String = whole.chars().take(kept).collect();
            if let Some(policy) = LogPrefix::of(&prefix) {
                prop_assert!(policy.is_cut && name.starts_with(policy.name));
            }
        }
    }
}
