//! Queries longer than a URI can be: our URIs end at 64 KiB, dashboards make longer ones. The listener moves such a
//! query into a header, whose name nobody outside the process knows, and here it is put beside the request.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

use axum::extract::Request;
use http::HeaderValue;

/// A query string, still encoded, that did not fit into the URI.
#[derive(Debug, Clone)]
struct LongQuery(HeaderValue);

/// The header that carries a long query from the listener to here. Its name is made up at start: a caller that could
/// name it would get a second query past a proxy that checks the first.
pub fn long_query_header() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    let random = || RandomState::new().build_hasher().finish();
    NAME.get_or_init(|| format!("x-long-query-{:016x}{:016x}", random(), random()))
}

/// Takes the header off a request.
pub(crate) fn set_aside(request: &mut Request) {
    if let Some(query) = request.headers_mut().remove(long_query_header()) {
        request.extensions_mut().insert(LongQuery(query));
    }
}

/// The query string of a request, as sent.
pub(crate) fn query_of(request: &Request) -> &[u8] {
    match request.extensions().get::<LongQuery>() {
        Some(LongQuery(query)) => query.as_bytes(),
        None => request.uri().query().unwrap_or_default().as_bytes(),
    }
}

/// How many bytes of query a request has, wherever they are.
pub fn query_len(request: &Request) -> usize {
    query_of(request).len()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_long_query_wins_and_leaves_no_header() {
        let request = Request::builder().uri("/a?b=1").header(long_query_header(), "c=2&d=%20");
        let mut request = request.body(Body::empty()).expect("valid");
        assert_eq!(query_of(&request), b"b=1");
        set_aside(&mut request);
        assert_eq!(query_of(&request), b"c=2&d=%20");
        assert!(request.headers().is_empty());
    }
}
