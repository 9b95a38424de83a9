//! TLS and HTTP/2 (T-rows F22): certificates made in the test, wrong in every way; each is refused, never ignored, and named.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::app::{TestApp, home};
use crate::origin::{Answer, Origin, articles, feed, rss};

/// An authority of the test's own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A server's set-up with a certificate for an address or a name, changed by `change`.
    fn server(&self, host: SanType, change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.subject_alt_names = vec![host];
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        server(vec![certificate.der().clone()], &key)
    }
}

impl Authority {
    /// A server's set-up with a certificate that so many authorities vouch for, each for the next, the first of them this one.
    fn distant(&self, host: SanType, authorities: usize) -> ServerConfig {
        let (mut chain, mut issuers): (Vec<CertificateDer<'static>>, Vec<Issuer<'static, KeyPair>>) = (Vec::new(), Vec::new());
        for n in 1..=authorities {
            let mut params = CertificateParams::new(Vec::new()).expect("parameters");
            let is_last = n == authorities;
            params.is_ca = if is_last { IsCa::NoCa } else { IsCa::Ca(BasicConstraints::Unconstrained) };
            params.subject_alt_names = if is_last { vec![host.clone()] } else { Vec::new() };
            params.distinguished_name.push(rcgen::DnType::CommonName, format!("authority {n}"));
            let key = KeyPair::generate().expect("a key");
            let certificate = params.signed_by(&key, issuers.last().unwrap_or(&self.issuer)).expect("a certificate");
            chain.insert(0, certificate.der().clone());
            if is_last {
                return server(chain, &key);
            }
            issuers.push(Issuer::new(params, key));
        }
        unreachable!("at least one vouches")
    }
}

fn server(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> ServerConfig {
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    versions.with_no_client_auth().with_single_cert(chain, key).expect("a certificate and its key")
}

fn loopback(n: u8) -> SanType {
    SanType::IpAddress(Ipv4Addr::new(127, 0, 0, n).into())
}

/// Listens on 127.0.0.N and lets `answer` answer each connection, for as long as the test runs.
fn listen<F>(n: u8, answer: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, n), 0)).await.expect("a port");
            tell.send(listener.local_addr().expect("an address")).expect("the test waits");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream));
            }
        });
    });
    told.recv().expect("it listens")
}

/// TLS in front of a scripted origin.
fn front(n: u8, config: ServerConfig, behind: SocketAddr) -> SocketAddr {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    listen(n, move |stream| {
        let acceptor = acceptor.clone();
        async move {
            // A client that refuses our certificate goes away: that is what is tested.
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let Ok(mut origin) = TcpStream::connect(behind).await else { return };
            drop(tokio::io::copy_bidirectional(&mut stream, &mut origin).await);
        }
    })
}

/// A server that answers whatever comes with these bytes.
fn mute(n: u8, bytes: &'static [u8]) -> SocketAddr {
    listen(n, move |stream| async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, mut hello) = (stream, [0; 1024]);
        if stream.read(&mut hello).await.is_ok() && stream.write_all(bytes).await.is_ok() {
            // Until the client has seen enough.
            while stream.read(&mut hello).await.is_ok_and(|read| read > 0) {}
        }
    })
}

/// A server that says nothing.
fn silent(n: u8) -> SocketAddr {
    mute(n, b"")
}

#[test]
fn what_is_wrong_with_tls_is_named_and_never_ignored() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let origin = Origin::new();
    origin.set("/", feed(&articles("a.vn", 0..3)));
    let behind = origin.address();
    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2026, 1, 2);
    let not_yet = |params: &mut CertificateParams| params.not_before = date_time_ymd(3000, 1, 1);
    let name = SanType::DnsName("khac.example.vn".try_into().expect("a name"));
    let alone = rcgen::generate_simple_self_signed(vec!["127.0.0.15".to_owned()]).expect("a certificate");
    // TLS 1.0 only: an alert "protocol version", and a ServerHello of TLS 1.0.
    const ALERT: &[u8] = &[0x15, 3, 1, 0, 2, 2, 70];
    const HELLO: [u8; 47] = {
        let mut hello = [7; 47];
        let head = [0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
        let mut place = 0;
        while place < head.len() {
            hello[place] = head[place];
            place += 1;
        }
        // No session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
        (hello[43], hello[44], hello[45], hello[46]) = (0, 0, 0x2F, 0);
        hello
    };
    let cases = [
        ("good", front(11, ours.server(loopback(11), |_| {}), behind), ""),
        ("expired", front(12, ours.server(loopback(12), expired), behind), "its certificate expired on 2026-01-0"),
        ("not-yet", front(13, ours.server(loopback(13), not_yet), behind), "its certificate is not valid before 3000-01-01"),
        (
            "other-name",
            front(14, ours.server(name, |_| {}), behind),
            "its certificate is for khac.example.vn and not for 127.0.0.14",
        ),
        (
            "self-signed",
            front(15, server(vec![alone.cert.der().clone()], &alone.signing_key), behind),
            "nobody whom this machine trusts",
        ),
        ("unknown", front(16, theirs.server(loopback(16), |_| {}), behind), "nobody whom this machine trusts vouches"),
        ("chain", front(22, ours.distant(loopback(22), 4), behind), ""),
        ("long-chain", front(23, ours.distant(loopback(23), 30), behind), "more certificates than"),
        ("old", mute(17, ALERT), "older than TLS 1.2"),
        ("older", mute(18, &HELLO), "older than TLS 1.2"),
        ("plain", mute(20, b"HTTP/1.1 400 Bad Request\r\n\r\n"), "does not speak TLS"),
        ("silent", silent(19), "within 4 seconds"),
    ];
    let sources: Vec<_> = cases.iter().map(|(id, address, _)| (*id, format!("https://{address}/"))).collect();
    let app = TestApp::new(&home(&sources).replace("10s", "4s"));
    let trusted = app.folder().join("trusted.pem");
    std::fs::write(&trusted, &ours.pem).expect("writing the authority");
    let app = app.env("SSL_CERT_FILE", trusted.to_str().expect("a path"));
    let rows = app.poll();
    for (id, _, why) in cases {
        let row = &rows[id];
        let error = row["error"].as_str().unwrap_or_default();
        if why.is_empty() {
            assert_eq!(row["new"], 3, "{row}");
        } else {
            assert!(row["outcome"] == "failed" && error.contains(why), "{id}: {why:?} is not in {row}");
        }
    }
}

/// An origin that speaks HTTP/2 alone, and answers everything with a feed.
fn second(n: u8, mut config: ServerConfig) -> SocketAddr {
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    listen(n, move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let Ok(mut connection) = h2::server::handshake(stream).await else { return };
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                let is_known = request.headers().get("if-none-match").is_some_and(|tag| tag.as_bytes() == b"\"2\"");
                let robots = request.uri().path() == "/robots.txt";
                let status = if robots {
                    404
                } else if is_known {
                    304
                } else {
                    200
                };
                let mut head = http::Response::new(());
                *head.status_mut() = http::StatusCode::from_u16(status).expect("a status");
                head.headers_mut().insert("etag", http::HeaderValue::from_static("\"2\""));
                let has_body = status == 200;
                let Ok(mut body) = respond.send_response(head, !has_body) else { continue };
                if has_body {
                    drop(body.send_data(Bytes::from(rss(&articles("a.vn", 0..7))), true));
                }
            }
        }
    })
}

#[test]
fn a_server_of_http_2_is_spoken_to_in_it() {
    let ours = Authority::new("ours");
    let address = second(21, ours.server(loopback(21), |_| {}));
    let app = TestApp::new(&home(&[("a", format!("https://{address}/rss"))]));
    let trusted = app.folder().join("trusted.pem");
    std::fs::write(&trusted, &ours.pem).expect("writing the authority");
    let app = app.env("SSL_CERT_FILE", trusted.to_str().expect("a path"));
    let first = app.poll();
    assert_eq!((&first["a"]["status"], &first["a"]["new"]), (&200.into(), &7.into()), "{first:#?}");
    assert_eq!(app.poll()["a"]["status"], 304);
    assert!(!app.run(&["poll", "--all"]).stderr.contains("illegal"), "no header of HTTP/1 is sent");
}

/// A redirect never leads from https back to http.
#[test]
fn https_does_not_lead_back_to_http() {
    let (ours, origin) = (Authority::new("ours"), Origin::new());
    origin.set("/", Answer::redirect(&origin.url("/feed")));
    origin.set("/feed", feed(&articles("a.vn", 0..3)));
    let address = front(22, ours.server(loopback(22), |_| {}), origin.address());
    let app = TestApp::new(&home(&[("a", format!("https://{address}/"))]));
    let trusted = app.folder().join("trusted.pem");
    std::fs::write(&trusted, &ours.pem).expect("writing the authority");
    let rows = app.env("SSL_CERT_FILE", trusted.to_str().expect("a path")).poll();
    assert!(rows["a"]["error"].as_str().is_some_and(|error| error.contains("from https back to http")), "{rows:#?}");
    assert!(origin.requests("/feed").is_empty());
}
