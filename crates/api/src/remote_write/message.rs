//! Which message a request holds, by its headers.

use http::{HeaderMap, header};

use crate::error::ApiError;

/// The messages of both versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Message {
    /// `prometheus.WriteRequest`
    V1,
    /// `io.prometheus.write.v2.Request`
    V2,
}

impl Message {
    /// What the headers promise. Old senders leave them out: then it is the message of 1.0, in snappy.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        check_encoding(text(headers, header::CONTENT_ENCODING))?;
        of_content_type(text(headers, header::CONTENT_TYPE))
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).map_or("", |value| value.to_str().unwrap_or("?"))
}

fn check_encoding(encoding: &str) -> Result<(), ApiError> {
    if encoding.is_empty() || encoding.eq_ignore_ascii_case("snappy") {
        return Ok(());
    }
    Err(ApiError::UnsupportedMediaType(format!(
        "{encoding} encoding (compression) is not accepted by this server; only snappy is acceptable"
    )))
}

fn of_content_type(value: &str) -> Result<Message, ApiError> {
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let found = if media.is_empty() || media.eq_ignore_ascii_case("application/x-protobuf") {
        of_parameters(parts)
    } else {
        None
    };
    found.ok_or_else(|| {
        ApiError::UnsupportedMediaType(format!(
            "content type {value:?} is not supported; send application/x-protobuf with \
             proto=prometheus.WriteRequest or proto=io.prometheus.write.v2.Request"
        ))
    })
}

/// The first `proto` among the parameters decides; without one it is 1.0.
fn of_parameters<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<Message> {
    for parameter in parameters {
        let (name, value) = parameter.split_once('=')?;
        match (name, value) {
            ("proto", "prometheus.WriteRequest") => return Some(Message::V1),
            ("proto", "io.prometheus.write.v2.Request") => return Some(Message::V2),
            ("proto", _) => return None,
            _ => {}
        }
    }
    Some(Message::V1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_type_names_the_message() {
        for (value, message) in [
            ("", Some(Message::V1)),
            ("application/x-protobuf", Some(Message::V1)),
            ("Application/X-Protobuf; proto=prometheus.WriteRequest", Some(Message::V1)),
            ("application/x-protobuf;charset=utf-8", Some(Message::V1)),
            ("application/x-protobuf;proto=io.prometheus.write.v2.Request", Some(Message::V2)),
            ("application/x-protobuf; charset=utf-8; proto=io.prometheus.write.v2.Request", Some(Message::V2)),
            ("application/x-protobuf;proto=io.prometheus.write.v3.Request", None),
            ("application/x-protobuf;proto", None),
            ("text/plain;proto=prometheus.WriteRequest", None),
            ("application/json", None),
        ] {
            assert_eq!(of_content_type(value).ok(), message, "{value}");
        }
    }

    #[test]
    fn the_encoding_is_snappy_or_left_out() {
        for (value, ok) in [("", true), ("snappy", true), ("Snappy", true), ("gzip", false), ("snappy, snappy", false)]
        {
            assert_eq!(check_encoding(value).is_ok(), ok, "{value}");
        }
        assert_eq!(Message::of(&HeaderMap::new()).ok(), Some(Message::V1));
    }
}
