//! `/federate`: the newest sample of every series that matches, for another server to scrape.
//!
//! ```text
//!   match[] --> newest: one sample per series --> page: families of one name and type --> text | protobuf
//! ```

mod newest;
mod page;
mod text;

#[cfg(test)]
mod tests;

use aio_types::TimeRange;
use aio_wire::exposition::{Encoding, Format};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use prost::Message as _;

use self::newest::newest;
use self::page::Page;
use super::metadata::selections;
use crate::core::Ready;
use crate::error::TextError;
use crate::params::Params;
use crate::tenant::Tenant;

pub(super) async fn federate(
    Ready(core): Ready,
    Tenant(tenant): Tenant,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, TextError> {
    params.well_formed()?;
    let selections = selections(&params)?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let format = Format::negotiate(accept);
    let now = core.ingest.now();
    let range = TimeRange { start: now.saturating_add(1 - core.config.lookback_ms), end: now };
    let external = core.config.external_labels.clone();
    let source = (core.sources.metrics)(&tenant);
    let work = move |_: &_| {
        let newest = newest(&*source, &selections, range)?;
        let page = Page { external: &external, escaping: format.escaping };
        Ok(match format.encoding {
            Encoding::Text => page.families(&newest, false).iter().map(text::family).collect::<String>().into_bytes(),
            Encoding::Protobuf => {
                page.families(&newest, true).iter().flat_map(|family| family.encode_length_delimited_to_vec()).collect()
            }
        })
    };
    let body = core.queries.run(None, work).await?;
    Ok(([(header::CONTENT_TYPE, format.content_type())], body).into_response())
}
