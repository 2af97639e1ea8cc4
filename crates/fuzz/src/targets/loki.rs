//! Loki push.

use aio_wire::loki::{decode_json, decode_protobuf, parse_labels};

pub(super) fn json(data: &[u8]) {
    let _any_error_will_do = decode_json(data);
}

pub(super) fn protobuf(data: &[u8]) {
    let _any_error_will_do = decode_protobuf(data);
}

/// What was understood reads the same when it is printed.
pub(super) fn labels(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(labels) = parse_labels(text) {
        assert_eq!(parse_labels(&labels.to_string()).as_ref(), Ok(&labels), "{text:?}");
    }
}
