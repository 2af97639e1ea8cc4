//! `ip("10.0.0.0/8")`: addresses, ranges of them, and where they stand in a text.

use std::net::IpAddr;

/// A range of addresses of one family, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addresses {
    first: IpAddr,
    last: IpAddr,
}

impl Addresses {
    /// Reads `10.0.0.1`, `10.0.0.0/8` or `10.0.0.1-10.0.0.9`.
    ///
    /// # Errors
    /// It is none of them.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::read(text).ok_or_else(|| format!("ip: invalid pattern: {text:?}"))
    }

    fn read(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self { first: address, last: address });
        }
        if let Some((address, bits)) = text.split_once('/') {
            return prefix(address.parse().ok()?, bits);
        }
        let (first, last) = text.split_once('-')?;
        let (first, last): (IpAddr, IpAddr) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Self { first, last })
    }

    fn has(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && self.first <= address && address <= self.last
    }

    /// Whether one of them stands in a text.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let is_part: fn(&u8) -> bool = if begins_v4(rest) {
                |b| b.is_ascii_digit() || *b == b'.'
            } else if begins_v6(rest) {
                |b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')
            } else {
                at += 1;
                continue;
            };
            let len = rest.iter().position(|b| !is_part(b)).unwrap_or(rest.len());
            let address = std::str::from_utf8(&rest[..len]).ok().and_then(|text| text.parse().ok());
            if address.is_some_and(|address| self.has(address)) {
                return true;
            }
            at += len + 1;
        }
        false
    }
}

fn prefix(address: IpAddr, bits: &str) -> Option<Addresses> {
    if bits.is_empty() || !bits.bytes().all(|b| b.is_ascii_digit()) || (bits.len() > 1 && bits.starts_with('0')) {
        return None;
    }
    let bits: u32 = bits.parse().ok()?;
    Some(match address {
        IpAddr::V4(address) => {
            let host =
                if bits == 0 { u32::MAX } else { (1_u32.checked_shl(32_u32.checked_sub(bits)?)?).wrapping_sub(1) };
            let first = u32::from(address) & !host;
            Addresses { first: IpAddr::V4(first.into()), last: IpAddr::V4((first | host).into()) }
        }
        IpAddr::V6(address) => {
            let host =
                if bits == 0 { u128::MAX } else { (1_u128.checked_shl(128_u32.checked_sub(bits)?)?).wrapping_sub(1) };
            let first = u128::from(address) & !host;
            Addresses { first: IpAddr::V6(first.into()), last: IpAddr::V6((first | host).into()) }
        }
    })
}

fn begins_v4(rest: &[u8]) -> bool {
    rest.len() > 3 && rest[0].is_ascii_digit() && rest[1..4].contains(&b'.')
}

fn begins_v6(rest: &[u8]) -> bool {
    let digits = rest.iter().take(5).take_while(|b| b.is_ascii_hexdigit()).count();
    match digits {
        0 => rest.len() > 2 && rest[0] == b':' && rest[1] == b':' && rest[2].is_ascii_hexdigit(),
        1..=4 => rest.get(digits) == Some(&b':'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_texts() {
        for (range, text, want) in [
            ("10.0.0.0/8", "from 10.1.2.3:80 to x", true),
            ("10.0.0.0/8", "from 11.1.2.3", false),
            ("192.168.0.1-192.168.0.9", "a=192.168.0.9,", true),
            ("192.168.0.1-192.168.0.9", "a=192.168.0.10", false),
            ("192.168.0.1", "192.168.0.1", true),
            ("192.168.0.1", "1.192.168.0.1", false),
            ("::1", "listen on ::1 now", true),
            ("2001:db8::/32", "x 2001:db8:0:1::5]", true),
            ("2001:db8::/32", "x 2001:db9::5", false),
            ("0.0.0.0/0", "10.0.0.1", true),
            ("0.0.0.0/0", "é 1.2.3", false),
            ("10.0.0.0/32", "10.0.0.0", true),
            ("::/0", "::2", true),
        ] {
            assert_eq!(Addresses::parse(range).expect(range).are_in(text), want, "{range} in {text}");
        }
        for range in ["", "x", "10.0.0.0/33", "10.0.0.9-10.0.0.1", "10.0.0.1-::1", "10.0.0.0/08"] {
            assert_eq!(Addresses::parse(range).expect_err(range), format!("ip: invalid pattern: {range:?}"));
        }
    }
}
