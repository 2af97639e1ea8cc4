//! The functions that the cases call.

use aio_gotmpl::{Call, Fault, Function, Functions, Type, Value};

use crate::world::{ALERT, KV, SECS, Secs};

fn texts(args: &[Value<'_>]) -> Vec<String> {
    args.iter().filter_map(Value::as_text).map(str::to_owned).collect()
}

fn length<'a>(call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
    let length = match call.take(0) {
        Value::Map(map) => map.iter().count(),
        Value::Object(object) => match object.beneath() {
            Some(Value::Map(map)) => map.iter().count(),
            _ => 0,
        },
        _ => 0,
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

fn text_and_number() -> Function {
    Function::new(&[Type::Int, Type::Text], |call| Ok(Value::from(format!("{}{}", call.text(1), call.int(0)))))
}

fn joined() -> Function {
    Function::variadic(&[Type::Text], Type::Text, |call| Ok(Value::from(texts(&call.args()[1..]).join(call.text(0)))))
}

pub(crate) fn functions() -> Functions {
    let mut functions = Functions::new();
    functions
        .add("upper", Function::new(&[Type::Text], |call| Ok(Value::from(call.text(0).to_uppercase()))))
        .add(
            "join",
            Function::new(&[Type::Text, Type::List(&Type::Text)], |call| {
                let items = match call.take(1) {
                    Value::List(list) => texts(list.items()),
                    _ => Vec::new(),
                };
                Ok(Value::from(items.join(call.text(0))))
            }),
        )
        .add(
            "addi",
            Function::new(&[Type::Int, Type::Int], |call| Ok(Value::Int(call.int(0).wrapping_add(call.int(1))))),
        )
        .add(
            "add64",
            Function::new(&[Type::Int64, Type::Int64], |call| Ok(Value::Int64(call.int(0).wrapping_add(call.int(1))))),
        )
        .add("half", Function::new(&[Type::Float], |call| Ok(Value::Float(call.float(0) / 2.0))))
        .add("flip", Function::new(&[Type::Bool], |call| Ok(Value::Bool(!call.take(0).truth()))))
        .add("cat", Function::variadic(&[], Type::Text, |call| Ok(Value::from(texts(call.args()).concat()))))
        .add("pick", Function::variadic(&[Type::Any], Type::Any, |call| Ok(call.take(call.args().len() - 1))))
        .add(
            "list",
            Function::variadic(&[], Type::Any, |call| {
                Ok(Value::list(call.args().iter().cloned().map(Value::into_owned)))
            }),
        )
        .add("fail", Function::new(&[Type::Text], |call| Err(Fault::new(call.text(0).to_owned()))))
        .add("fn", Function::new(&[], |_| Ok(Value::Function(text_and_number().into()))))
        .add("vfn", Function::new(&[], |_| Ok(Value::Function(joined().into()))))
        .add("one", Function::new(&[], |_| Ok(Value::Int(1))))
        .add("unsigned", Function::new(&[Type::Uint64], |call| Ok(call.take(0))))
        .add("byte", Function::new(&[Type::Byte], |call| Ok(call.take(0))))
        .add("takesKV", Function::new(&[KV], length))
        .add("takesMap", Function::new(&[Type::Map(&Type::Text)], length))
        .add(
            "takesSecs",
            Function::new(&[SECS], |call| Ok(Value::object(Secs(Secs::of(&call.take(0)).wrapping_mul(2))))),
        )
        .add(
            "takesAlert",
            Function::new(&[ALERT], |call| {
                Ok(match call.take(0) {
                    Value::Object(alert) => alert.field("Status").unwrap_or_default(),
                    _ => Value::Nil,
                })
            }),
        );
    functions
}
