//! Every border of every closed network, every spelling of a closed address, every port.

use super::*;

fn guard(private_networks: &[&str]) -> Guard {
    let networks = private_networks.iter().map(|network| network.parse().expect("a network")).collect();
    Guard::new(networks, "127.0.0.1:8080")
}

fn url(text: &str) -> Url {
    Url::parse(text).expect("an address")
}

/// What becomes of a redirect there.
fn redirect(guard: &Guard, text: &str) -> Result<Reach, Refused> {
    guard.check_url(&url(text), Some(&url("https://nguon.example.vn/rss")))
}

#[test]
fn every_border_of_every_closed_network_is_kept() {
    let guard = guard(&[]);
    let is_closed = |address: IpAddr| guard.check(address, Reach::Anywhere).is_err();
    for (network, length) in CLOSED_V4 {
        let last = network | u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
        for closed in [network, last].map(Ipv4Addr::from_bits) {
            assert!(is_closed(closed.into()), "{closed}");
        }
    }
    for (network, length) in CLOSED_V6 {
        for closed in [network, network | u128::MAX >> length].map(Ipv6Addr::from_bits) {
            assert!(is_closed(closed.into()), "{closed}");
        }
    }
    let outside = "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 \
                   172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0 192.167.255.255 \
                   192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 \
                   2000:: 2001:200:: 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db9:: 2003:: 3ffe:ffff:: 3fff:1000:: \
                   3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2606:4700::1111";
    for open in outside.split_whitespace() {
        assert!(!is_closed(open.parse().expect("an address")), "{open}");
    }
    // First and last of each, written from the registries (RFC 6890 and its successors) and not from our table.
    let closed = "0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.100.0.1 100.127.255.255 127.0.0.0 127.255.255.255 \
                  169.254.0.0 169.254.169.254 169.254.255.255 172.16.0.0 172.20.0.1 172.31.255.255 192.0.0.0 192.0.0.255 192.0.2.0 \
                  192.0.2.255 192.88.99.0 192.88.99.255 192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.0 \
                  198.51.100.255 203.0.113.0 203.0.113.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255 \
                  :: ::1 ::7f00:1 ::ffff:10.0.0.1 ::ffff:0:a00:1 64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:2::1 2002:808:808::1 \
                  1fff:ffff:: 4000:: 5f00::1 fc00:: fdff:: fe80::1 fec0::1 ff02::1";
    for closed in closed.split_whitespace() {
        assert!(is_closed(closed.parse().expect("an address")), "{closed}");
    }
}

#[test]
fn every_spelling_of_a_closed_address_is_refused() {
    let guard = guard(&[]);
    for text in [
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://127.1/",
        "http://0/",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        "http://%31%32%37.0.0.1/",
        "http:127.0.0.1/",
        "http:\\\\127.0.0.1\\",
        "http://a@127.0.0.1/",
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::127.0.0.1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[::ffff:a00:1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b::127.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://[2001:db8::1]/",
        "http://[2001::1]/",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "gopher://1.1.1.1/",
        "data:text/xml,<rss/>",
        "ws://1.1.1.1/",
    ] {
        assert!(redirect(&guard, text).is_err(), "{text}");
    }
    for none in ["http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://256.0.0.1/", "http://127.0.0.0.1/", "http://[::1/"]
    {
        assert!(Url::parse(none).is_err(), "{none} is no address at all");
    }
    assert_eq!(redirect(&guard, "http://[2606:4700::1111]/"), Ok(Reach::Anywhere));
}

#[test]
fn the_administrator_opens_networks_with_their_ports() {
    let guard = guard(&["127.0.0.0/8", "64:ff9b::/96"]);
    for open in
        ["http://127.0.0.9:9200/", "http://[::ffff:127.0.0.9]/", "http://[64:ff9b::808:808]/", "http://[64:ff9b::7f00:1]/"]
    {
        assert!(redirect(&guard, open).is_ok(), "{open}");
    }
    for closed in ["http://10.0.0.1/", "http://[64:ff9b::10.0.0.1]/", "http://[::1]/"] {
        assert!(redirect(&guard, closed).is_err(), "{closed}");
    }
    assert_eq!(redirect(&guard, "http://tin.example.vn:8081/"), Ok(Reach::Opened), "its name has to lead into an opened network");
    assert!(guard.check([1, 1, 1, 1].into(), Reach::Opened).is_err());
    assert!(guard.check([127, 0, 0, 9].into(), Reach::Opened).is_ok());
}

#[test]
fn a_redirect_leads_to_no_odd_port_of_a_public_host() {
    let guard = guard(&[]);
    for text in ["http://1.1.1.1:25/", "https://1.1.1.1:6379/", "http://tin.example.vn:22/", "http://nguon.example.vn:9200/"] {
        assert!(matches!(redirect(&guard, text), Err(Refused::Port { .. })), "{text}");
    }
    for text in ["http://1.1.1.1/", "http://1.1.1.1:443/", "https://1.1.1.1:80/"] {
        assert_eq!(redirect(&guard, text), Ok(Reach::Anywhere), "{text}");
    }
    let home = url("http://nguon.example.vn:8081/rss");
    assert_eq!(guard.check_url(&home, Some(&home)), Ok(Reach::Anywhere), "the port that feeds.toml names");
    assert!(guard.check_url(&url("http://khac.example.vn:8081/rss"), Some(&home)).is_err(), "not on another host");
    assert!(guard.check_url(&home, None).is_err(), "not where feeds.toml names none");
}

#[test]
fn we_do_not_fetch_from_ourselves() {
    let refused = |listen: &str, text: &str| {
        let guard = Guard::new(vec!["127.0.0.0/8".parse().expect("a network")], listen);
        matches!(redirect(&guard, text), Err(Refused::Ourselves { .. }))
    };
    assert!(refused("127.0.0.1:8080", "http://127.0.0.1:8080/feeds/moi-nhat.rss"));
    assert!(refused("127.0.0.1:8080", "http://[::ffff:127.0.0.1]:8080/"));
    assert!(refused("0.0.0.0:8080", "http://127.0.0.1:8080/"));
    assert!(!refused("127.0.0.1:8080", "http://127.0.0.1:8081/"));
    assert!(!refused("127.0.0.1:8080", "http://127.0.0.2:8080/"));
}

#[test]
fn one_closed_address_among_a_names_addresses_closes_the_name() {
    let guard = guard(&["127.0.0.0/8"]);
    let open =
        |texts: &[&str]| guard.all_open(texts.iter().map(|text| text.parse().expect("an address")).collect(), Reach::Anywhere);
    assert_eq!(open(&["1.1.1.1", "2606:4700::1111"]).map(|addresses| addresses.len()), Ok(2));
    assert!(open(&["1.1.1.1", "10.0.0.1"]).is_err(), "an answer that mixes them");
    assert!(open(&["1.1.1.1", "127.0.0.1"]).is_ok(), "opened");
    let many: Vec<String> = (0..1000).map(|n| format!("1.1.{}.{}", n / 250, n % 250)).collect();
    assert_eq!(open(&many.iter().map(String::as_str).collect::<Vec<_>>()).map(|a| a.len()), Ok(MOST_ADDRESSES));
}
