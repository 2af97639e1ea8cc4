//! gRPC over HTTP/2, by hand for calls with one message in.
//!
//! ```text
//!   message = compressed? u8 | length u32 BE | bytes        answer = messages, then trailers with grpc-status
//! ```
//!
//! By hand, because a message must be counted against the memory budget before it is decompressed, and because a
//! message that cannot be read is the sender's fault (`INVALID_ARGUMENT`): libraries call both an internal error, some
//! of which senders try again forever.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, Full};
use prost::Message;

use aio_wire::body::{Encoding, decompress};
use aio_wire::otlp::base64;

use crate::error::ApiError;

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");
const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const ENCODINGS: HeaderValue = HeaderValue::from_static("identity,gzip,zstd");
/// The bytes before a message.
pub(crate) const PREFIX_BYTES: usize = 5;
/// Header lists of clients are short.
const MESSAGE_CHARS_MAX: usize = 1024;

/// `google.rpc.Status`, the body of OTLP/HTTP errors and the details of gRPC ones.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct RpcStatus {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) details: Vec<Any>,
}

/// `google.protobuf.Any`
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

#[derive(Clone, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
}

impl RpcStatus {
    pub(crate) fn of(error: &ApiError) -> Self {
        let mut message = error.to_string();
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARS_MAX) {
            message.truncate(end);
        }
        let retry = error
            .retry_after_seconds()
            .map(|seconds| RetryInfo { retry_delay: Some(Delay { seconds: i64::try_from(seconds).unwrap_or(60) }) });
        let details = retry.map(|retry| Any {
            type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
            value: retry.encode_to_vec(),
        });
        Self { code: error.grpc_code(), message, details: details.into_iter().collect() }
    }
}

/// Whether the request is gRPC at all.
pub(crate) fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if value.starts_with("application/grpc") && !value.starts_with("application/grpc-web") {
        return Ok(());
    }
    Err(ApiError::UnsupportedMediaType(format!("content type {value:?} is not supported; send application/grpc")))
}

/// How the messages of a request are compressed.
pub(crate) fn encoding(headers: &HeaderMap) -> Result<Encoding, ApiError> {
    match headers.get(ENCODING).map(|v| v.to_str().unwrap_or("?")) {
        None | Some("identity") => Ok(Encoding::Identity),
        Some("gzip") => Ok(Encoding::Gzip),
        Some("zstd") => Ok(Encoding::Zstd),
        Some(other) => Err(ApiError::NotImplemented(format!(
            "grpc-encoding {other:?} is not supported; use identity, gzip or zstd"
        ))),
    }
}

/// The one message of a body, decompressed to at most `max_bytes`.
pub(crate) fn message(mut body: Bytes, encoding: Encoding, max_bytes: usize) -> Result<Bytes, ApiError> {
    let bad = |what: &str| ApiError::BadRequest(format!("malformed gRPC message: {what}"));
    let &[compressed, a, b, c, d] = body.first_chunk::<PREFIX_BYTES>().ok_or_else(|| bad("its prefix is cut off"))?;
    let len = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    if len != body.len() - PREFIX_BYTES {
        return Err(bad("one message of the length its prefix tells was expected"));
    }
    let content = body.split_off(PREFIX_BYTES);
    match (compressed, encoding) {
        (0, _) => Ok(decompress(content, Encoding::Identity, max_bytes)?),
        (1, Encoding::Gzip | Encoding::Zstd) => Ok(decompress(content, encoding, max_bytes)?),
        _ => Err(bad("it is marked as compressed, but grpc-encoding does not say how")),
    }
}

/// An answer of one message.
pub(crate) fn answer(message: &impl Message) -> Response {
    answer_all(std::slice::from_ref(message))
}

/// An answer of several messages.
pub(crate) fn answer_all(messages: &[impl Message]) -> Response {
    let mut framed = Vec::new();
    for message in messages {
        let content = message.encode_to_vec();
        framed.push(0);
        framed.extend_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
        framed.extend_from_slice(&content);
    }
    let trailers = async { Some(Ok(HeaderMap::from_iter([(STATUS, HeaderValue::from_static("0"))]))) };
    let body = Body::new(Full::new(Bytes::from(framed)).with_trailers(trailers));
    ([(header::CONTENT_TYPE, CONTENT_TYPE), (ACCEPT_ENCODING, ENCODINGS)], body).into_response()
}

/// A refusal: a status and nothing else. What is no gRPC gets an HTTP status.
pub(crate) fn refuse(error: &ApiError) -> Response {
    if matches!(error, ApiError::UnsupportedMediaType(_)) {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("{error}\n")).into_response();
    }
    if matches!(error, ApiError::Internal(_)) {
        tracing::error!(%error, "request failed");
    }
    let status = RpcStatus::of(error);
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
    headers.insert(ACCEPT_ENCODING, ENCODINGS);
    headers.insert(STATUS, status.code.into());
    if let Ok(message) = HeaderValue::from_str(&percent_encoded(&status.message)) {
        headers.insert(MESSAGE, message);
    }
    if !status.details.is_empty()
        && let Ok(details) = HeaderValue::from_str(base64(&status.encode_to_vec()).trim_end_matches('='))
    {
        headers.insert(DETAILS, details);
    }
    response
}

/// As the protocol wants messages: printable ASCII except `%` as it is.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(flag: u8, content: &[u8]) -> Bytes {
        let len = u32::try_from(content.len()).expect("short");
        [&[flag][..], &len.to_be_bytes(), content].concat().into()
    }

    #[test]
    fn one_whole_message_is_read() {
        assert_eq!(message(framed(0, b"abc"), Encoding::Gzip, 3).ok().as_deref(), Some(&b"abc"[..]));
        assert!(matches!(message(framed(0, b"abc"), Encoding::Identity, 2), Err(ApiError::TooLarge { limit: 2 })));
        for bad in [Bytes::new(), framed(0, b"abc").slice(..7), [framed(0, b""), framed(0, b"")].concat().into()] {
            assert!(matches!(message(bad, Encoding::Identity, 100), Err(ApiError::BadRequest(_))));
        }
        for (flag, encoding) in [(1, Encoding::Identity), (1, Encoding::Gzip), (2, Encoding::Identity)] {
            assert!(matches!(message(framed(flag, b"abc"), encoding, 100), Err(ApiError::BadRequest(_))));
        }
    }

    #[test]
    fn refusals_say_why_in_headers() {
        let overloaded = ApiError::Overloaded { message: "später 100%".to_owned(), retry_after_seconds: 3 };
        let response = refuse(&overloaded);
        assert_eq!(response.headers()[STATUS], "8");
        assert_eq!(response.headers()[MESSAGE], "sp%C3%A4ter 100%25");
        let status = RpcStatus::of(&overloaded);
        let retry = RetryInfo::decode(&*status.details[0].value).expect("decodes");
        assert_eq!(retry.retry_delay, Some(Delay { seconds: 3 }));
        assert!(response.headers().contains_key(DETAILS));
        let long = ApiError::BadRequest("é".repeat(5000));
        assert_eq!(RpcStatus::of(&long).message.chars().count(), MESSAGE_CHARS_MAX);
    }
}
