use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

/// What a packet says, in one line; the error's name where it is none.
fn told(message: &str) -> String {
    match Packet::parse(message) {
        Err(error) => format!("{error:?}"),
        Ok(packet) => {
            let Packet { prefix, interface_in, interface_out, .. } = packet;
            let mut told = format!("{prefix:?} {interface_in:?}>{interface_out:?} {}", headers(&packet));
            for (key, number) in [("mark", packet.mark), ("uid", packet.uid)] {
                if let Some(number) = number {
                    told.push_str(&format!(" {key}={number}"));
                }
            }
            if let Some(inner) = packet.inner {
                told.push_str(&format!(" about {}", headers(&inner)));
            }
            told
        }
    }
}

fn headers(packet: &Packet<'_>) -> String {
    let Packet { source, destination, .. } = packet;
    let mut told = format!("{source}>{destination} {}", packet.length.unwrap());
    if let Some(transport) = packet.transport {
        told.push_str(&format!(" {transport}"));
    }
    if let Some((source, destination)) = packet.source_port.zip(packet.destination_port) {
        told.push_str(&format!(" {source}>{destination}"));
    }
    if let Some((kind, code)) = packet.icmp {
        told.push_str(&format!(" {kind}/{code}"));
    }
    if packet.is_fragment {
        told.push_str(" fragment");
    }
    packet.tcp_flags.names().for_each(|flag| told.push_str(&format!(" {flag}")));
    told
}

fn check(message: &str, expected: &str) {
    assert_eq!(told(message), expected, "{message}");
    // Collectors may strip the space at the end.
    assert_eq!(told(message.trim_end()), expected, "{message}");
}

/// Published with Calico's documentation of the Log action.
#[test]
fn published() {
    check(
        "calico-packet: IN=cali527b0801ecb OUT=eth0 MAC=ee:ee:ee:ee:ee:ee:1e:0a:36:33:f5:09:08:00 \
         SRC=172.16.193.134 DST=69.147.80.15 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=58406 DF PROTO=TCP SPT=45588 DPT=80 \
         WINDOW=64860 RES=0x00 SYN URGP=0",
        r#""calico-packet: " "cali527b0801ecb">"eth0" 172.16.193.134>69.147.80.15 60 tcp 45588>80 SYN"#,
    );
    check(
        "calico-packet: IN=cali527b0801ecb OUT=eth0 MAC=ee:ee:ee:ee:ee:ee:1e:0a:36:33:f5:09:08:00 \
         SRC=172.16.193.134 DST=8.8.8.8 LEN=84 TOS=0x00 PREC=0x00 TTL=63 ID=48210 DF PROTO=ICMP TYPE=8 CODE=0 ID=1 SEQ=1",
        r#""calico-packet: " "cali527b0801ecb">"eth0" 172.16.193.134>8.8.8.8 84 icmp 8/0"#,
    );
    check(
        "calico-packet: IN=cali527b0801ecb OUT=calid3446e883f0 MAC=ee:ee:ee:ee:ee:ee:1e:0a:36:33:f5:09:08:00 \
         SRC=172.16.193.134 DST=172.16.193.133 LEN=96 TOS=0x00 PREC=0x00 TTL=63 ID=19241 DF PROTO=UDP SPT=42896 DPT=53 \
         LEN=76",
        r#""calico-packet: " "cali527b0801ecb">"calid3446e883f0" 172.16.193.134>172.16.193.133 96 udp 42896>53"#,
    );
}

/// Recorded from a kernel.
#[test]
fn recorded() {
    check(
        "calico-packet: IN=cali1pod OUT=cali3api MAC=d6:dc:18:fc:5b:b6:02:05:67:2a:91:a6:08:00 SRC=10.244.1.4 \
         DST=10.96.0.1 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=35614 DF PROTO=TCP SPT=50320 DPT=443 WINDOW=64240 \
         RES=0x00 SYN URGP=0 ",
        r#""calico-packet: " "cali1pod">"cali3api" 10.244.1.4>10.96.0.1 60 tcp 50320>443 SYN"#,
    );
    check(
        "calico-packet: IN=cali2vote OUT=cali1pod MAC=aa:0c:4a:10:33:8f:92:3f:63:bf:98:c0:08:00 SRC=10.244.1.3 \
         DST=10.244.1.4 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=48914 DF PROTO=TCP SPT=43142 DPT=8080 WINDOW=64240 \
         RES=0x00 SYN URGP=0 ",
        r#""calico-packet: " "cali2vote">"cali1pod" 10.244.1.3>10.244.1.4 60 tcp 43142>8080 SYN"#,
    );
}

/// Constructed by `net/netfilter/nf_log_syslog.c`, like all that follow.
#[test]
fn prefixes() {
    check(
        "c gnp:security.quarantine: IN=cali0a1b2c3d4e5 OUT=eth0 MAC=ee:ee:ee:ee:ee:ee:1e:0a:36:33:f5:09:08:00 \
         SRC=10.244.1.23 DST=10.244.2.40 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=TCP SPT=41000 DPT=80 \
         WINDOW=64240 RES=0x00 SYN URGP=0 ",
        r#""c gnp:security.quarantine: " "cali0a1b2c3d4e5">"eth0" 10.244.1.23>10.244.2.40 60 tcp 41000>80 SYN"#,
    );
    // Cut after 29 bytes.
    check(
        "cali gnp:security:security.quIN=cali0a1b2c3d4e5 OUT=eth0 MAC=ee:ee:ee:ee:ee:ee:1e:0a:36:33:f5:09:08:00 \
         SRC=10.244.1.23 DST=10.244.2.40 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=82 DF PROTO=TCP SPT=41004 DPT=80 \
         WINDOW=64240 RES=0x00 SYN URGP=0 ",
        r#""cali gnp:security:security.qu" "cali0a1b2c3d4e5">"eth0" 10.244.1.23>10.244.2.40 60 tcp 41004>80 SYN"#,
    );
    // The node's own: neither MAC nor, the other way round, an interface to leave by.
    check(
        "calico-packet: IN= OUT=cali0a1b2c3d4e5 SRC=192.0.2.11 DST=10.244.1.23 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=9 \
         DF PROTO=TCP SPT=50022 DPT=8080 WINDOW=64240 RES=0x00 CWR ECE SYN URGP=0 UID=0 GID=0 MARK=0x20000 ",
        r#""calico-packet: " "">"cali0a1b2c3d4e5" 192.0.2.11>10.244.1.23 60 tcp 50022>8080 CWR ECE SYN mark=131072 uid=0"#,
    );
    check("IN=eth0 OUT= MAC= SRC=192.0.2.1 DST=192.0.2.2 LEN=60 ", r#""" "eth0">"" 192.0.2.1>192.0.2.2 60"#);
    check(
        "a: MACIN=b OUT: IN=IN=eth0 OUT=eth1 SRC=192.0.2.1 DST=192.0.2.2 LEN=60 ",
        r#""a: MACIN=b OUT: IN=" "eth0">"eth1" 192.0.2.1>192.0.2.2 60"#,
    );
}

#[test]
fn labels() {
    fn check(prefix: &str, expected: &str) {
        let line = format!("{prefix}IN=a OUT= SRC=192.0.2.1 DST=192.0.2.2 ");
        assert_eq!(Packet::parse(&line).unwrap().label(), expected);
    }
    check("calico-packet: ", "calico-packet");
    check("c gnp:security.quarantine-al:", "c gnp:security.quarantine-al");
    check("cali gnp:security:security.qu", "cali gnp:security:security.qu");
    check("", "");
}

#[test]
fn version_6() {
    check(
        "calico-packet: IN=cali0a1b2c3d4e5 OUT=eth0 MAC=ee:ee:ee:ee:ee:ee:1e:0a:36:33:f5:09:86:dd \
         SRC=fd00:0010:0244:0001:0000:0000:0000:0017 DST=2001:0db8:0000:0000:0000:0000:0000:0053 LEN=72 TC=0 \
         HOPLIMIT=63 FLOWLBL=912345 PROTO=UDP SPT=41001 DPT=53 LEN=32 ",
        r#""calico-packet: " "cali0a1b2c3d4e5">"eth0" fd00:10:244:1::17>2001:db8::53 72 udp 41001>53"#,
    );
    check(
        "calico-packet: IN=cali0a1b2c3d4e5 OUT=eth0 MAC=ee:ee:ee:ee:ee:ee:1e:0a:36:33:f5:09:86:dd \
         SRC=fd00:0010:0244:0001:0000:0000:0000:0017 DST=ff02:0000:0000:0000:0000:0000:0000:0002 LEN=56 TC=0 \
         HOPLIMIT=255 FLOWLBL=0 PROTO=ICMPv6 TYPE=133 CODE=0 MARK=0x40000 ",
        r#""calico-packet: " "cali0a1b2c3d4e5">"eth0" fd00:10:244:1::17>ff02::2 56 icmp6 133/0 mark=262144"#,
    );
    check(
        "calico-packet: IN=cali0a1b2c3d4e5 OUT=eth0 MAC=ee:ee:ee:ee:ee:ee:1e:0a:36:33:f5:09:86:dd \
         SRC=fd00:0010:0244:0001:0000:0000:0000:0017 DST=2001:0db8:0000:0000:0000:0000:0000:0053 LEN=1280 TC=0 \
         HOPLIMIT=63 FLOWLBL=1 FRAG:1448 INCOMPLETE ID:0000abcd PROTO=UDP ",
        r#""calico-packet: " "cali0a1b2c3d4e5">"eth0" fd00:10:244:1::17>2001:db8::53 1280 udp fragment"#,
    );
    // ESP, of which the kernel prints nothing, and a header that it does not know.
    let ends = "SRC=fd00:0010:0244:0001:0000:0000:0000:0017 DST=2001:0db8:0000:0000:0000:0000:0000:0053";
    for end in ["", "Unknown Ext Hdr 139", "TRUNCATED", "OPT ( ESP SPI=0xc0ffee01 )"] {
        check(
            &format!("c: IN=a OUT=b MAC= {ends} LEN=120 TC=0 HOPLIMIT=63 FLOWLBL=1 {end}"),
            r#""c: " "a">"b" fd00:10:244:1::17>2001:db8::53 120"#,
        );
    }
}

#[test]
fn what_icmp_errors_quote() {
    check(
        "calico-packet: IN=eth0 OUT=cali0a1b2c3d4e5 MAC=1e:0a:36:33:f5:09:aa:bb:cc:dd:ee:ff:08:00 SRC=192.0.2.1 \
         DST=10.244.1.23 LEN=88 TOS=0x00 PREC=0xC0 TTL=63 ID=7001 PROTO=ICMP TYPE=3 CODE=4 [SRC=10.244.1.23 \
         DST=198.51.100.7 LEN=1500 TOS=0x00 PREC=0x00 TTL=61 ID=7000 DF PROTO=TCP INCOMPLETE [8 bytes] ] MTU=1400 \
         MARK=0x7 ",
        "\"calico-packet: \" \"eth0\">\"cali0a1b2c3d4e5\" 192.0.2.1>10.244.1.23 88 icmp 3/4 mark=7 \
         about 10.244.1.23>198.51.100.7 1500 tcp",
    );
    check(
        "calico-packet: IN=eth0 OUT=cali0a1b2c3d4e5 MAC=1e:0a:36:33:f5:09:aa:bb:cc:dd:ee:ff:08:00 SRC=192.0.2.1 \
         DST=10.244.1.23 LEN=68 TOS=0x00 PREC=0xC0 TTL=63 ID=7002 PROTO=ICMP TYPE=11 CODE=0 [SRC=10.244.1.23 \
         DST=198.51.100.7 LEN=40 TOS=0x00 PREC=0x00 TTL=1 ID=7003 DF PROTO=TCP SPT=41002 DPT=443 WINDOW=501 RES=0x00 \
         ACK URGP=0 ] ",
        "\"calico-packet: \" \"eth0\">\"cali0a1b2c3d4e5\" 192.0.2.1>10.244.1.23 68 icmp 11/0 \
         about 10.244.1.23>198.51.100.7 40 tcp 41002>443 ACK",
    );
    // An error about an error; and a line that ends within the quotation.
    let error = "c: IN=a OUT=b SRC=192.0.2.1 DST=192.0.2.2 LEN=88 PROTO=ICMP TYPE=3 CODE=1 [SRC=192.0.2.2 DST=192.0.2.3 LEN=56";
    let expected = r#""c: " "a">"b" 192.0.2.1>192.0.2.2 88 icmp 3/1 about 192.0.2.2>192.0.2.3 56"#;
    check(&format!("{error} PROTO=ICMP TYPE=3 CODE=1 ] "), &format!("{expected} icmp 3/1"));
    check(&format!("{error} [SRC=192.0.2.4 DST=192.0.2.5 ] PROTO=UDP ] "), &format!("{expected} udp"));
    check(error, expected);
    check(&format!("{error}]"), expected);
    // Nothing that can be read is quoted.
    let short = "c: IN=a OUT=b SRC=192.0.2.1 DST=192.0.2.2 LEN=88 PROTO=ICMP TYPE=3 CODE=1";
    for quoted in ["[TRUNCATED] ", "INCOMPLETE [24 bytes] ", "[SRC=192.0.2.2 ", "[SRC=] ", "[", "]"] {
        check(&format!("{short} {quoted}"), r#""c: " "a">"b" 192.0.2.1>192.0.2.2 88 icmp 3/1"#);
    }
}

#[test]
fn packets_without_ports() {
    fn check_end(end: &str, expected: &str) {
        check(
            &format!(
                "calico-packet: IN=cali0a1b2c3d4e5 OUT=eth0 MAC=ee:ee:ee:ee:ee:ee:1e:0a:36:33:f5:09:08:00 \
                 SRC=10.244.1.23 DST=198.51.100.7 LEN=120 TOS=0x00 PREC=0x00 TTL=63 ID=77 {end}"
            ),
            &format!(
                "\"calico-packet: \" \"cali0a1b2c3d4e5\">\"eth0\" 10.244.1.23>198.51.100.7 120 {expected}"
            ),
        );
    }
    check_end("MF FRAG:185 PROTO=UDP ", "udp fragment");
    check_end("PROTO=ESP SPI=0xc0ffee01 ", "esp");
    check_end("PROTO=AH INCOMPLETE [4 bytes] ", "ah");
    check_end("PROTO=132 ", "sctp");
    check_end("PROTO=47 MARK=0x1 ", "47 mark=1");
    check_end("PROTO=TCP INCOMPLETE [8 bytes] ", "tcp");
    check_end("PROTO=UDPLITE SPT=1 DPT=2 LEN=8 ", "udplite 1>2");
    // The number of the acknowledged byte is no flag, and neither are options.
    check_end(
        "OPT (07270400) PROTO=TCP SPT=1 DPT=2 SEQ=1 ACK=2 WINDOW=0 RES=0x00 AE PSH FIN URGP=0 OPT (0204) MARK=0xffffffff ",
        "tcp 1>2 AE PSH FIN mark=4294967295",
    );
    // Words of a kernel to come, and numbers that are none.
    check_end("NEW=1 NEWER PROTO=UDP SPT=65536 DPT= SYN MARK=7 LEN=9 UID=-1 =", "udp");
}

#[test]
fn refused() {
    check("", "Foreign");
    check("IPVS: starting estimator thread 0...", "Foreign");
    check("calico-packet: IN=eth0", "Foreign");
    check("calico-packet: IN=eth0 PHYSIN=eth1 OUT=eth0 SRC=192.0.2.1", "NoAddresses");
    check("calico-packet: PHYS=eth0 OUT=eth0 SRC=192.0.2.1 DST=192.0.2.2", "Foreign");
    check("calico-packet: IN=eth0 OUT=", "NoAddresses");
    check("calico-packet: IN=eth0 OUT=eth1 MAC= TRUNCATED", "NoAddresses");
    check("calico-packet: IN=eth0 OUT=eth1 SRC=192.0.2.1 DST=192.0.2.256 LEN=60 ", "NoAddresses");
    check(
        "arp: IN=eth0 OUT= ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=aa:bb:cc:dd:ee:ff IPSRC=192.0.2.1 \
         MACDST=00:00:00:00:00:00 IPDST=192.0.2.2",
        "Arp",
    );
}

#[test]
fn names_of_transports_and_flags() {
    assert_eq!(Transport::ICMP6.to_string(), "icmp6");
    assert_eq!(Transport(47).to_string(), "47");
    assert!(Transport(132).has_ports() && !Transport(50).has_ports());
    let line = "IN=a OUT= SRC=192.0.2.1 DST=192.0.2.2 PROTO=TCP SYN ACK ";
    let flags = Packet::parse(line).unwrap().tcp_flags;
    assert!(flags.has("SYN") && flags.has("ACK") && !flags.has("FIN"));
    assert!(TcpFlags::default().names().next().is_none() && flags.names().next().is_some());
}

/// A packet as [`told`] tells it, without prefix and interfaces, and as the kernel prints it.
fn printed() -> impl Strategy<Value = (String, String)> {
    let flags = prop::sample::subsequence(TcpFlags::NAMES.to_vec(), 0..=9);
    let ends = prop_oneof![
        any::<(Ipv4Addr, Ipv4Addr)>().prop_map(|(source, destination)| (
            format!("{source}>{destination}"),
            format!("SRC={source} DST={destination} "),
        )),
        any::<(Ipv6Addr, Ipv6Addr)>().prop_map(|(source, destination)| (
            format!("{source}>{destination}"),
            format!("SRC={} DST={} ", full(source), full(destination)),
        )),
    ];
    let transport = prop_oneof![
        any::<(u16, u16)>().prop_map(|(source, destination)| (
            format!(" udp {source}>{destination}"),
            format!("PROTO=UDP SPT={source} DPT={destination} LEN=8 "),
        )),
        (any::<(u16, u16)>(), flags).prop_map(|((source, destination), flags)| (
            format!(
                " tcp {source}>{destination}{}",
                flags.iter().map(|flag| format!(" {flag}")).collect::<String>()
            ),
            format!(
                "PROTO=TCP SPT={source} DPT={destination} WINDOW=1 RES=0x00 {}URGP=0 ",
                flags.iter().map(|flag| format!("{flag} ")).collect::<String>()
            ),
        )),
        any::<(u8, u8)>().prop_map(|(kind, code)| (
            format!(" icmp {kind}/{code}"),
            format!("PROTO=ICMP TYPE={kind} CODE={code} "),
        )),
        any::<u16>().prop_map(|bytes| (" tcp".to_owned(), format!("PROTO=TCP INCOMPLETE [{bytes} bytes] "))),
        Just((String::new(), String::new())),
    ];
    (ends, any::<u16>(), transport).prop_map(|(ends, length, transport)| {
        (
            format!("{} {length}{}", ends.0, transport.0),
            format!("{}LEN={length} TOS=0x00 ID=1 DF {}", ends.1, transport.1),
        )
    })
}

/// As the kernel prints it: eight groups.
fn full(address: Ipv6Addr) -> String {
    address.segments().map(|group| format!("{group:04x}")).join(":")
}

proptest! {
    #[test]
    fn any_text_is_read(text in ".{0,60}", words in "(IN=|OUT=|SRC=|DST=|PROTO=TCP|1\\.2\\.3\\.4|\\[|\\]| |é){0,60}") {
        drop(Packet::parse(&text));
        drop(Packet::parse(&words));
        drop(Packet::parse(&format!("IN= OUT= SRC=192.0.2.1 DST=192.0.2.2 {words}{text}")));
    }

    #[test]
    fn print_and_parse_round_trip(
        prefix in "[a-z%: /_-]{0,29}", interfaces: [bool; 2], outer in printed(), inner in prop::option::of(printed()),
        mark: u32, is_stripped: bool,
    ) {
        let [interface_in, interface_out] = interfaces.map(|is_there| if is_there { "cali0a1b2c3d4e5" } else { "" });
        let mac = if interface_in.is_empty() { "" } else { "MAC=ee:ee:ee:ee:ee:ee " };
        let mut line = format!("{prefix}IN={interface_in} OUT={interface_out} {mac}{}", outer.1);
        let mut expected = format!("{prefix:?} {interface_in:?}>{interface_out:?} {} mark={mark}", outer.0);
        if let Some((told, words)) = inner {
            line.push_str(&format!("[{words}] "));
            expected.push_str(&format!(" about {told}"));
        }
        line.push_str(&format!("MARK=0x{mark:x} "));
        let line = if is_stripped { line.trim_end() } else { &line };
        prop_assert_eq!(told(line), expected);
    }

    /// Bytes may be lost anywhere, and what is left is still read, or is no packet.
    #[test]
    fn a_cut_line_says_nothing_else((_, words) in printed(), kept: prop::sample::Index) {
        let line = format!("c: IN=a OUT=b {words}");
        let whole = Packet::parse(&line).unwrap();
        let cut: String = line.chars().take(kept.index(line.len())).collect();
        if let Ok(packet) = Packet::parse(&cut) {
            prop_assert_eq!(packet.source, whole.source);
        }
    }
}
