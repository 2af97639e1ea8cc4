//! Messages as bytes: the client must cost as little as it can.

pub(crate) fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(u8::try_from(n & 0x7f).unwrap_or(0) | 0x80);
        n >>= 7;
    }
    out.push(u8::try_from(n).unwrap_or(0));
}

/// A field of bytes.
pub(crate) fn bytes(out: &mut Vec<u8>, tag: u8, payload: &[u8]) {
    out.push(tag << 3 | 2);
    varint(out, payload.len() as u64);
    out.extend_from_slice(payload);
}

/// The labels of a series of remote write 1.0.
pub(crate) fn labels(pairs: &[(&str, String)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in pairs {
        let mut label = Vec::new();
        bytes(&mut label, 1, name.as_bytes());
        bytes(&mut label, 2, value.as_bytes());
        bytes(&mut out, 1, &label);
    }
    out
}

/// One series with one sample.
pub(crate) fn series(out: &mut Vec<u8>, labels: &[u8], value: f64, t_ms: u64) {
    let mut sample = Vec::with_capacity(20);
    sample.push(0x09);
    sample.extend_from_slice(&value.to_le_bytes());
    sample.push(0x10);
    varint(&mut sample, t_ms);
    out.push(0x0a);
    varint(out, (labels.len() + 2 + sample.len()) as u64);
    out.extend_from_slice(labels);
    bytes(out, 2, &sample);
}
