//! Types with fields and methods of their own.

use std::any::Any;
use std::fmt;

use super::Value;
use crate::functions::{Call, Fault, Signature};

/// A value of a type that templates know by its fields and methods only: an alert, a time, labels with methods.
///
/// It stands where Go has a named type. Methods come before fields, fields before the keys of a map beneath.
pub trait Object: Any + fmt::Debug + Send + Sync {
    /// Go's name of the type, as error messages and `%T` have it.
    fn type_name(&self) -> &str;

    /// A field of a struct; nothing when there is none of that name.
    fn field(&self, _name: &str) -> Option<Value<'static>> {
        None
    }

    /// Whether a field may hold anything: its type is Go's `any`.
    fn is_any(&self, _field: &str) -> bool {
        false
    }

    /// All fields in their order: what a struct without a string of its own prints.
    fn fields(&self) -> Vec<(&'static str, Value<'static>)> {
        Vec::new()
    }

    /// The parameters of a method; nothing when there is none of that name.
    fn method(&self, _name: &str) -> Option<Signature> {
        None
    }

    /// Calls a method that [`Object::method`] described; the arguments fit its parameters.
    ///
    /// # Errors
    /// What the method says.
    fn invoke(&self, name: &str, _call: &mut Call<'_, '_>) -> Result<Value<'static>, Fault> {
        Err(Fault::new(format!("{name} is not a method")))
    }

    /// What it prints as: Go's `String()`.
    fn string(&self) -> Option<String> {
        None
    }

    /// The list, map, number or string it is beneath; a struct is nothing beneath.
    fn beneath(&self) -> Option<Value<'static>> {
        None
    }

    /// Whether it equals another object of the same type, as `==` of Go does; none when such values cannot be compared.
    fn equals(&self, _other: &dyn Object) -> Option<bool> {
        None
    }
}
