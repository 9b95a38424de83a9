//! Counts in Prometheus's text format (version 0.0.4).

use std::fmt::Write;

use crate::model::{DELAY_BOUNDS, Tally};

/// The page of counts, and whether the store takes anything at present.
pub fn metrics(tally: &Tally, store_takes: bool) -> String {
    let mut out = String::new();
    let takes = [(String::new(), u64::from(store_takes))];
    let help = "Whether the store takes anything: 0 while its disk is full or broken, or its database does not answer.";
    family(&mut out, "diemtin_store_takes", help, "gauge", &takes);
    let mut counter = |name: &str, help: &str, rows: &[(String, u64)]| family(&mut out, name, help, "counter", rows);
    let alone = |count| vec![(String::new(), count)];
    counter("diemtin_requests_total", "Documents that were asked for.", &alone(tally.requests));
    counter("diemtin_robots_requests_total", "Times that a robots.txt was asked for.", &alone(tally.robots));
    let help = "Articles that were looked at because their sources took them out.";
    counter("diemtin_article_looks_total", help, &alone(tally.looks));
    let answers = [("not_modified", tally.not_modified), ("whole", tally.whole)];
    let answers = answers.map(|(kind, count)| (format!("{{kind=\"{kind}\"}}"), count));
    counter("diemtin_answers_total", "Answers: 304, or a body that was read whole.", &answers);
    let failures: Vec<_> = tally.failures.iter().map(|(t, count)| (format!("{{trouble=\"{}\"}}", t.label()), *count)).collect();
    counter("diemtin_failures_total", "Polls that failed, by what went wrong.", &failures);
    let bytes = [("wire", tally.wire_bytes), ("body", tally.body_bytes)];
    let bytes = bytes.map(|(stage, count)| (format!("{{stage=\"{stage}\"}}"), count));
    counter("diemtin_received_bytes_total", "Bytes of bodies, on the wire and after decompression.", &bytes);
    let entries = [("new", tally.new_entries), ("updated", tally.updated_entries)];
    let entries = entries.map(|(kind, count)| (format!("{{kind=\"{kind}\"}}"), count));
    counter("diemtin_entries_total", "Entries that polls brought.", &entries);
    let asked: Vec<_> = (tally.hub_requests.iter())
        .map(|((mode, outcome), count)| (format!("{{mode=\"{mode}\",outcome=\"{outcome}\"}}"), *count))
        .collect();
    counter("diemtin_hub_requests_total", "Requests to WebSub hubs.", &asked);
    let pings: Vec<_> = tally.pings.iter().map(|(result, count)| (format!("{{result=\"{result}\"}}"), *count)).collect();
    counter("diemtin_announcements_total", "Announcements of WebSub hubs, by what they were worth.", &pings);
    let asked: Vec<_> = tally.hub_asked.iter().map(|(result, count)| (format!("{{result=\"{result}\"}}"), *count)).collect();
    counter("diemtin_own_hub_requests_total", "Requests to our own WebSub hub, by what became of them.", &asked);
    let calls: Vec<_> = (tally.hub_calls.iter())
        .map(|((kind, outcome), count)| (format!("{{kind=\"{kind}\",outcome=\"{outcome}\"}}"), *count))
        .collect();
    counter("diemtin_own_hub_calls_total", "Calls of our own WebSub hub to subscribers, and of ours to another hub.", &calls);
    let held = [(String::new(), tally.held_bytes)];
    family(&mut out, "diemtin_held_body_bytes", "Bytes of large bodies in memory, as they came over the wire.", "gauge", &held);
    let subscribers = [(String::new(), tally.subscribers)];
    family(&mut out, "diemtin_own_hub_subscriptions", "Subscriptions to our feeds.", "gauge", &subscribers);
    let faults = [(String::new(), tally.faults)];
    let help = "What is wrong in feeds.toml as it was edited last: while that is not 0, the one before is in force.";
    family(&mut out, "diemtin_configuration_faults", help, "gauge", &faults);
    let stale = [(String::new(), tally.stale)];
    family(&mut out, "diemtin_pages_stale", "1 while the pages of an earlier run are served.", "gauge", &stale);
    let hubs: Vec<_> = tally.hubs.iter().map(|(state, count)| (format!("{{state=\"{state}\"}}"), *count)).collect();
    family(&mut out, "diemtin_subscriptions", "Sources that name a WebSub hub, by how they stand with it.", "gauge", &hubs);
    let sources: Vec<_> = tally.sources.iter().map(|(state, count)| (format!("{{state=\"{state}\"}}"), *count)).collect();
    family(&mut out, "diemtin_sources", "Sources by how they stand.", "gauge", &sources);
    delays(&mut out, tally);
    out
}

fn family(out: &mut String, name: &str, help: &str, kind: &str, rows: &[(String, u64)]) {
    put(out, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    for (labels, count) in rows {
        put(out, format_args!("{name}{labels} {count}\n"));
    }
}

fn delays(out: &mut String, tally: &Tally) {
    const NAME: &str = "diemtin_arrival_delay_seconds";
    family(out, NAME, "From a story's publication to its arrival, first polls apart.", "histogram", &[]);
    let mut within = 0;
    for (bound, count) in DELAY_BOUNDS.iter().zip(tally.delays.buckets) {
        within += count;
        put(out, format_args!("{NAME}_bucket{{le=\"{bound}\"}} {within}\n"));
    }
    let (sum, count) = (tally.delays.sum_seconds, tally.delays.count);
    put(out, format_args!("{NAME}_bucket{{le=\"+Inf\"}} {count}\n{NAME}_sum {sum}\n{NAME}_count {count}\n"));
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("text can be written to memory");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Trouble;

    #[test]
    fn counts_stand_in_prometheus_format() {
        let mut tally = Tally {
            requests: 7,
            not_modified: 4,
            whole: 2,
            wire_bytes: 1000,
            body_bytes: 5000,
            held_bytes: 70,
            ..Tally::default()
        };
        tally.failures.insert(Trouble::TooSlow, 1);
        tally.sources.insert("failing", 3);
        tally.hub_requests.insert(("subscribe", "accepted"), 5);
        tally.pings.insert("heard", 6);
        tally.hubs.insert("proven", 2);
        tally.hub_asked.insert("accepted", 8);
        tally.hub_calls.insert(("deliver", "taken"), 9);
        tally.subscribers = 10;
        tally.stale = 1;
        [30, 60, 61, 1_000_000].into_iter().for_each(|seconds| tally.delays.add(seconds));
        assert!(metrics(&tally, false).contains("\ndiemtin_store_takes 0\n"));
        let text = metrics(&tally, true);
        for line in [
            "diemtin_store_takes 1",
            "# TYPE diemtin_requests_total counter",
            "diemtin_requests_total 7",
            "diemtin_answers_total{kind=\"not_modified\"} 4",
            "diemtin_failures_total{trouble=\"too_slow\"} 1",
            "diemtin_received_bytes_total{stage=\"body\"} 5000",
            "diemtin_held_body_bytes 70",
            "diemtin_hub_requests_total{mode=\"subscribe\",outcome=\"accepted\"} 5",
            "diemtin_announcements_total{result=\"heard\"} 6",
            "diemtin_subscriptions{state=\"proven\"} 2",
            "diemtin_own_hub_requests_total{result=\"accepted\"} 8",
            "diemtin_own_hub_calls_total{kind=\"deliver\",outcome=\"taken\"} 9",
            "diemtin_own_hub_subscriptions 10",
            "diemtin_pages_stale 1",
            "diemtin_sources{state=\"failing\"} 3",
            "diemtin_arrival_delay_seconds_bucket{le=\"60\"} 2",
            "diemtin_arrival_delay_seconds_bucket{le=\"300\"} 3",
            "diemtin_arrival_delay_seconds_bucket{le=\"86400\"} 3",
            "diemtin_arrival_delay_seconds_bucket{le=\"+Inf\"} 4",
            "diemtin_arrival_delay_seconds_sum 1000151",
            "diemtin_arrival_delay_seconds_count 4",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
        let is_whole = |line: &str| line.starts_with('#') || line.rsplit_once(' ').is_some_and(|(_, n)| n.parse::<u64>().is_ok());
        assert!(text.lines().all(is_whole), "{text}");
    }
}
