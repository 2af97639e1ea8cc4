//! Go's own functions.

mod compare;
mod escape;
mod index;

pub(crate) use index::slice;

use super::{Call, Fault, Signature};
use crate::fmt::{Buffer, print, printf, println};
use crate::value::{Type, Value};

/// One of them. `and` and `or` do not evaluate all of their arguments: they are done where calls are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builtin {
    And,
    Or,
    Not,
    Call,
    Html,
    Js,
    UrlQuery,
    Index,
    Slice,
    Len,
    Print,
    Printf,
    Println,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

const ONE: &[Type] = &[Type::Reflected];
const TWO: &[Type] = &[Type::Reflected, Type::Reflected];

impl Builtin {
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "and" => Self::And,
            "or" => Self::Or,
            "not" => Self::Not,
            "call" => Self::Call,
            "html" => Self::Html,
            "js" => Self::Js,
            "urlquery" => Self::UrlQuery,
            "index" => Self::Index,
            "slice" => Self::Slice,
            "len" => Self::Len,
            "print" => Self::Print,
            "printf" => Self::Printf,
            "println" => Self::Println,
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "lt" => Self::Lt,
            "le" => Self::Le,
            "gt" => Self::Gt,
            "ge" => Self::Ge,
            _ => return None,
        })
    }

    pub(crate) fn signature(self) -> Signature {
        match self {
            Self::And | Self::Or | Self::Call | Self::Index | Self::Slice | Self::Eq => {
                Signature::variadic(ONE, Type::Reflected)
            }
            Self::Not | Self::Len => Signature::new(ONE),
            Self::Html | Self::Js | Self::UrlQuery | Self::Print | Self::Println => Signature::variadic(&[], Type::Any),
            Self::Printf => Signature::variadic(&[Type::Text], Type::Any),
            Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge => Signature::new(TWO),
        }
    }

    /// What it gives; its arguments fit its parameters.
    pub(crate) fn run<'a>(self, call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
        match self {
            Self::And | Self::Or => Ok(call.take(0)),
            Self::Not => Ok(Value::Bool(!call.args().first().is_some_and(Value::truth))),
            Self::Call => Err(Fault::new("call of nil")),
            Self::Html => written(call, escape::html),
            Self::Js => written(call, escape::js),
            Self::UrlQuery => written(call, escape::url_query),
            Self::Index => index::index(call),
            Self::Slice => slice(call, None),
            Self::Len => index::len(call),
            Self::Print => bounded(call, |out, args| print(out, args)),
            Self::Println => bounded(call, |out, args| println(out, args)),
            Self::Printf => bounded(call, |out, args| {
                if let [Value::Text(format), rest @ ..] = args {
                    printf(out, format, rest);
                }
            }),
            Self::Eq => compare::equals_any(call.args()).map(Value::Bool),
            Self::Ne => compare::equals_any(call.args()).map(|equal| Value::Bool(!equal)),
            Self::Lt => compare::less(call.args()).map(Value::Bool),
            Self::Le => compare::less_or_equal(call.args()).map(Value::Bool),
            Self::Gt => compare::less_or_equal(call.args()).map(|less| Value::Bool(!less)),
            Self::Ge => compare::less(call.args()).map(|less| Value::Bool(!less)),
        }
    }
}

fn bounded<'a>(call: &Call<'_, 'a>, write: impl FnOnce(&mut Buffer<'_>, &[Value<'a>])) -> Result<Value<'a>, Fault> {
    let mut text = String::new();
    let mut out = Buffer::new(&mut text, call.bytes_max());
    write(&mut out, call.args());
    if out.is_full() { Err(Fault::too_long()) } else { Ok(Value::from(text)) }
}

/// The arguments as `print` writes them, nothing being `<no value>`, and then escaped.
fn written<'a>(call: &mut Call<'_, 'a>, escape: fn(&str, &mut Buffer<'_>)) -> Result<Value<'a>, Fault> {
    for arg in call.args_mut() {
        if matches!(arg, Value::Nil) {
            *arg = Value::from("<no value>");
        }
    }
    let plain = match call.args() {
        [Value::Text(_)] => Value::Text(call.take_text(0)),
        _ => bounded(call, |out, args| print(out, args))?,
    };
    let mut text = String::new();
    let mut out = Buffer::new(&mut text, call.bytes_max());
    escape(plain.as_text().unwrap_or_default(), &mut out);
    if out.is_full() { Err(Fault::too_long()) } else { Ok(Value::from(text)) }
}
