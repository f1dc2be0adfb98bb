//! Addresses and address ranges.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The addresses of one network in CIDR notation. IPv4 addresses written as IPv6 (`::ffff:10.0.0.1`) count as IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpRange {
    first: IpAddr,
    prefix: u8,
}

impl IpRange {
    /// The network that `address` lies in, by its number of leading bits; `None` if there are not so many.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        match (address, address.to_canonical()) {
            (IpAddr::V6(_), IpAddr::V4(mapped)) if prefix >= 96 => Self::new(IpAddr::V4(mapped), prefix - 96),
            (IpAddr::V4(address), _) => {
                let first = address.to_bits() & mask(u128::from(u32::MAX), 32, prefix)? as u32;
                Some(Self { first: IpAddr::V4(Ipv4Addr::from_bits(first)), prefix })
            }
            (IpAddr::V6(address), _) => {
                let first = address.to_bits() & mask(u128::MAX, 128, prefix)?;
                Some(Self { first: IpAddr::V6(Ipv6Addr::from_bits(first)), prefix })
            }
        }
    }

    /// Reads `10.0.0.0/8`. Bits beyond the prefix are ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let is_plain = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        Self::new(address.parse().ok()?, prefix.parse().ok().filter(|_| is_plain)?)
    }

    /// The lowest address.
    pub fn first(&self) -> IpAddr {
        self.first
    }

    /// The highest address.
    pub fn last(&self) -> IpAddr {
        match self.first {
            IpAddr::V4(first) => {
                let rest = u32::MAX.checked_shr(u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(first.to_bits() | rest))
            }
            IpAddr::V6(first) => {
                let rest = u128::MAX.checked_shr(u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(first.to_bits() | rest))
            }
        }
    }

    /// How many leading bits all addresses share.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether the address lies in the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && (self.first..=self.last()).contains(&address)
    }
}

impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

/// `all` without its lower bits, of which `prefix` leading ones stay.
fn mask(all: u128, bits: u8, prefix: u8) -> Option<u128> {
    let rest = bits.checked_sub(prefix)?;
    Some(u128::MAX.checked_shl(u32::from(rest)).unwrap_or(0) & all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_their_addresses() {
        fn check(range: &str, address: &str, expected: bool) {
            assert_eq!(
                IpRange::parse(range).unwrap().contains(address.parse().unwrap()),
                expected,
                "{range} {address}"
            );
        }
        check("10.0.0.0/8", "10.255.255.255", true);
        check("10.0.0.0/8", "11.0.0.0", false);
        check("10.1.2.3/8", "10.200.0.1", true);
        check("0.0.0.0/0", "203.0.113.10", true);
        check("0.0.0.0/0", "2001:db8::1", false);
        check("::/0", "2001:db8::1", true);
        check("::/0", "10.0.0.1", false);
        check("10.0.0.0/8", "::ffff:10.0.0.1", true);
        check("::ffff:10.0.0.0/104", "10.2.3.4", true);
        check("2001:db8::/32", "2001:db8:ffff::1", true);
        check("2001:db8::/32", "2001:db9::1", false);
        check("10.0.0.1/32", "10.0.0.1", true);
        check("10.0.0.1/32", "10.0.0.2", false);
    }

    #[test]
    fn prints_what_parses_back() {
        fn check(text: &str, expected: Option<&str>) {
            assert_eq!(IpRange::parse(text).map(|range| range.to_string()).as_deref(), expected, "{text}");
        }
        check("10.1.2.3/8", Some("10.0.0.0/8"));
        check("2001:DB8::1/32", Some("2001:db8::/32"));
        check("::ffff:10.1.0.0/112", Some("10.1.0.0/16"));
        check("::ffff:10.1.0.0/90", Some("::ffc0:0:0/90"));
        check("10.0.0.0/33", None);
        check("10.0.0.0/+8", None);
        check("10.0.0.0", None);
        check("x/8", None);
    }
}
