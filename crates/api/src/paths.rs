//! What happens to a path before it is routed: doubled slashes collapse, the external sub-path is taken off.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::map_request;
use http::Uri;
use http::uri::PathAndQuery;

use crate::long_query;

/// The path a request came with, kept for redirects: they are relative to it.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    /// As sent.
    pub(crate) path: String,
    /// The sub-path that was taken off, without a trailing slash; empty where there was none.
    pub(crate) base: Arc<str>,
}

/// Serves `router` below `base` (`/observer`, or empty) and at the root too: a proxy may or may not cut the path off.
pub fn below(base: &str, router: Router) -> Router {
    let base: Arc<str> = base.trim_end_matches('/').into();
    let normalize = map_request(move |request: Request| std::future::ready(normalize(&base, request)));
    Router::new().fallback_service(router).layer(normalize)
}

fn normalize(base: &Arc<str>, mut request: Request) -> Request {
    long_query::set_aside(&mut request);
    let path = request.uri().path();
    let collapsed = collapse(path);
    let inner = strip(base, &collapsed);
    let base = if inner.is_some() { Arc::clone(base) } else { Arc::default() };
    let arrived = Arrived { path: path.to_owned(), base };
    let routed = inner.unwrap_or(&collapsed);
    if routed != path
        && let Some(uri) = with_path(request.uri(), routed)
    {
        *request.uri_mut() = uri;
    }
    request.extensions_mut().insert(arrived);
    request
}

fn collapse(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    out
}

/// The path below `base`; `None` where it is not below it.
fn strip<'a>(base: &str, path: &'a str) -> Option<&'a str> {
    if base.is_empty() {
        return None;
    }
    match path.strip_prefix(base)? {
        "" => Some("/"),
        rest => rest.starts_with('/').then_some(rest),
    }
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let text = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sub_path_is_taken_off_at_segment_borders_only() {
        for (path, expected) in [
            ("/observer", Some("/")),
            ("/observer/", Some("/")),
            ("/observer/loki/ready", Some("/loki/ready")),
            ("/observers", None),
            ("/", None),
        ] {
            assert_eq!(strip("/observer", path), expected, "{path}");
        }
        assert_eq!(strip("", "/x"), None);
    }

    #[test]
    fn doubled_slashes_collapse() {
        for (path, expected) in [("//a///b/", "/a/b/"), ("/", "/"), ("//", "/"), ("/a%2F%2Fb", "/a%2F%2Fb")] {
            assert_eq!(collapse(path), expected);
        }
    }
}
