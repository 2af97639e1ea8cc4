//! Calls from web pages of other origins: allowed, as the original allows them by default.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};

const ALLOWED: [(header::HeaderName, HeaderValue); 4] = [
    (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Accept, Authorization, Content-Type, Origin")),
    (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS")),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Date")),
];

/// Answers preflights, and says on every answer to a page that it may be read.
pub(crate) async fn allow(request: Request, next: Next) -> Response {
    let is_page = request.headers().contains_key(header::ORIGIN);
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("origin"));
    if is_page {
        response.headers_mut().extend(ALLOWED.map(|(name, value)| (name, value)));
    }
    response
}
