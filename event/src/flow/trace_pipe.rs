//! Calico's eBPF data plane logs into the kernel's trace pipe, as `skb_log` of `felix/bpf-gpl/skb.h` does:
//! `<comm>-<pid> [cpu] flags <seconds>: bpf_trace_printk: <interface>-<I|E|X>: policy <verdict> proto <n> src <a> dest <a>`.
//!
//! One line per packet that a Log rule matched, after the decision: it has a verdict, but names no policy. All tracing of the
//! node shares the pipe.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::packet::Transport;

/// One packet that Calico's eBPF programs decided about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TracedPacket<'a> {
    /// Time since the node was booted; `None` where tracing was set to a clock that counts something else.
    pub(super) uptime: Option<Duration>,
    /// The node's end of the interface, as `cali527b0801ecb`.
    pub(super) interface: &'a str,
    /// Where on it the program ran.
    pub(super) hook: Hook,
    /// Whether the packet went on; else it was dropped.
    pub(super) is_allowed: bool,
    /// What IP carries.
    pub(super) transport: Transport,
    /// The sender.
    pub(super) source: IpAddr,
    /// The sender's port; `None` for what has no ports.
    pub(super) source_port: Option<u16>,
    /// The receiver.
    pub(super) destination: IpAddr,
    /// The receiver's port.
    pub(super) destination_port: Option<u16>,
    /// The type of an ICMP message, which stands where others have the receiver's port.
    pub(super) icmp_type: Option<u8>,
}

/// Where a program of Calico runs, seen from the endpoint of the interface: the pod, or the node for the node's own
/// (reference: `CALI_F_TO_WEP` and `CALI_F_FROM_HEP` in `felix/bpf-gpl/bpf.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Hook {
    /// `I`: on the way to the endpoint.
    Ingress,
    /// `E`: on the way from the endpoint.
    Egress,
    /// `X`: before the node's network stack, where untracked policy of host endpoints is asked.
    Xdp,
}

/// Why a line of the trace pipe tells of no packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotTraced {
    /// Another program wrote it, or Calico about something else: to be passed over.
    #[error("not a line of Calico's Log action in the trace pipe")]
    Foreign,
    /// Only the verdict: kernels before 5.16 cannot print more.
    #[error("a verdict of Calico's Log action without addresses: they need a kernel of 5.16 or later")]
    NoAddresses,
}

impl<'a> TracedPacket<'a> {
    /// Reads a line of the trace pipe.
    pub(super) fn parse(line: &'a str) -> Result<Self, NotTraced> {
        // A process may choose its name, but the kernel cuts that to 15 bytes, too few for the sign.
        let (head, message) = line.split_once(": bpf_trace_printk: ").ok_or(NotTraced::Foreign)?;
        let Some((place, decision)) = message.split_once(": policy ") else {
            let last = message.split_whitespace().next_back();
            let is_verdict = matches!(last, Some("ALLOWED" | "DENIED"));
            return Err(if is_verdict { NotTraced::NoAddresses } else { NotTraced::Foreign });
        };
        let uptime = head.split_whitespace().next_back().and_then(uptime);
        Self::decided(place, decision).map(|packet| Self { uptime, ..packet }).ok_or(NotTraced::Foreign)
    }

    fn decided(place: &'a str, decision: &str) -> Option<Self> {
        let (interface, hook) = place.rsplit_once('-')?;
        let hook = match hook {
            "I" => Hook::Ingress,
            "E" => Hook::Egress,
            "X" => Hook::Xdp,
            _ => return None,
        };
        let mut words = decision.split_whitespace();
        let is_allowed = match words.next()? {
            "ALLOWED" => true,
            "DENIED" => false,
            _ => return None,
        };
        let mut behind = |key: &str| words.next().filter(|word| *word == key).and_then(|_| words.next());
        let transport = Transport(behind("proto")?.parse().ok()?);
        let source: SocketAddr = behind("src")?.parse().ok()?;
        let destination: SocketAddr = behind("dest")?.parse().ok()?;
        let port = |address: SocketAddr| transport.has_ports().then_some(address.port());
        let icmp_type = transport.is_icmp().then_some(destination.port());
        Some(Self {
            uptime: None,
            interface,
            hook,
            is_allowed,
            transport,
            source: source.ip(),
            source_port: port(source),
            destination: destination.ip(),
            destination_port: port(destination),
            icmp_type: icmp_type.and_then(|number| number.try_into().ok()),
        })
    }
}

/// `3055.982021`: seconds and six digits, as the kernel's `kernel/trace/trace_output.c` prints the default clock.
fn uptime(text: &str) -> Option<Duration> {
    let (seconds, micros) = text.split_once('.')?;
    if micros.len() != 6 {
        return None;
    }
    let micros: u32 = micros.parse().ok()?;
    Some(Duration::new(seconds.parse().ok()?, micros * 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Interface, hook, verdict, protocol, both ends and microseconds since boot, in one line.
    fn check(line: &str, expected: &str) {
        let told = match TracedPacket::parse(line) {
            Err(error) => format!("{error:?}"),
            Ok(packet) => {
                let TracedPacket { interface, hook, transport, source, destination, .. } = packet;
                let verdict = if packet.is_allowed { "allowed" } else { "denied" };
                let ports = (packet.source_port, packet.destination_port, packet.icmp_type);
                let micros = packet.uptime.map(|time| time.as_micros());
                format!(
                    "{interface} {hook:?} {verdict} {transport} {source} {destination} {ports:?} {micros:?}"
                )
            }
        };
        assert_eq!(told, expected, "{line}");
    }

    /// Published with Calico's documentation of the Log action.
    #[test]
    fn published() {
        check(
            "curl-5288    [000] ..s2.  3055.982021: bpf_trace_printk: cali527b0801ecb-E: policy ALLOWED proto 6 \
             src 172.16.193.131:56042 dest 69.147.80.12:80",
            "cali527b0801ecb Egress allowed tcp 172.16.193.131 69.147.80.12 (Some(56042), Some(80), None) \
             Some(3055982021)",
        );
        check(
            "<...>-4950    [001] ..s2.  2960.748464: bpf_trace_printk: cali527b0801ecb-E: policy ALLOWED proto 1 \
             src 172.16.193.131:0 dest 8.8.8.8:8",
            "cali527b0801ecb Egress allowed icmp 172.16.193.131 8.8.8.8 (None, None, Some(8)) Some(2960748464)",
        );
        check(
            "<...>-5288    [000] ..s2.  3055.954466: bpf_trace_printk: cali527b0801ecb-E: policy ALLOWED proto 17 \
             src 172.16.193.131:36325 dest 10.43.0.10:53",
            "cali527b0801ecb Egress allowed udp 172.16.193.131 10.43.0.10 (Some(36325), Some(53), None) \
             Some(3055954466)",
        );
    }

    /// Constructed by the format in `felix/bpf-gpl/skb.h`.
    #[test]
    fn constructed() {
        check(
            "<idle>-0       [002] ..s2.  4100.000001: bpf_trace_printk: cali8d1e69e5f89-I: policy DENIED  proto 6 \
             src 10.65.0.2:43553 dest 10.65.0.3:8055",
            "cali8d1e69e5f89 Ingress denied tcp 10.65.0.2 10.65.0.3 (Some(43553), Some(8055), None) Some(4100000001)",
        );
        check(
            "<idle>-0       [002] ..s2.  4100.000002: bpf_trace_printk: cali8d1e69e5f89-E: policy DENIED  proto 58 \
             src [fd00:10:244:1::17]:0 dest [2001:db8::1]:128",
            "cali8d1e69e5f89 Egress denied icmp6 fd00:10:244:1::17 2001:db8::1 (None, None, Some(128)) \
             Some(4100000002)",
        );
        // The interface has a hyphen, the clock counts, and the protocol has neither ports nor a name.
        check(
            "a: b-c-1 [002] ..s2. 77: bpf_trace_printk: vxlan-v6.calico-X: policy ALLOWED proto 47 \
             src 10.65.0.2:0 dest 10.65.0.3:0 and more",
            "vxlan-v6.calico Xdp allowed 47 10.65.0.2 10.65.0.3 (None, None, None) None",
        );
    }

    /// Constructed.
    #[test]
    fn refused() {
        let head = "curl-5288    [000] ..s2.  3055.982021: bpf_trace_printk:";
        check("", "Foreign");
        check(&format!("{head} "), "Foreign");
        check(
            &format!("{head} cali527b0801ecb-E: Final result=DENY (0). Program execution time: 9ns"),
            "Foreign",
        );
        check(&format!("{head} cali1-E: policy MAYBE proto 6 src 10.0.0.1:1 dest 10.0.0.2:2"), "Foreign");
        check(&format!("{head} cali1-Q: policy DENIED  proto 6 src 10.0.0.1:1 dest 10.0.0.2:2"), "Foreign");
        check(&format!("{head} cali1-E: policy DENIED  proto 256 src 10.0.0.1:1 dest 10.0.0.2:2"), "Foreign");
        check(&format!("{head} cali1-E: policy DENIED  proto 6 src 10.0.0.1:1 dest 10.0.0.2"), "Foreign");
        check(&format!("{head} cali1-E: policy DENIED  proto 6 src 10.0.0.1:1 dest"), "Foreign");
        check(&format!("{head} cali1-E: DENIED"), "NoAddresses");
        check(&format!("{head} ALLOWED"), "NoAddresses");
    }

    proptest! {
        #[test]
        fn any_text_is_read(
            head in ".{0,20}", place in "[a-z-]{0,9}-[IEX]", decision in "(ALLOWED|DENIED|proto|src|[0-9.:]| ){0,30}",
        ) {
            let line = format!("{head}: bpf_trace_printk: {place}: policy {decision}");
            prop_assert!(TracedPacket::parse(&head).is_err());
            drop(TracedPacket::parse(&line));
        }

        #[test]
        fn print_and_parse_round_trip(
            seconds in 0..10_000_000_u32, micros in 0..1_000_000_u32,
            is_allowed: bool, transport: u8, source: SocketAddr, destination: SocketAddr,
        ) {
            let verdict = if is_allowed { "ALLOWED" } else { "DENIED " };
            let line = format!(
                "a-1 [000] ..s2. {seconds}.{micros:06}: bpf_trace_printk: cali1-I: policy {verdict} proto {transport} \
                 src {source} dest {destination}"
            );
            let packet = TracedPacket::parse(&line).unwrap();
            let time = Duration::from_secs(seconds.into()) + Duration::from_micros(micros.into());
            prop_assert_eq!((packet.uptime, packet.is_allowed), (Some(time), is_allowed));
            prop_assert_eq!(packet.transport, Transport(transport));
            prop_assert_eq!((packet.source, packet.destination), (source.ip(), destination.ip()));
            if packet.transport.has_ports() {
                prop_assert_eq!(packet.source_port.zip(packet.destination_port), Some((source.port(), destination.port())));
            }
        }
    }
}
