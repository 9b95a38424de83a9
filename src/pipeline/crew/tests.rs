//! Distances, room and lanes, under a clock that only moves when everybody waits.

use std::collections::BTreeMap;

use super::*;
use crate::config::{self, Config};
use crate::edge::fetch::Look;

fn configured(fetch: &str, urls: &[&str]) -> Config {
    let sources: String = urls.iter().enumerate().map(|(n, url)| format!("[source.s{n}]\nurl = \"{url}?{n}\"\n")).collect();
    let text = format!("[fetch]\n{fetch}\n{sources}");
    config::read("feeds.toml", &text, &|_| None).unwrap_or_else(|faults| panic!("{faults}")).0
}

/// The seconds at which a fetch of each source begins, by host; each takes a second.
async fn begun(config: &Config) -> BTreeMap<String, Vec<f32>> {
    let (crew, start) = (Crew::new(&config.fetch), Instant::now());
    let mut fetches = tokio::task::JoinSet::new();
    for source in config.sources.values() {
        let (crew, source) = (crew.clone(), source.clone());
        fetches.spawn(async move {
            let _slot = crew.slot(source.url(), false).await;
            let at = start.elapsed().as_secs_f32();
            tokio::time::sleep(Duration::from_secs(1)).await;
            (source.url().host_str().unwrap_or_default().to_owned(), at)
        });
    }
    let mut by_host: BTreeMap<String, Vec<f32>> = BTreeMap::new();
    for (host, at) in fetches.join_all().await {
        by_host.entry(host).or_default().push(at);
    }
    by_host.values_mut().for_each(|times| times.sort_by(f32::total_cmp));
    by_host
}

#[tokio::test(start_paused = true)]
async fn fetches_of_a_host_keep_their_distance_and_other_hosts_do_not_wait() {
    let a = ["http://a.vn/", "https://a.vn/", "http://a.vn:8080/", "http://a.vn/x", "http://a.vn/y"];
    let config = configured("per_host = 2\nparallel = 3", &[&a[..], &["http://b.vn/", "http://c.vn/"]].concat());
    let begun = begun(&config).await;
    let times = &begun["a.vn"];
    assert_eq!(times.len(), 5);
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 2.0), "whatever the scheme and port: {times:?}");
    assert!(times[4] < 9.0, "and no farther than needed: {times:?}");
    assert!(begun["b.vn"][0] < 1.5 && begun["c.vn"][0] < 1.5, "{begun:?}");
}

#[tokio::test(start_paused = true)]
async fn without_spacing_the_room_is_what_counts() {
    let config = configured("per_host = 2\nspacing = \"0s\"", &["http://a.vn/"; 6]);
    let times = begun(&config).await["a.vn"].clone();
    assert_eq!(times.iter().filter(|at| **at < 0.5).count(), 2, "{times:?}");
    assert!(times[5] < 2.5, "{times:?}");
}

/// P18: where redirects lead, they wait for their turn like everybody.
#[tokio::test(start_paused = true)]
async fn fetches_that_are_led_to_a_host_keep_their_distance_there() {
    let config = configured("per_host = 1", &[]);
    let (crew, start) = (Crew::new(&config.fetch), Instant::now());
    let third = Url::parse("https://c.vn/").expect("an address");
    let mut fetches = tokio::task::JoinSet::new();
    for n in 0..4 {
        let (crew, third) = (crew.clone(), third.clone());
        fetches.spawn(async move {
            let slot = crew.slot(&Url::parse(&format!("http://s{n}.vn/")).expect("an address"), false).await;
            slot.place.at(&crew, &third).expect("another host").await;
            let at = start.elapsed();
            // Its host is free for others meanwhile.
            assert_eq!(slot.host.room.available_permits(), 1);
            assert!(slot.place.at(&crew, &third.join("/xa/hon").expect("an address")).is_none(), "on the same host it goes on");
            tokio::time::sleep(Duration::from_secs(3)).await;
            at.as_secs_f32()
        });
    }
    let mut times = fetches.join_all().await;
    times.sort_by(f32::total_cmp);
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 3.0), "one at a time: {times:?}");
    assert!(times[3] < 13.0, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn two_hosts_that_lead_to_each_other_do_not_wait_for_each_other() {
    let config = configured("per_host = 1", &[]);
    let (crew, start) = (Crew::new(&config.fetch), Instant::now());
    let [a, b] = ["http://a.vn/", "http://b.vn/"].map(|url| Url::parse(url).expect("an address"));
    let led = async |from: &Url, to: &Url| {
        let slot = crew.slot(from, false).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        slot.place.at(&crew, to).expect("another host").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    tokio::join!(led(&a, &b), led(&b, &a), led(&a, &b), led(&b, &a));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(crew.host(&a).room.available_permits() == 1 && crew.host(&b).room.available_permits() == 1);
}

#[tokio::test(start_paused = true)]
async fn hosts_that_nobody_needs_are_forgotten() {
    let config = configured("", &[]);
    let crew = Crew::new(&config.fetch);
    let url = |n: usize| Url::parse(&format!("http://h{n}.vn/")).expect("an address");
    let slot = crew.slot(&url(0), false).await;
    (1..MOST_HOSTS + 10).for_each(|n| drop(crew.host(&url(n))));
    let hosts = lock(&crew.hosts);
    assert!(hosts.len() <= 20 && hosts.contains_key("h0.vn"), "{}", hosts.len());
    drop((hosts, slot));
}

#[tokio::test(start_paused = true)]
async fn who_was_slow_waits_aside() {
    let config = configured("parallel = 1", &["http://a.vn/", "http://b.vn/", "http://c.vn/"]);
    let crew = Crew::new(&config.fetch);
    let source = |n: usize| config.sources.values().nth(n).expect("a source").clone();
    let mut slow = crew.slot(source(0).url(), true).await;
    let quick = crew.slot(source(1).url(), false).await;
    assert_eq!((crew.running.available_permits(), crew.aside.available_permits()), (0, ASIDE - 1));
    drop(quick);
    slow.step_aside(&crew.aside);
    assert_eq!((crew.running.available_permits(), crew.aside.available_permits()), (1, ASIDE - 1), "it already stands there");
    let mut quick = crew.slot(source(2).url(), false).await;
    quick.step_aside(&crew.aside);
    assert_eq!((crew.running.available_permits(), crew.aside.available_permits()), (1, ASIDE - 2), "room for the next");
    let taken: Vec<_> = std::iter::from_fn(|| Arc::clone(&crew.aside).try_acquire_owned().ok()).collect();
    assert_eq!(taken.len(), ASIDE - 2);
    let mut last = crew.slot(source(1).url(), false).await;
    last.step_aside(&crew.aside);
    assert_eq!(crew.running.available_permits(), 0, "without room aside it stays where it is");
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_the_configuration_forgets_no_distance() {
    let config = configured("spacing = \"10s\"", &["http://a.vn/"; 2]);
    let (crew, source) = (Crew::new(&config.fetch), config.sources.values().next().expect("a source").clone());
    drop(crew.slot(source.url(), false).await);
    let start = Instant::now();
    drop(crew.under(&config.fetch).slot(source.url(), false).await);
    assert!(start.elapsed() >= Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_the_configuration_makes_no_more_room() {
    let config = configured("parallel = 1\nspacing = \"0s\"", &["http://a.vn/", "http://b.vn/"]);
    let urls: Vec<_> = config.sources.values().map(|source| source.url().clone()).collect();
    let crew = Crew::new(&config.fetch);
    let held = crew.slot(&urls[0], false).await;
    let edited = crew.under(&config.fetch);
    let second = tokio::time::timeout(Duration::from_secs(60), edited.slot(&urls[1], false)).await;
    assert!(second.is_err(), "one is under way, and there is room for one");
    drop(held);
    edited.slot(&urls[1], false).await;
}

#[tokio::test]
async fn a_poll_whose_turn_comes_after_an_edit_is_one_of_the_configuration_in_force() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(Store::open(folder.path()).expect("a store"));
    let config = configured("", &["http://127.0.0.1:1/"]);
    let (crew, source) = (Crew::new(&config.fetch), config.sources.values().next().expect("a source").clone());
    let desk = |text: &str| {
        let config = config::read("feeds.toml", text, &|_| None).unwrap_or_else(|faults| panic!("{faults}")).0;
        Desk::new(config, || Timestamp::UNIX_EPOCH).expect("a desk")
    };
    for edited in [
        "[source.khac]\nurl = \"http://127.0.0.1:1/\"\n",
        "[source.s0]\nurl = \"http://127.0.0.1:1/?0\"\nenabled = false\n",
        "[source.s0]\nurl = \"http://127.0.0.1:1/moi\"\n",
    ] {
        let desk = desk(edited);
        assert!(matches!(crew.poll(|| desk.clone(), &store, &source, None).await, Turn::NotWanted), "{edited}");
    }
    assert!(store.source_states().expect("states").is_empty(), "nobody was asked");
}

/// P18: the head of an article and the whole of it are two requests, and a poll of the same host that waits between them goes first.
#[tokio::test(start_paused = true)]
async fn looks_at_an_article_keep_their_distance() {
    let config = configured("per_host = 1", &[]);
    let (crew, start) = (Crew::new(&config.fetch), Instant::now());
    let url = Url::parse("https://a.vn/tin-1").expect("an address");
    let begun = Mutex::new(Vec::new());
    let asked = |look: Look, slot: Slot| {
        lock(&begun).push((look, start.elapsed().as_secs()));
        async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(slot);
            (look == Look::Whole).then_some(Some(false)).or(Some(None))
        }
    };
    let poll = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        drop(crew.slot(&url, false).await);
        start.elapsed().as_secs()
    };
    let (told, polled) = tokio::join!(crew.looks(&url, asked), poll);
    assert_eq!((told, polled), (Some(false), 2));
    assert_eq!(*lock(&begun), [(Look::Head, 0), (Look::Whole, 4)]);
}
