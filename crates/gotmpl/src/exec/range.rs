//! Loops.

use std::sync::Arc;

use super::walk::Flow;
use super::{At, Held, Result_, Run};
use crate::fmt::verb;
use crate::tree::{Branch, OperandKind};
use crate::value::{List, Map, Type, Value};

/// A value in a message is cut there.
const MESSAGE_BYTES_MAX: usize = 4096;

/// Whether a turn of the loop was the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Next,
    Last,
}

impl<'a> Run<'a, '_> {
    pub(super) fn range(&mut self, dot: &Held<'a>, branch: &'a Branch) -> Result_<()> {
        let outer = self.variables.len();
        let held = self.pipeline(dot, &branch.pipe)?;
        let value = self.value_of(held);
        let mark = self.variables.len();
        let ran = match &*value.beneath() {
            Value::Nil => false,
            Value::List(list) => self.over_list(branch, list, mark)?,
            Value::Map(map) => self.over_map(branch, map, mark)?,
            Value::Int(count) => self.over_numbers(branch, &value, *count, Value::Int, mark)?,
            Value::Int64(count) => self.over_numbers(branch, &value, *count, Value::Int64, mark)?,
            Value::Byte(count) => {
                let byte = |i| Value::Byte(u8::try_from(i).unwrap_or(u8::MAX));
                self.over_numbers(branch, &value, i64::from(*count), byte, mark)?
            }
            Value::Uint64(count) => {
                let count = i64::try_from(*count).unwrap_or(i64::MAX);
                self.over_numbers(branch, &value, count, |i| Value::Uint64(i.cast_unsigned()), mark)?
            }
            _ => {
                let text = verb(&value, 'v', MESSAGE_BYTES_MAX);
                return self.fail(format!("range can't iterate over {text}"));
            }
        };
        if let (false, Some(otherwise)) = (ran, &branch.otherwise) {
            self.deeper(|run| run.list(dot, otherwise))?;
        }
        self.variables.truncate(outer);
        Ok(())
    }

    fn over_list(&mut self, branch: &'a Branch, list: &Arc<List>, mark: usize) -> Result_<bool> {
        for (i, item) in list.items.iter().enumerate() {
            let index = Value::Int(i64::try_from(i).unwrap_or(i64::MAX));
            if self.turn(branch, index, element(item, list.element), mark)? == Turn::Last {
                break;
            }
        }
        Ok(!list.items.is_empty())
    }

    fn over_map(&mut self, branch: &'a Branch, map: &Arc<Map>, mark: usize) -> Result_<bool> {
        for (key, item) in map.iter() {
            let key = Value::from(key.to_owned());
            if self.turn(branch, key, element(item, map.element), mark)? == Turn::Last {
                break;
            }
        }
        Ok(!map.entries.is_empty())
    }

    fn over_numbers(
        &mut self,
        branch: &'a Branch,
        value: &Value<'a>,
        count: i64,
        number: impl Fn(i64) -> Value<'a>,
        mark: usize,
    ) -> Result_<bool> {
        if branch.pipe.variables.len() > 1 {
            let text = verb(value, 'v', MESSAGE_BYTES_MAX);
            return self.fail(format!("can't use {text} to iterate over more than one variable"));
        }
        for i in 0..count {
            if self.turn(branch, Value::Nil, Held::Value(number(i)), mark)? == Turn::Last {
                break;
            }
        }
        Ok(count > 0)
    }

    /// One turn: sets the loop's variables and walks its body.
    fn turn(&mut self, branch: &'a Branch, index: Value<'a>, item: Held<'a>, mark: usize) -> Result_<Turn> {
        let pipe = &branch.pipe;
        let names = pipe.variables.iter().filter_map(|variable| match &variable.kind {
            OperandKind::Variable(name, _) => Some(&**name),
            _ => None,
        });
        let count = pipe.variables.len();
        for (i, name) in names.enumerate() {
            // Of two variables the first is the index, of one it is the element.
            let held = if count > 1 && i == 0 { Held::Value(index.clone()) } else { item.clone() };
            if pipe.assigns {
                self.assign(name, held)?;
            } else if let Some((_, variable)) = self.variables.get_mut(mark - count + i) {
                *variable = held;
            }
        }
        self.at = Some(At::Pipe(pipe));
        self.step(1)?;
        let flow = self.deeper(|run| run.list(&item, &branch.body))?;
        self.variables.truncate(mark);
        Ok(if flow == Flow::Break { Turn::Last } else { Turn::Next })
    }
}

/// An element as its collection holds it.
pub(super) fn element<'a>(item: &Value<'static>, element: Type) -> Held<'a> {
    if element == Type::Any { Held::Boxed(item.clone()) } else { Held::Value(item.clone()) }
}
