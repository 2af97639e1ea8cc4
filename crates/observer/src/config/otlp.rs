//! `otlp`, as the translation reads it.

use aio_api::{Promotion, Strategy, Translation};

use super::reader::Reader;

/// How metrics that come by OTLP become series. The lookback is that of queries, and not known here.
pub(super) fn read(reader: Reader<'_>) -> Translation {
    let defaults = Translation::default();
    let flag = |key, default| reader.boolean(key, default);
    Translation {
        strategy: reader.text("translation_strategy").and_then(Strategy::of_name).unwrap_or(defaults.strategy),
        promotion: promotion(reader),
        promote_scope: flag("promote_scope_metadata", defaults.promote_scope),
        keep_identifying_attributes: flag("keep_identifying_resource_attributes", defaults.keep_identifying_attributes),
        custom_buckets: flag("convert_histograms_to_nhcb", defaults.custom_buckets),
        sanitize_leading_underscore: flag("label_name_underscore_sanitization", defaults.sanitize_leading_underscore),
        preserve_underscores: flag("label_name_preserve_multiple_underscores", defaults.preserve_underscores),
        target_info: !flag("disable_target_info", !defaults.target_info),
        lookback_ms: defaults.lookback_ms,
    }
}

fn promotion(reader: Reader<'_>) -> Promotion {
    if reader.boolean("promote_all_resource_attributes", false) {
        Promotion::AllBut(reader.texts("ignore_resource_attributes"))
    } else {
        Promotion::Only(reader.texts("promote_resource_attributes"))
    }
}
