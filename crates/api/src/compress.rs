//! Answers are sent with gzip or deflate to whoever takes it: those of many MiB are normal, and JSON shrinks tenfold.

use std::io::Write;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;

/// Smaller bodies fit a packet as they are.
const PLAIN_BYTES_MAX: u64 = 1024;
/// More work than this does not belong on the threads that serve connections.
const INLINE_BYTES_MAX: usize = 64 << 10;

/// Compresses whole bodies of text; streams and gRPC pass as they are.
pub(crate) async fn answers(request: Request, next: Next) -> Response {
    let wanted = wanted(request.headers());
    let mut response = next.run(request).await;
    if !is_text(response.headers()) || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
    let is_long = response.body().size_hint().exact().is_some_and(|bytes| bytes > PLAIN_BYTES_MAX);
    match wanted {
        Some(encoding) if is_long => compressed(response, encoding).await,
        _ => response,
    }
}

/// How a body may be packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Gzip,
    Deflate,
}

/// The first encoding of ours that is named and not refused by a quality of zero.
fn wanted(headers: &HeaderMap) -> Option<Encoding> {
    let values = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|v| v.to_str().ok());
    values.flat_map(|v| v.split(',')).find_map(|item| {
        let (name, quality) = item.split_once(';').unwrap_or((item, ""));
        let refused = quality.trim().strip_prefix("q=").and_then(|q| q.parse::<f64>().ok()) == Some(0.0);
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" if !refused => Some(Encoding::Gzip),
            "deflate" if !refused => Some(Encoding::Deflate),
            _ => None,
        }
    })
}

fn is_text(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    ["application/json", "text/", "application/protobuf"].iter().any(|prefix| media.starts_with(prefix))
}

async fn compressed(response: Response, encoding: Encoding) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let plain = body.to_bytes();
    let packed = if plain.len() > INLINE_BYTES_MAX {
        let plain = plain.clone();
        tokio::task::spawn_blocking(move || pack(&plain, encoding)).await.ok().flatten()
    } else {
        pack(&plain, encoding)
    };
    let Some(packed) = packed else { return Response::from_parts(parts, Body::from(plain)) };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    Response::from_parts(parts, Body::from(packed))
}

impl Encoding {
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }
}

fn pack(plain: &[u8], encoding: Encoding) -> Option<Vec<u8>> {
    let out = Vec::with_capacity(plain.len() / 4);
    match encoding {
        Encoding::Gzip => {
            let mut encoder = GzEncoder::new(out, Compression::fast());
            encoder.write_all(plain).ok()?;
            encoder.finish().ok()
        }
        Encoding::Deflate => {
            let mut encoder = ZlibEncoder::new(out, Compression::fast());
            encoder.write_all(plain).ok()?;
            encoder.finish().ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_must_be_named_and_not_refused() {
        for (value, expected) in [
            ("gzip", Some(Encoding::Gzip)),
            ("deflate, GZIP;q=0.5, br", Some(Encoding::Deflate)),
            ("gzip; q=0, deflate", Some(Encoding::Deflate)),
            ("gzip; q=0", None),
            ("br, zstd", None),
            ("identity", None),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().expect("valid"))]);
            assert_eq!(wanted(&headers), expected, "{value}");
        }
        assert_eq!(wanted(&HeaderMap::new()), None);
    }
}
