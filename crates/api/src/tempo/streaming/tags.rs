//! `SearchTags` and `SearchTagValues`, in both versions.

use std::collections::BTreeSet;
use std::sync::Arc;

use aio_types::{TenantId, TimestampNs};

use super::message::{
    MetadataMetrics, TagValue, TagsRequest, TagsResponse, TagsScope, TagsV2Response, ValuesRequest, ValuesResponse,
    ValuesV2Response,
};
use crate::core::Core;
use crate::error::ApiError;
use crate::tempo::completion::{Completion, Names, scope};
use crate::tempo::params::range;

const DONE: Option<MetadataMetrics> = Some(MetadataMetrics { total_jobs: 1, completed_jobs: 1 });

pub(super) async fn names(
    core: Arc<Core>,
    tenant: TenantId,
    request: TagsRequest,
) -> Result<Vec<TagsResponse>, ApiError> {
    let found = find_names(&core, &tenant, &request).await?;
    let is_shown = |scope: &str| scope != "intrinsic" || request.scope == "intrinsic";
    let names = found.into_iter().filter(|(scope, _)| is_shown(scope)).flat_map(|(_, tags)| tags);
    let all: BTreeSet<Box<str>> = names.collect();
    Ok(vec![TagsResponse { tag_names: all.into_iter().map(Into::into).collect(), metrics: DONE }])
}

pub(super) async fn names_v2(
    core: Arc<Core>,
    tenant: TenantId,
    request: TagsRequest,
) -> Result<Vec<TagsV2Response>, ApiError> {
    let found = find_names(&core, &tenant, &request).await?;
    let scope = |(name, tags): (&str, BTreeSet<Box<str>>)| TagsScope {
        name: name.to_owned(),
        tags: tags.into_iter().map(Into::into).collect(),
    };
    Ok(vec![TagsV2Response { scopes: found.into_iter().map(scope).collect(), metrics: DONE }])
}

async fn find_names(core: &Core, tenant: &TenantId, request: &TagsRequest) -> Result<Names, ApiError> {
    let wanted = scope(Some(request.scope.as_str()).filter(|scope| !scope.is_empty()))?;
    completion(core, tenant, &request.query, (request.start, request.end), request.most)?.names(wanted).await
}

pub(super) async fn values(
    core: Arc<Core>,
    tenant: TenantId,
    request: ValuesRequest,
) -> Result<Vec<ValuesResponse>, ApiError> {
    let found = of_request(&core, &tenant, &request)?.values_v1(&request.tag_name).await?;
    let texts: BTreeSet<String> = found.into_iter().map(|(_, text)| text).collect();
    Ok(vec![ValuesResponse { tag_values: texts.into_iter().collect(), metrics: DONE }])
}

pub(super) async fn values_v2(
    core: Arc<Core>,
    tenant: TenantId,
    request: ValuesRequest,
) -> Result<Vec<ValuesV2Response>, ApiError> {
    let found = of_request(&core, &tenant, &request)?.values(&request.tag_name).await?;
    let value = |(kind, value): (&str, String)| TagValue { kind: kind.to_owned(), value };
    Ok(vec![ValuesV2Response { tag_values: found.into_iter().map(value).collect(), metrics: DONE }])
}

fn of_request<'a>(
    core: &'a Core,
    tenant: &'a TenantId,
    request: &'a ValuesRequest,
) -> Result<Completion<'a>, ApiError> {
    completion(core, tenant, &request.query, (request.start, request.end), request.most)
}

fn completion<'a>(
    core: &'a Core,
    tenant: &'a TenantId,
    query: &'a str,
    (start, end): (u32, u32),
    most: u32,
) -> Result<Completion<'a>, ApiError> {
    let given = |n: u32| (n > 0).then_some(i64::from(n));
    let (start, end) = range(given(start), given(end), TimestampNs::from_ms(core.ingest.now()))?;
    Ok(Completion { core, tenant, query, start, end, most: most as usize })
}
