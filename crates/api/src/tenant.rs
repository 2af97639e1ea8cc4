//! Whose request it is: `X-Scope-OrgID`, or the default tenant where it is absent.

use aio_types::TenantId;
use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::error::ApiError;

/// The header, as HTTP header and as gRPC metadata key.
pub(crate) const HEADER: &str = "x-scope-orgid";

/// Extracts the tenant of a request.
pub(crate) struct Tenant(pub(crate) TenantId);

/// Reads a tenant from the header's value. What stands behind a colon is not part of its name.
pub(crate) fn parse(value: Option<&[u8]>) -> Result<TenantId, ApiError> {
    match value {
        None | Some(b"") => Ok(TenantId::default()),
        Some(bytes) => {
            let text = std::str::from_utf8(bytes)
                .map_err(|_| ApiError::BadRequest("X-Scope-OrgID is not valid UTF-8".to_owned()))?;
            let name = text.split_once(':').map_or(text, |(name, _)| name);
            TenantId::new(name).map_err(|e| ApiError::BadRequest(e.to_string()))
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Tenant {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parse(parts.headers.get(HEADER).map(http::HeaderValue::as_bytes)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_are_named_up_to_a_colon() {
        let name = |value: Option<&str>| parse(value.map(str::as_bytes)).ok().map(|tenant| tenant.to_string());
        for (value, want) in [
            (None, Some("default")),
            (Some(""), Some("default")),
            (Some("a"), Some("a")),
            (Some("a:b"), Some("a")),
            (Some("a:k=v:l=w"), Some("a")),
            (Some(":b"), None),
            (Some("a|b"), None),
        ] {
            assert_eq!(name(value).as_deref(), want, "{value:?}");
        }
    }
}
