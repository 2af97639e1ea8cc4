use super::*;
use crate::yaml::documents;

const GOOD: &str = "\
global:
  smtp_smarthost: localhost:25
  smtp_from: a@b
route:
  receiver: team
  group_by: [alertname]
  routes:
  - matchers: [ 'severity=~\"a|b\"', 'team=x' ]
    receiver: pager
    mute_time_intervals: [nights]
    continue: true
    routes: [{ match: { a: b }, match_re: { c: d.* } }]
inhibit_rules:
- source_matchers: [severity=critical]
  target_matchers: [severity=warning]
  equal: [cluster]
time_intervals:
- name: nights
  time_intervals: [{ times: [{ start_time: '22:00', end_time: '24:00' }], weekdays: ['monday:friday'] }]
receivers:
- name: team
  email_configs: [{ to: x@y }]
- name: pager
  pagerduty_configs: [{ routing_key: k }]
  webhook_configs: [{ url: 'http://h' }]
  slack_configs: [{ api_url: 'https://s', channel: '#c', fields: [{ title: a, value: b }] }]
- name: 'null'
";

fn found(text: &str) -> Vec<String> {
    let root = documents(text).expect("valid").remove(0);
    faults_of(&root).into_iter().map(|fault| format!("{}: {}", fault.line, fault.what)).collect()
}

#[test]
fn a_usual_file_passes() {
    assert_eq!(found(GOOD), Vec::<String>::new());
}

/// One line of the good file replaced, and what that must be called.
#[test]
fn one_wrong_line_is_named() {
    for (old, new, expected) in [
        ("  receiver: team\n", "  receiver: nobody\n", "5: undefined receiver \"nobody\""),
        ("  receiver: team\n", "", "4: the root route must have a receiver"),
        ("    receiver: pager\n", "    receiver: nobody\n", "9: undefined receiver"),
        ("[nights]", "[days]", "10: undefined time interval \"days\""),
        ("group_by: [alertname]", "group_by: [a, a]", "6: `route.group_by`: \"a\" is given twice"),
        ("group_by: [alertname]", "group_by: [a, '...']", "6: `route.group_by`"),
        ("group_by: [alertname]", "group_interval: 0s", "6: `route.group_interval`"),
        ("group_by: [alertname]", "matchers: [a=b]", "6: the root route must not have `matchers`"),
        ("'team=x'", "'team'", "8: `route.routes.0.matchers.1`: bad matcher format"),
        ("c: d.*", "c: '('", "12: `route.routes.0.routes.0.match_re.c`"),
        ("[severity=critical]", "[severity]", "14: `inhibit_rules.0.source_matchers.0`"),
        ("end_time: '24:00'", "end_time: '21:00'", "19: `time_intervals.0.time_intervals.0.times.0.end_time`"),
        ("'monday:friday'", "'moonday'", "19: `time_intervals.0.time_intervals.0.weekdays.0`"),
        ("- name: pager\n", "- name: team\n", "23: the receiver name \"team\" is not unique"),
        ("  smtp_from: a@b\n", "", "21: `email_configs`: `from` is missing"),
        ("[{ to: x@y }]", "[{ too: x@y }]", "`receivers.0.email_configs.0.too`: unknown key"),
        ("api_url: 'https://s', ", "", "26: `slack_configs`: `api_url` is missing"),
        ("routing_key: k", "severity: x", "24: `pagerduty_configs`: `routing_key` is missing"),
        ("  smtp_from: a@b\n", "  smtp_from: a@b\n  smpt_hello: x\n", "4: `global.smpt_hello`: unknown key"),
    ] {
        assert!(GOOD.contains(old), "{old}");
        let faults = found(&GOOD.replacen(old, new, 1));
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{new:?}: {faults:?}");
    }
}

#[test]
fn a_key_and_its_file_exclude_each_other() {
    let faults = found(&GOOD.replace("routing_key: k", "routing_key: k, routing_key_file: f"));
    assert!(faults[0].contains("at most one"), "{faults:?}");
}
