//! The embedded web app under `/ui/`. Without `web/dist` at build time a plain page says so.

use axum::Router;
use axum::extract::Path;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Assets;

const PLACEHOLDER: &str = "<!doctype html><title>observer-aio</title><p>The web app is not part of this build. The API \
     answers under <code>/prometheus/api/v1/</code>.";

pub(crate) fn router() -> Router {
    Router::new()
        .route("/", get(aio_api::redirect_to_app))
        .route("/ui", get(aio_api::redirect_to_app))
        .route("/ui/", get(|| async { file("index.html") }))
        .route("/ui/{*path}", get(|Path(path): Path<String>| async move { file(&path) }))
}

fn file(path: &str) -> Response {
    let Some(asset) = Assets::get(path) else {
        return match path {
            "index.html" => Html(PLACEHOLDER).into_response(),
            _ => (axum::http::StatusCode::NOT_FOUND, "404 page not found\n").into_response(),
        };
    };
    let cache = if path == "index.html" { "no-cache" } else { "public, max-age=31536000, immutable" };
    let headers = [("content-type", content_type(path)), ("cache-control", cache)];
    (headers, asset.data.into_owned()).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "woff2" => "font/woff2",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}
