//! `POST /-/reload`: the route is ours, what a reload does is the binary's.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;

/// What a reload answers: what changed, or why nothing did.
pub type ReloadAnswer = Pin<Box<dyn Future<Output = Result<String, String>> + Send>>;

type Reloader = Arc<dyn Fn() -> ReloadAnswer + Send + Sync>;

/// Whether and how a listener lets its callers reload the configuration.
#[derive(Clone, Default)]
pub struct Lifecycle(Option<Reloader>);

impl std::fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Lifecycle").field(&self.0.is_some()).finish()
    }
}

impl Lifecycle {
    /// Reloading is refused with 403.
    #[must_use]
    pub fn disabled() -> Self {
        Self::default()
    }

    /// A POST or PUT runs `reload`.
    #[must_use]
    pub fn enabled(reload: impl Fn() -> ReloadAnswer + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(reload)))
    }

    async fn reload(self) -> Response {
        let Some(reload) = self.0 else {
            return (StatusCode::FORBIDDEN, "reloading is not enabled here: set `server.reload: true`\n")
                .into_response();
        };
        match reload().await {
            Ok(answer) => format!("{answer}\n").into_response(),
            Err(why) => {
                (StatusCode::INTERNAL_SERVER_ERROR, format!("failed to reload config: {why}\n")).into_response()
            }
        }
    }
}

pub(crate) fn router(lifecycle: &Lifecycle) -> Router {
    let lifecycle = lifecycle.clone();
    let reload = move || lifecycle.clone().reload();
    let quit = || async { (StatusCode::FORBIDDEN, "the process is stopped by SIGTERM, not by this route\n") };
    let others = || async { (StatusCode::METHOD_NOT_ALLOWED, "Only POST or PUT requests allowed") };
    Router::new()
        .route("/-/reload", post(reload.clone()).put(reload).fallback(others))
        .route("/-/quit", post(quit).put(quit).fallback(others))
}
