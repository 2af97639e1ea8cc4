//! `| line_format "{{.level}} {{.msg}}"`.

use aio_types::TimestampNs;

use super::Verdict;
use super::template::Template;
use crate::line::LineLabels;

/// A line that cannot be made stays as it is, marked.
pub(crate) fn apply(
    template: &Template,
    ts: TimestampNs,
    text: &str,
    labels: &mut LineLabels<'_>,
    next: &mut String,
) -> Verdict {
    next.clear();
    match template.render(ts, text, labels, next) {
        Ok(()) => Verdict::Replace,
        Err(why) => {
            labels.fail("TemplateFormatErr", why);
            Verdict::Keep
        }
    }
}
