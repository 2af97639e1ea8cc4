use proptest::prelude::*;

use super::*;

const PUSH: &str = r#"{"streams":[{"stream":{"job":"a"},"values":[["5","one"],["6","two",{"trace_id":"x"}]]}]}"#;

#[test]
fn a_request_as_agents_send_it() {
    let write = decode_json(PUSH.as_bytes()).expect("decodes").write;
    let [stream] = &write.streams[..] else { panic!("one stream") };
    assert_eq!(stream.labels.to_string(), r#"{job="a"}"#);
    assert_eq!(stream.entries[1].ts, TimestampNs(6));
    assert_eq!(stream.entries[1].metadata.get("trace_id"), "x");
}

#[test]
fn nothing_at_all_is_an_empty_push() {
    for body in ["{}", r#"{"streams":null}"#, r#"{"streams":[]}"#, "null"] {
        assert_eq!(decode_json(body.as_bytes()), Ok(Push::default()), "{body}");
    }
}

#[test]
fn labels_that_are_no_texts_are_taken_as_they_stand() {
    let body =
        br#"{"streams":[{"stream":{"a":1,"b":true,"c":null,"d":{"e": [1.50]},"f":"g\u00e9"},"values":[["5","x"]]}]}"#;
    let push = decode_json(body).expect("decodes");
    let want = [("a", "1"), ("b", "true"), ("c", "null"), ("d", r#"{"e": [1.50]}"#), ("f", "gé")];
    assert_eq!(push.write.streams[0].labels, Labels::from_pairs(want));
}

#[test]
fn form_is_taken_as_easily_as_loki_takes_it() {
    for (body, labels, lines) in [
        (r#"{"streams":[{"stream":{"a":"b"},"values":[["5","x",{},7,null]]}]}"#, r#"{a="b"}"#, &[(5, "x")][..]),
        (r#"{"streams":[{"stream":{"a":"b"},"values":[["5"],[]]}]}"#, r#"{a="b"}"#, &[(5, ""), (NO_TIME.0, "")]),
        (r#"{"streams":[{"stream":{"a":"b"},"values":[null,["5","x"]]}]} behind"#, r#"{a="b"}"#, &[(5, "x")]),
        (r#"{"streams":[{"stream":{"a":"b"},"values":null}]}"#, r#"{a="b"}"#, &[]),
        (r#"{"streams":[{"values":[["-5","x"]]}]}"#, "{}", &[(-5, "x")]),
        (
            r#"{"STREAMS":[{"values":[["5","x"]],"stream":{"a":"b"},"stream":{"c":"d","c":"e"},
                "values":[["6","y"]],"values":null,"other":[{}]}],"more":0}"#,
            r#"{c="e"}"#,
            &[(6, "y")],
        ),
        (r#"{"streams":[{"Stream":{"a":"b"},"Values":[["5","x"]]}]}"#, "{}", &[]),
    ] {
        let push = decode_json(body.as_bytes()).expect(body);
        let [stream] = &push.write.streams[..] else { panic!("one stream") };
        let read: Vec<_> = stream.entries.iter().map(|e| (e.ts.0, &*e.line)).collect();
        assert_eq!((&*stream.labels.to_string(), &read[..]), (labels, lines), "{body}");
    }
}

#[test]
fn lines_that_are_no_utf_8_are_mended() {
    let body = PUSH.replace("one", "a@b").into_bytes();
    let body: Vec<u8> = body.into_iter().map(|b| if b == b'@' { 0xff } else { b }).collect();
    assert_eq!(&*decode_json(&body).expect("decodes").write.streams[0].entries[0].line, "a\u{fffd}b");
}

#[test]
fn names_that_are_none_cost_their_stream_or_all() {
    let body = r#"{"streams":[{"stream":{"a":"1","b c":"x"},"values":[["5","x"],["6","y"]]},{"stream":{"":"x"}},
        {"stream":{"a":"b"},"values":[["5","x",{"user.id":"7"}]]}]}"#;
    let push = decode_json(body.as_bytes()).expect("decodes");
    let told: Vec<_> = push.unreadable.iter().map(|(lines, fault)| (*lines, fault.to_string())).collect();
    assert_eq!(told[0].0, 2);
    assert_eq!(
        told[0].1,
        r#"couldn't parse labels: 1:11: parse error: unexpected identifier "c" in label set, expected "=""#
    );
    assert!(told[1].1.ends_with(r#"1:2: parse error: unexpected "=" in label set, expected identifier or "}""#));
    assert_eq!(push.write.streams[0].entries[0].metadata.to_string(), r#"{user_id="7"}"#);
    assert_eq!(push.misnamed, None);
    let body = PUSH.replace("trace_id", "");
    assert_eq!(decode_json(body.as_bytes()).expect("decodes").misnamed.as_deref(), Some("label name is empty"));
}

#[test]
fn other_shapes_are_refused() {
    for body in [
        r#"{"streams":[{"stream":{},"values":[[5,"numeric time"]]}]}"#,
        r#"{"streams":[{"stream":{},"values":[["5",7]]}]}"#,
        r#"{"streams":[{"stream":{},"values":[["x","bad time"]]}]}"#,
        r#"{"streams":[{"stream":{},"values":[["+5","a"]]}]}"#,
        r#"{"streams":[{"stream":{},"values":[["05","a"]]}]}"#,
        r#"{"streams":[{"stream":{},"values":[["","a"]]}]}"#,
        r#"{"streams":[{"stream":{},"values":[["5","\ud800"]]}]}"#,
        r#"{"streams":[{"stream":{},"values":[["5","a",null]]}]}"#,
        r#"{"streams":[{"stream":{},"values":[["5","a",{"k":{"nested":1}}]]}]}"#,
        r#"{"streams":[{"stream":{},"values":[["5","a",{"k":1}]]}]}"#,
        r#"{"streams":[{"stream":{},"values":{}}]}"#,
        r#"{"streams":[{"stream":null,"values":[]}]}"#,
        r#"{"streams":[[{"a":"b"},[["5","a"]]]]}"#,
        r#"{"streams":[null]}"#,
        r#"{"streams":{}}"#,
        "[]",
        "{",
        "",
    ] {
        assert!(decode_json(body.as_bytes()).is_err(), "{body}");
    }
}

proptest! {
    #[test]
    fn changed_bodies_never_panic(at in 0..PUSH.len(), with in any::<u8>()) {
        let mut body = PUSH.as_bytes().to_vec();
        body[at] = with;
        let _any = decode_json(&body);
        let _any = super::super::decode_legacy_json(&body);
    }
}
