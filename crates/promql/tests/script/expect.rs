//! What is expected beside values: failures, warnings, infos, order.

use aio_promql::Outcome;
use regex::Regex;

/// How a text must be.
#[derive(Debug)]
enum Match {
    Any,
    Exactly(String),
    Like(Regex),
}

impl Match {
    /// `msg: text`, `regex: pattern` or nothing.
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::Any);
        }
        if let Some(message) = text.strip_prefix("msg:") {
            return Ok(Self::Exactly(message.trim().to_owned()));
        }
        let pattern = text.strip_prefix("regex:").ok_or_else(|| format!("neither msg nor regex: {text:?}"))?;
        Regex::new(pattern.trim()).map(Self::Like).map_err(|e| e.to_string())
    }

    fn accepts(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(expected) => expected == text,
            Self::Like(regex) => regex.is_match(text),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Expected {
    fail: Option<Match>,
    warnings: Vec<Match>,
    infos: Vec<Match>,
    no_warning: bool,
    no_info: bool,
    pub(super) ordered: bool,
    pub(super) text: Option<String>,
}

impl Expected {
    /// What the old spellings of the command say.
    pub(super) fn of_command(word: &str) -> Result<Self, String> {
        let mut expected = Self::default();
        match word {
            "eval" => {}
            "eval_fail" => expected.fail = Some(Match::Any),
            "eval_warn" => expected.warnings.push(Match::Any),
            "eval_info" => expected.infos.push(Match::Any),
            "eval_ordered" => expected.ordered = true,
            _ => return Err(format!("unknown command {word:?}")),
        }
        Ok(expected)
    }

    pub(super) fn line(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match word {
            "expected_fail_message" => self.fail = Some(Match::Exactly(rest.trim().to_owned())),
            "expected_fail_regexp" => self.fail = Some(Match::parse(&format!("regex:{rest}"))?),
            _ => {
                let rest = rest.trim_start();
                let (kind, rest) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
                match kind {
                    "fail" => self.fail = Some(Match::parse(rest)?),
                    "warn" => self.warnings.push(Match::parse(rest)?),
                    "info" => self.infos.push(Match::parse(rest)?),
                    "no_warn" => self.no_warning = true,
                    "no_info" => self.no_info = true,
                    "ordered" => self.ordered = true,
                    "string" => self.text = Some(unquoted(rest.trim())?),
                    _ => return Err(format!("unknown expectation {line:?}")),
                }
            }
        }
        Ok(())
    }

    /// The outcome, or nothing where it is a failure that was expected.
    pub(super) fn failure(&self, result: Result<Outcome, String>) -> Result<Option<Outcome>, String> {
        match (result, &self.fail) {
            (Ok(outcome), None) => Ok(Some(outcome)),
            (Ok(outcome), Some(_)) => Err(format!("must fail, gave {:?}", outcome.value)),
            (Err(error), None) => Err(format!("failed: {error}")),
            (Err(error), Some(expected)) if expected.accepts(&error) => Ok(None),
            (Err(error), Some(expected)) => Err(format!("failed with {error:?}, not {expected:?}")),
        }
    }

    pub(super) fn notes(&self, outcome: &Outcome) -> Result<(), String> {
        notes("warnings", &self.warnings, self.no_warning, &outcome.warnings)?;
        notes("infos", &self.infos, self.no_info, &outcome.infos)
    }
}

/// Where anything is expected, each must be there and there must be nothing else.
fn notes(kind: &str, expected: &[Match], none: bool, got: &[String]) -> Result<(), String> {
    if none && !got.is_empty() {
        return Err(format!("{kind}: none expected, got {got:?}"));
    }
    if expected.is_empty() {
        return Ok(());
    }
    if let Some(missing) = expected.iter().find(|e| !got.iter().any(|text| e.accepts(text))) {
        return Err(format!("{kind}: {missing:?} missing in {got:?}"));
    }
    match got.iter().find(|text| !expected.iter().any(|e| e.accepts(text))) {
        Some(unexpected) => Err(format!("{kind}: unexpected {unexpected:?}")),
        None => Ok(()),
    }
}

fn unquoted(text: &str) -> Result<String, String> {
    if let Some(raw) = text.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        return Ok(raw.to_owned());
    }
    match aio_promql::parse::parse(text, &aio_promql::parse::ParseOptions::default()).map(|expr| expr.kind) {
        Ok(aio_promql::parse::ExprKind::String(text)) => Ok(text.into_string()),
        other => Err(format!("no string: {text:?}: {other:?}")),
    }
}
