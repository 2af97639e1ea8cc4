//! CRC-32C (Castagnoli), as RFC 3720 has it, eight bytes at a time.

/// The polynomial, bits reversed.
const POLYNOMIAL: u32 = 0x82f6_3b78;
/// `TABLES[n][b]` is what byte `b` does to a checksum that `n` more bytes follow.
static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "a byte")]
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut after = 1;
    while after < 8 {
        let mut byte = 0;
        while byte < 256 {
            let crc = tables[after - 1][byte];
            tables[after][byte] = crc >> 8 ^ tables[0][(crc & 0xff) as usize];
            byte += 1;
        }
        after += 1;
    }
    tables
}

/// The checksum of `bytes`.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let (eights, rest) = bytes.as_chunks::<8>();
    let crc = eights.iter().fold(!0, |crc, eight| eight_more(crc, *eight));
    !rest.iter().fold(crc, |crc, byte| crc >> 8 ^ TABLES[0][usize::from(low_byte(crc) ^ byte)])
}

fn eight_more(crc: u32, eight: [u8; 8]) -> u32 {
    let mixed = u64::from_le_bytes(eight) ^ u64::from(crc);
    let bytes = mixed.to_le_bytes();
    (0..8).fold(0, |crc, position| crc ^ TABLES[7 - position][usize::from(bytes[position])])
}

fn low_byte(crc: u32) -> u8 {
    crc.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bit_by_bit(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            let mut crc = crc ^ u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
            }
            crc
        })
    }

    #[test]
    fn known_checksums_are_met() {
        for (bytes, want) in
            [(&b""[..], 0), (b"123456789", 0xe306_9283), (&[0; 32], 0x8a91_36aa), (&[0xff; 32], 0x62a8_ab43)]
        {
            assert_eq!(checksum(bytes), want, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn eight_at_a_time_is_bit_by_bit(bytes: Vec<u8>) {
            prop_assert_eq!(checksum(&bytes), bit_by_bit(&bytes));
        }
    }
}
