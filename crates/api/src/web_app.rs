//! Redirects into the web app, where links made for the originals' pages land.

use axum::Router;
use axum::extract::{Extension, Request};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};

use crate::params::parse_duration_ms;
use crate::paths::Arrived;

/// Pages of Prometheus' own web app.
const PROMETHEUS_PAGES: [&str; 8] =
    ["/graph", "/query", "/alerts", "/targets", "/tsdb-status", "/service-discovery", "/status", "/flags"];

/// Where the visitors of a listener find the web app.
#[derive(Debug, Clone)]
pub enum WebApp {
    /// On this listener, below `/ui/`.
    Here,
    /// At this address, which ends in no slash.
    At(String),
    /// On this port of the host the visitor named.
    Port(u16),
}

impl WebApp {
    /// Sends the visitor of `request` to the page with this query string.
    fn redirect(&self, arrived: Option<&Arrived>, headers: &HeaderMap, query: &str) -> Response {
        let page = format!("/ui/{query}");
        let target = match self {
            Self::Here => Some(relative(arrived, &page)),
            Self::At(url) => Some(format!("{url}{page}")),
            Self::Port(port) => host(headers).map(|host| format!("http://{host}:{port}{page}")),
        };
        match target {
            Some(target) => Redirect::temporary(&target).into_response(),
            None => (StatusCode::NOT_FOUND, "404 page not found\n").into_response(),
        }
    }
}

/// A redirect into the web app of this listener, for routes outside this crate.
pub async fn redirect_to_app(request: Request) -> Response {
    WebApp::Here.redirect(request.extensions().get::<Arrived>(), request.headers(), "")
}

/// Redirects are relative, so that they hold behind a proxy that cuts off a path it did not tell us about.
fn relative(arrived: Option<&Arrived>, page: &str) -> String {
    let Some(arrived) = arrived else { return page.to_owned() };
    let up = "../".repeat(arrived.path.matches('/').count().saturating_sub(1));
    format!("{up}{}", format!("{}{page}", arrived.base).trim_start_matches('/'))
}

/// The host of the `Host` header without its port.
fn host(headers: &HeaderMap) -> Option<String> {
    let authority: http::uri::Authority = headers.get(header::HOST)?.to_str().ok()?.parse().ok()?;
    Some(authority.host().to_owned())
}

/// The original's pages, and its root, as redirects to the page of that signal.
pub(crate) fn prometheus_pages(app: &WebApp) -> Router {
    let mut router = Router::new();
    for path in PROMETHEUS_PAGES {
        router = router.route(path, page(app, metrics_page));
    }
    router
}

/// One redirect to the page that `query_string` makes of the request's query string.
pub(crate) fn page(app: &WebApp, query_string: fn(&str) -> String) -> axum::routing::MethodRouter {
    let app = app.clone();
    get(move |arrived: Option<Extension<Arrived>>, request: Request| async move {
        let query = query_string(request.uri().query().unwrap_or_default());
        app.redirect(arrived.as_deref(), request.headers(), &query)
    })
}

/// `g0.expr`, `g0.range_input` and `g0.end_input` of Prometheus' links become our page's `query` and `range`.
pub(crate) fn metrics_page(query: &str) -> String {
    let mut out = form_urlencoded::Serializer::for_suffix(String::from("?"), 1);
    out.append_pair("signal", "metrics");
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "g0.expr" => out.append_pair("query", &value),
            "g0.range_input" => match parse_duration_ms(&value) {
                Ok(ms) => out.append_pair("range", &(ms / 1000).to_string()),
                Err(_) => continue,
            },
            _ => continue,
        };
    }
    out.finish()
}

pub(crate) fn logs_page(_query: &str) -> String {
    "?signal=logs".to_owned()
}

pub(crate) fn traces_page(_query: &str) -> String {
    "?signal=traces".to_owned()
}

pub(crate) fn start_page(_query: &str) -> String {
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_climb_to_where_the_page_is() {
        for (path, base, expected) in [
            ("/", "", "ui/"),
            ("/prometheus/", "", "../ui/"),
            ("/observer", "/observer", "observer/ui/"),
            ("/observer/prometheus/graph", "/observer", "../../observer/ui/"),
        ] {
            let arrived = Arrived { path: path.to_owned(), base: base.into() };
            assert_eq!(relative(Some(&arrived), "/ui/"), expected, "{path}");
        }
    }

    #[test]
    fn links_of_old_notifications_keep_their_expression() {
        let page = metrics_page("g0.expr=up%20%3D%3D%200&g0.tab=1&g0.range_input=1h");
        assert_eq!(page, "?signal=metrics&query=up+%3D%3D+0&range=3600");
    }
}
