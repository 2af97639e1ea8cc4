//! Stages for arbitrary lines, one at a time.

use aio_types::{Labels, LogEntry, TimestampNs};

use crate::line::{LineLabels, Needed, Scratch};
use crate::parse::ast::Expr;
use crate::pipeline::Pipeline;

/// Parsers that are applied to what is not known before.
const STAGES: [&str; 9] = [
    "| json",
    "| json a=\"b.c[1]\", d",
    "| logfmt",
    "| logfmt --strict --keep-empty a, b=\"c\"",
    "| pattern \"<a> - <_> [<b>] <c>\"",
    "| unpack | decolorize",
    "|> \"<_> a <_>\" or \"b<_>\"",
    "|= ip(\"10.0.0.0/8\")",
    "| regexp \"(?P<a>\\\\w+)=(?P<b>.*)\"",
];

/// Applies every stage to a line.
pub fn stages(line: &str) {
    let entry = LogEntry { ts: TimestampNs(0), line: line.into(), metadata: Labels::from_pairs([("a", "1")]) };
    let stream = Labels::from_pairs([("b", "2")]);
    let mut scratch = Scratch::default();
    for needed in [Needed::All, Needed::only(vec!["c".to_owned()])] {
        for stage in STAGES {
            let Ok(Expr::Log(log)) = crate::parse(&format!("{{b=\"2\"}} {stage}")) else { continue };
            let pipeline = Pipeline::new(&log.stages).expect("the stages are fine");
            if pipeline.passes(&stream, &entry, &needed, &mut scratch) {
                let labels = LineLabels::resume(&stream, &entry, &needed, &mut scratch.labels);
                assert_eq!(labels.categorized().merged(), labels.merged());
            }
        }
    }
}
