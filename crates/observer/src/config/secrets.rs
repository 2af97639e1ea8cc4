//! `${NAME}` in secrets: taken from the environment when the file is read. `$${` is a literal `${`.

/// The text with its variables filled in.
///
/// # Errors
/// Names the variable that is not set.
pub(crate) fn expand(text: &str) -> Result<String, String> {
    expand_with(text, |name| std::env::var(name).ok())
}

fn expand_with(text: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            out.push_str(&rest[..at]);
            out.push('{');
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let end = rest[at..].find('}').ok_or("`${` without its `}`; a literal `${` is written `$${`")? + at;
        let name = &rest[at + 2..end];
        out.push_str(&lookup(name).ok_or_else(|| format!("the environment variable {name:?} is not set"))?);
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_missing_ones_named() {
        let lookup = |name: &str| (name == "TOKEN").then(|| "s3cret".to_owned());
        for (text, expected) in [
            ("Bearer ${TOKEN}!", Ok("Bearer s3cret!")),
            ("pa$$word $TOKEN", Ok("pa$$word $TOKEN")),
            ("$${TOKEN}", Ok("${TOKEN}")),
            ("${TOKEN}${TOKEN}", Ok("s3crets3cret")),
            ("${GONE}", Err("GONE")),
            ("${TOKEN", Err("}")),
        ] {
            match (expand_with(text, lookup), expected) {
                (Ok(got), Ok(expected)) => assert_eq!(got, expected),
                (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
    }
}
