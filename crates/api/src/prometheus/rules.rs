//! `rules` and `alerts`: there are none yet, but what is asked is checked.

use axum::response::Response;

use super::model;
use crate::error::ApiError;
use crate::params::{Params, invalid};

/// Kinds of rules that can be asked for.
const TYPES: [&str; 2] = ["alert", "record"];

pub(super) async fn rules(params: Params) -> Result<Response, ApiError> {
    let token = params.get("group_next_token");
    if token.is_some() && params.count("group_limit")?.is_none() {
        return Err(invalid("group_limit", "group_limit needs to be set in order to paginate over the groups"));
    }
    if let Some(token) = token {
        return Err(invalid("group_next_token", &format!("invalid group_next_token {token:?}: no such group")));
    }
    match params.get("type") {
        Some(other) if !TYPES.contains(&other) => Err(invalid("type", &format!("not supported value {other:?}"))),
        _ => Ok(model::raw(r#"{"groups":[]}"#)),
    }
}

pub(super) async fn alerts() -> Response {
    model::raw(r#"{"alerts":[]}"#)
}
