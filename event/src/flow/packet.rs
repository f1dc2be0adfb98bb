//! What netfilter's LOG target writes of a packet: `c gnp:security.quarantine: IN=cali0a1b2c3d4e5 OUT=eth0 SRC=... PROTO=TCP ...`.
//!
//! The line is meant for people, and its words are no fields: LEN and ID come twice, `ACK` is a flag and `ACK=` a number, an
//! ICMP error quotes a packet between brackets, and the prefix runs into `IN=` where it was cut. What stands first counts,
//! words that nobody knows are passed over. The writer is upstream's `net/netfilter/nf_log_syslog.c`.

use std::fmt;
use std::net::IpAddr;

/// One packet as netfilter logged it. Strings borrow from the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    /// What stands in front of `IN=`, as it is: see [`Packet::label`].
    pub(super) prefix: &'a str,
    /// Where it came in; `""` for what the node itself sent.
    pub(super) interface_in: &'a str,
    /// Where it was to leave; `""` for what the node itself received.
    pub(super) interface_out: &'a str,
    /// The sender.
    pub(super) source: IpAddr,
    /// The receiver; on its way through a node already the backend of a Service.
    pub(super) destination: IpAddr,
    /// Bytes of the whole IP packet.
    pub(super) length: Option<u64>,
    /// What IP carries; `None` where an IPv6 packet ends in headers that the kernel does not look behind.
    pub(super) transport: Option<Transport>,
    /// The sender's port: only in the first piece of a packet, and if that is long enough.
    pub(super) source_port: Option<u16>,
    /// The receiver's port.
    pub(super) destination_port: Option<u16>,
    /// Type and code of an ICMP message.
    pub(super) icmp: Option<(u8, u8)>,
    /// The flags of a TCP segment.
    pub(super) tcp_flags: TcpFlags,
    /// The packet that an ICMP error is about, without prefix and interfaces: its source sent what could not be delivered.
    pub(super) inner: Option<Box<Packet<'a>>>,
    /// The mark that rules gave it; not printed when 0.
    pub(super) mark: Option<u32>,
    /// The user who sent it, for what the node itself sent and if the rule asks for it.
    pub(super) uid: Option<u32>,
    /// A piece of a larger packet, by `MF` or `FRAG:`; all but the first have no ports.
    pub(super) is_fragment: bool,
}

/// Why a line tells of no IP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAPacket {
    /// It is something else that the kernel has to say: to be passed over.
    #[error("not a line of netfilter's LOG target, which has `IN=` and `OUT=`")]
    Foreign,
    /// A rule for ARP wrote it: to be passed over.
    #[error("an ARP message, which no network policy is about")]
    Arp,
    /// It was cut before its addresses, or is of another protocol: to be reported.
    #[error("a line of netfilter's LOG target without `SRC=` and `DST=`")]
    NoAddresses,
}

impl<'a> Packet<'a> {
    /// Reads the message of a kernel log line. What a collector wrote in front of it becomes part of the prefix.
    pub(super) fn parse(message: &'a str) -> Result<Self, NotAPacket> {
        let (prefix, interface_in, rest) = start(message).ok_or(NotAPacket::Foreign)?;
        let (interface_out, words) = rest.split_once(' ').unwrap_or((rest, ""));
        let fields = Fields::read(words);
        let quoted = fields.quoted;
        let mut packet = fields.packet()?;
        packet.inner = quoted.and_then(|words| Fields::read(words).packet().ok()).map(Box::new);
        Ok(Packet { prefix, interface_in, interface_out, ..packet })
    }

    /// The prefix without the `: ` that Calico puts behind it.
    pub(super) fn label(&self) -> &'a str {
        let prefix = self.prefix.strip_suffix(' ').unwrap_or(self.prefix);
        prefix.strip_suffix(':').unwrap_or(prefix)
    }
}

/// The prefix, the interface behind `IN=`, and what follows ` OUT=`. A prefix may hold `: ` and need not end with it.
fn start(message: &str) -> Option<(&str, &str, &str)> {
    message.match_indices(" OUT=").find_map(|(at, sign)| {
        let (head, rest) = message.split_at(at);
        let word = head.rsplit(char::is_whitespace).next()?;
        let (_, interface) = word.rsplit_once("IN=")?;
        let prefix = head.strip_suffix(interface)?.strip_suffix("IN=")?;
        Some((prefix, interface, rest.strip_prefix(sign)?))
    })
}

/// What the words of one packet say.
#[derive(Default)]
struct Fields<'a> {
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    length: Option<u64>,
    transport: Option<Transport>,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    icmp_type: Option<u8>,
    icmp_code: Option<u8>,
    tcp_flags: TcpFlags,
    quoted: Option<&'a str>,
    mark: Option<u32>,
    uid: Option<u32>,
    is_fragment: bool,
    is_arp: bool,
}

impl<'a> Fields<'a> {
    /// Does not look into brackets, so that however deep they are, a line is read twice at most.
    fn read(words: &'a str) -> Self {
        let mut fields = Self::default();
        let mut rest = words.trim_start();
        while !rest.is_empty() {
            let (word, behind) = match rest.strip_prefix('[') {
                Some(bracket) => {
                    let (content, behind) = bracketed(bracket);
                    if content.starts_with("SRC=") {
                        fields.quoted.get_or_insert(content);
                    }
                    ("", behind)
                }
                None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
            };
            fields.take(word);
            rest = behind.trim_start();
        }
        fields
    }

    fn take(&mut self, word: &str) {
        let Some((key, value)) = word.split_once('=') else {
            match word {
                "ARP" => self.is_arp = true,
                "MF" => self.is_fragment = true,
                _ if word.starts_with("FRAG:") => self.is_fragment = true,
                _ if self.transport == Some(Transport::TCP) => self.tcp_flags.insert(word),
                _ => {}
            }
            return;
        };
        match key {
            "SRC" => keep(&mut self.source, value.parse().ok()),
            "DST" => keep(&mut self.destination, value.parse().ok()),
            "LEN" => keep(&mut self.length, value.parse().ok()),
            "PROTO" => keep(&mut self.transport, Transport::parse(value)),
            "SPT" => keep(&mut self.source_port, value.parse().ok()),
            "DPT" => keep(&mut self.destination_port, value.parse().ok()),
            "TYPE" => keep(&mut self.icmp_type, value.parse().ok()),
            "CODE" => keep(&mut self.icmp_code, value.parse().ok()),
            "UID" => keep(&mut self.uid, value.parse().ok()),
            "MARK" => {
                let digits = value.strip_prefix("0x");
                keep(&mut self.mark, digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()));
            }
            _ => {}
        }
    }

    fn packet(self) -> Result<Packet<'a>, NotAPacket> {
        let (Some(source), Some(destination)) = (self.source, self.destination) else {
            return Err(if self.is_arp { NotAPacket::Arp } else { NotAPacket::NoAddresses });
        };
        Ok(Packet {
            prefix: "",
            interface_in: "",
            interface_out: "",
            source,
            destination,
            length: self.length,
            transport: self.transport,
            source_port: self.source_port,
            destination_port: self.destination_port,
            icmp: self.icmp_type.zip(self.icmp_code),
            tcp_flags: self.tcp_flags,
            inner: None,
            mark: self.mark,
            uid: self.uid,
            is_fragment: self.is_fragment,
        })
    }
}

/// The first of two equal keys is the one of the outer header: UDP has a LEN of its own.
fn keep<T>(field: &mut Option<T>, value: Option<T>) {
    if field.is_none() {
        *field = value;
    }
}

/// Content of an open bracket and what follows it; everything where the line was cut before it closes.
fn bracketed(text: &str) -> (&str, &str) {
    let mut depth = 1_usize;
    for (at, sign) in text.match_indices(['[', ']']) {
        depth = if sign == "[" { depth + 1 } else { depth - 1 };
        if depth == 0 {
            let (content, behind) = text.split_at(at);
            return (content, behind.strip_prefix(']').unwrap_or(behind));
        }
    }
    (text, "")
}

/// What IP carries, by its number. Prints as a lower-case name, or the number where netfilter and Calico have no name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Transport(pub(super) u8);

impl Transport {
    /// Control messages of IPv4.
    pub(super) const ICMP: Self = Self(1);
    /// Connections.
    pub(super) const TCP: Self = Self(6);
    /// Datagrams.
    pub(super) const UDP: Self = Self(17);
    /// Control messages of IPv6.
    pub(super) const ICMP6: Self = Self(58);

    /// Those that netfilter prints as a word; SCTP it prints as 132.
    const NAMES: [(&'static str, Self); 8] = [
        ("tcp", Self::TCP),
        ("udp", Self::UDP),
        ("icmp", Self::ICMP),
        ("icmp6", Self::ICMP6),
        ("udplite", Self(136)),
        ("esp", Self(50)),
        ("ah", Self(51)),
        ("sctp", Self(132)),
    ];

    /// The name; `None` where only the number is known.
    pub(super) fn name(self) -> Option<&'static str> {
        Self::NAMES.iter().find(|(_, transport)| *transport == self).map(|(name, _)| *name)
    }

    /// Whether its two ends have ports.
    pub(super) fn has_ports(self) -> bool {
        matches!(self.name(), Some("tcp" | "udp" | "udplite" | "sctp"))
    }

    /// Whether it is ICMP, of either version of IP.
    pub(super) fn is_icmp(self) -> bool {
        self == Self::ICMP || self == Self::ICMP6
    }

    /// What follows `PROTO=`.
    fn parse(word: &str) -> Option<Self> {
        if word == "ICMPv6" {
            return Some(Self::ICMP6);
        }
        let known = Self::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        known.map(|(_, transport)| *transport).or_else(|| word.parse().ok().map(Self))
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => self.0.fmt(f),
        }
    }
}

/// The flags of a TCP segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct TcpFlags(u16);

impl TcpFlags {
    /// In the order in which kernels print them; older ones know no AE.
    pub(super) const NAMES: [&'static str; 9] =
        ["AE", "CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN"];

    /// Whether the flag of this name is set.
    pub(super) fn has(self, name: &str) -> bool {
        self.names().any(|set| set == name)
    }

    /// Those that are set, in the kernel's order.
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        let is_set = move |(bit, _): &(usize, &str)| self.0 & (1 << bit) != 0;
        Self::NAMES.into_iter().enumerate().filter(is_set).map(|(_, name)| name)
    }

    fn insert(&mut self, word: &str) {
        if let Some(bit) = Self::NAMES.iter().position(|name| *name == word) {
            self.0 |= 1 << bit;
        }
    }
}

#[cfg(test)]
mod tests;
