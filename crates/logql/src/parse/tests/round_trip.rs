//! What is printed parses to the same tree.

use proptest::prelude::*;

use super::generate::expr;
use crate::parse::parse;

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same(expr in expr()) {
        for text in [expr.to_string(), expr.pretty()] {
            let again = parse(&text);
            prop_assert!(again.is_ok(), "{}: {:?}", text, again);
            prop_assert_eq!(again.as_ref().ok(), Some(&expr), "{}", text);
        }
    }
}
