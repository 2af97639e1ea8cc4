//! The place of the Alertmanager API: its listener and prefix exist, its routes say that they are not served yet.

use axum::Router;
use axum::routing::any;

use crate::error::{ApiError, TextError};

/// Only what the original has: `/api/v1` and `/alertmanager/api/v2` below it must stay unknown, clients tell products
/// apart by them.
pub(crate) fn router() -> Router {
    let answer = || async { TextError(ApiError::NotImplemented("not supported yet: the Alertmanager API".to_owned())) };
    Router::new().route("/api/v2/{*path}", any(answer))
}
