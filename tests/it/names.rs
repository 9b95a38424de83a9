//! Names that lead somewhere else each time, or nowhere (T3 and F23 of docs/fetching.md), through the program's own resolver and a
//! scripted name server.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value;

use crate::app::{HOME, TestApp, source};
use crate::internal::Internal;
use crate::nameserver::{NAME_ERROR, NameServer, SERVER_FAILURE, Says};
use crate::origin::{Origin, articles, feed};

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// A configuration that asks a name server, and opens only these networks.
fn config(names: &NameServer, networks: &str) -> String {
    let fetch = format!("[fetch]\nname_servers = [\"{}\"]", names.address());
    HOME.replace("[fetch]", &fetch).replace("\"127.0.0.0/8\"", networks)
}

fn told<'a>(rows: &'a BTreeMap<String, Value>, id: &str) -> &'a str {
    rows[id]["error"].as_str().unwrap_or_default()
}

/// T3: a name server that says first what may be fetched and then what may not, or both at once, over and over.
#[test]
fn a_name_that_changes_its_mind_never_leads_inside() {
    const TRIES: usize = 1000;
    // They share a port: nothing but the address keeps the internal one from being asked.
    let both = || {
        let origin = Origin::at(3);
        Internal::at("127.0.0.1", origin.port()).map(|internal| (origin, internal))
    };
    let (origin, internal) = std::iter::repeat_with(both).flatten().next().expect("a port that is free at both addresses");
    let (outside, inside) = (ip("127.0.0.3"), ip("127.0.0.1"));
    let turns = [vec![outside], vec![inside], vec![outside, inside], vec![outside], vec![inside, outside]];
    let name = |n: usize| format!("n{n}.doi-y.example");
    let says = |n: usize| Says::InTurn((0..turns.len()).map(|turn| turns[(n + turn) % turns.len()].clone()).collect());
    let names = NameServer::new((0..TRIES).map(|n| (name(n), says(n))));
    let mut config = config(&names, "\"127.0.0.3/32\"");
    for n in 0..TRIES {
        origin.set(&format!("/{n}"), feed(&articles(&name(n), 0..1)));
        config += &source(&format!("s{n}"), &format!("http://{}:{}/{n}", name(n), origin.port()));
    }
    let rows = TestApp::new(&config).poll();
    let refused = (0..TRIES).filter(|n| told(&rows, &format!("s{n}")).contains("127.0.0.1 is not a public address")).count();
    let taken = (0..TRIES).filter(|n| rows[&format!("s{n}")]["new"] == 1).count();
    assert_eq!(refused + taken, TRIES, "each is either refused or fetched");
    assert!(refused > TRIES / 4 && taken > TRIES / 10, "{refused} refused and {taken} taken: both were tried");
    assert_eq!(internal.count(), 0, "nobody even connected");
}

/// F23: whatever a name server does, a poll ends with a sentence of its own.
#[test]
fn whatever_a_name_server_does_a_poll_ends_and_says_why() {
    let origin = Origin::at(3);
    let many = |odd: IpAddr| {
        let address = |n: u16| IpAddr::from(Ipv4Addr::new(127, 9, (n / 250) as u8, (n % 250) as u8 + 1));
        let all = (0..1000).map(address).enumerate().map(move |(n, address)| if n == 700 { odd } else { address });
        Says::Addresses([ip("127.0.0.3")].into_iter().chain(all).collect(), 60)
    };
    let script = [
        ("khong-co", Says::Error(NAME_ERROR)),
        ("hong", Says::Error(SERVER_FAILURE)),
        ("tu-choi", Says::Error(5)),
        ("im-lang", Says::Nothing),
        ("trong", Says::Addresses(Vec::new(), 60)),
        ("nghin", many(ip("127.9.9.9"))),
        ("nghin-le", many(ip("10.0.0.1"))),
        ("vong", Says::AliasOf("vong-lai.example")),
        ("khong-nho", Says::Addresses(vec![ip("127.0.0.3")], 0)),
        ("ho-den", Says::Addresses(vec![ip("fd00::1")], 60)),
        ("gach_duoi", Says::Addresses(vec![ip("127.0.0.3")], 60)),
        ("hai-nha", Says::Addresses(vec![ip("fd00::1"), ip("127.0.0.3")], 60)),
    ];
    let names = NameServer::new(script.clone().map(|(name, says)| (format!("{name}.example"), says)));
    let mut config = config(&names, "\"127.0.0.0/8\", \"fd00::/8\"");
    for (name, _) in &script {
        origin.set(&format!("/{name}"), feed(&articles(name, 0..1)));
        config += &source(&name.replace('_', "-"), &format!("http://{name}.example:{}/{name}", origin.port()));
    }
    let app = TestApp::new(&config);
    let rows = app.poll();
    let says = [
        ("khong-co", "there is no host of its name (NXDOMAIN)"),
        ("hong", "the name server could not find out where its host is (Server Failure)"),
        ("tu-choi", "the name server could not find out where its host is (Query Refused)"),
        ("im-lang", "no name server said in time where its host is"),
        ("trong", "its host's name has no address"),
        ("nghin-le", "10.0.0.1 is not a public address"),
        ("vong", "its host's name"),
    ];
    for (name, sentence) in says {
        assert!(told(&rows, name).contains(sentence), "{name}: {}", rows[name]);
    }
    // Where there is no IPv6, no way leads there; where there is, nobody answers.
    let black_hole = told(&rows, "ho-den");
    assert!(black_hole.contains("no way leads") || black_hole.contains("in time"), "{black_hole}");
    for name in ["nghin", "khong-nho", "gach-duoi", "hai-nha"] {
        assert_eq!(rows[name]["new"], 1, "{name}: {}", rows[name]);
    }
    let asked = names.asked("khong-nho.example");
    assert_eq!(app.run(&["poll", "khong-nho"]).status, Some(0));
    assert!(names.asked("khong-nho.example") > asked, "what is to be forgotten at once is");
}
