//! `| line_format "{{.level}} {{.msg}}"`.

use super::Verdict;
use super::template::Template;
use crate::line::LineLabels;

/// A line that cannot be made stays as it is, marked.
pub(crate) fn apply(template: &Template, text: &str, labels: &mut LineLabels<'_>, next: &mut String) -> Verdict {
    next.clear();
    match template.render(text, labels, next) {
        Ok(()) => Verdict::Replace,
        Err(why) => {
            labels.fail("TemplateFormatErr", why);
            Verdict::Keep
        }
    }
}
