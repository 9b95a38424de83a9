//! One request to a source, conditional where its validators are known. Only this folder names reqwest.
//!
//! The source may be hostile: addresses are checked when they are connected to, on every redirect; the body is cut off at a limit
//! before and after decompression; one time limit covers everything, another each pause. No cookies, no referrer, no proxy from the
//! environment.

mod bodies;
mod body;
mod deliver;
mod error;
mod guard;
mod headers;
mod hops;
mod look;
mod names;
mod submit;
mod turn;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, ClientBuilder, Method, Request, Response, StatusCode};
use tokio::time::timeout;
use url::Url;

use crate::edge::fetch::bodies::Bodies;
use crate::edge::fetch::guard::Resolver;
use crate::edge::fetch::hops::{Step, Way};
use crate::edge::fetch::names::Names;
use crate::model::{FetchSettings, Service, Source, Trouble, is_home};

pub use body::Body;
pub use deliver::Delivery;
pub use error::FetchError;
pub use guard::{Guard, Reach, Refused};
pub use look::Look;
pub use turn::{Turn, Turns, at_once};

/// Redirects that are followed in one fetch.
const MOST_HOPS: usize = 5;
/// For the connection alone, the lookup of its name and TLS included; the whole fetch has `fetch.timeout`.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest pause within an answer. A server that says nothing for so long has forgotten us.
const READ_TIMEOUT: Duration = Duration::from_secs(15);
/// All header lines of one HTTP/2 answer together, in bytes. Of HTTP/1.1 hyper takes 100 lines and some 400 KiB, and no more: real feeds come with up
/// to 40 lines.
const HEADER_BYTES: u32 = 64 * 1024;
/// Connections are kept for a redirect or robots.txt, not for the next poll: that is minutes away, and a descriptor for each of ten
/// thousand hosts would be more than a process has.
const POOL_IDLE: Duration = Duration::from_secs(2);
/// The largest robots.txt of which the beginning is read: RFC 9309, section 2.5, asks for at least 500 KiB.
const ROBOTS_BYTES: usize = 512 * 1024;
/// A host that does not give its robots.txt in this time has none: the feed is what we came for.
const ROBOTS_TIMEOUT: Duration = Duration::from_secs(5);

/// What the last answer said of itself, byte for byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// ETag
    pub etag: Option<Vec<u8>>,
    /// Last-Modified
    pub last_modified: Option<Vec<u8>>,
}

/// A source's answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code: 200 or another 2xx with a body, 304 without.
    pub status: u16,
    /// Where the answer came from, after redirects.
    pub url: Url,
    /// Where permanent redirects lead, if there were redirects and all were permanent (301, 308).
    pub moved: Option<Url>,
    /// The body, whole; `None` for 304.
    pub body: Option<Body>,
    /// Content-Type
    pub content_type: Option<String>,
    /// The answer's validators.
    pub validators: Validators,
    /// How long nothing new can be expected, from now on.
    pub fresh_for: Option<Duration>,
    /// Its Link headers.
    pub links: Vec<String>,
}

/// What is asked for.
#[derive(Clone, Copy)]
struct Ask<'a> {
    url: &'a Url,
    own_headers: &'a BTreeMap<String, String>,
    known: &'a Validators,
    limit: usize,
    within: Duration,
    /// Nothing more is wanted of the host now.
    is_last: bool,
    /// Waits for the turn of each host.
    turns: Turns<'a>,
}

/// What fetches. Cheap to clone; connections are shared.
#[derive(Clone)]
pub struct Fetcher {
    /// For what another request to the same host may follow: robots.txt, a first poll, a redirect.
    keeping: Clients,
    /// For what is asked alone, as most polls are. A connection that ends with its only request needs no place among those that are kept, and nobody who
    /// waits for its end.
    closing: Clients,
    guard: Arc<Guard>,
    settings: Arc<FetchSettings>,
    bodies: Bodies,
}

#[derive(Clone)]
struct Clients {
    /// Reaches public addresses and opened networks.
    anywhere: Client,
    /// Reaches opened networks only; `None` where there is none, or where a proxy resolves the names.
    opened: Option<Client>,
}

impl Fetcher {
    /// A fetcher with these settings. Fails where the system's TLS set-up can't be used.
    pub fn new(service: &Service, settings: &FetchSettings) -> Result<Self, FetchError> {
        let guard = Arc::new(Guard::new(settings.private_networks.clone(), &service.listen));
        // Another fetcher of this process may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let has_opened = settings.proxy.is_none() && !settings.private_networks.is_empty();
        let names = Arc::new(Names::new(settings.name_servers.clone()));
        let resolver = |reach| Resolver { guard: Arc::clone(&guard), names: Arc::clone(&names), reach };
        // What a proxy is called is the administrator's choice.
        let reach = settings.proxy.is_none().then_some(Reach::Anywhere);
        let clients = |kept| -> Result<Clients, FetchError> {
            let anywhere = client(service, settings, resolver(reach), kept)?;
            let opened = has_opened.then(|| client(service, settings, resolver(Some(Reach::Opened)), kept)).transpose()?;
            Ok(Clients { anywhere, opened })
        };
        let (keeping, closing, bodies) = (clients(1)?, clients(0)?, Bodies::new(settings.max_body));
        Ok(Self { keeping, closing, guard, settings: Arc::new(settings.clone()), bodies })
    }

    /// The fetcher with the memory for bodies of another one, so that both together take no more than one.
    pub fn sharing(self, other: &Self) -> Self {
        // Where a body may be longer now than all together could before, it takes another.
        let is_enough = other.bodies.bytes() >= self.settings.max_body;
        if is_enough { Self { bodies: other.bodies.clone(), ..self } } else { self }
    }

    /// Bytes of bodies that are in memory now, beyond a small part that each has without being counted.
    pub fn held_bytes(&self) -> usize {
        self.bodies.held_bytes()
    }

    /// Asks a source for its document at `url`, its own address or one that it has moved to. `now` is what dates count from.
    pub async fn fetch(
        &self,
        source: &Source,
        url: &Url,
        known: &Validators,
        turns: Turns<'_>,
        now: Timestamp,
    ) -> Result<Answer, FetchError> {
        let nothing = BTreeMap::new();
        // What the administrator wrote for one host may be a secret.
        let own_headers = if is_home(source.url(), url) { &source.headers } else { &nothing };
        let (limit, within) = (self.settings.max_body, self.settings.timeout);
        self.ask(Ask { url, own_headers, known, limit, within, is_last: true, turns }, now).await
    }

    /// Asks for the robots.txt of an address's host. It is empty where there is none that can be read: then it forbids nothing. An error is that the
    /// host is overloaded and has said for how long.
    pub async fn robots(&self, url: &Url, turns: Turns<'_>, now: Timestamp) -> Result<Vec<u8>, FetchError> {
        let Ok(url) = url.join("/robots.txt") else { return Ok(Vec::new()) };
        let (own_headers, known, within) = (BTreeMap::new(), Validators::default(), self.settings.timeout.min(ROBOTS_TIMEOUT));
        let ask = Ask { url: &url, own_headers: &own_headers, known: &known, limit: ROBOTS_BYTES, within, is_last: false, turns };
        // Others wait for this answer: here a wait for turns counts, too.
        match timeout(within, self.ask(ask, now)).await {
            Ok(Ok(answer)) => Ok(answer.body.and_then(|body| body.unpack().ok()).unwrap_or_default()),
            Ok(Err(error))
                if error.trouble == Trouble::Overloaded && error.retry_after.is_some() && !error.is_elsewhere(&url) =>
            {
                Err(error)
            }
            Ok(Err(_)) | Err(_) => Ok(Vec::new()),
        }
    }

    /// Asks, and follows redirects.
    async fn ask(&self, ask: Ask<'_>, now: Timestamp) -> Result<Answer, FetchError> {
        let way = Way { url: ask.url, most: MOST_HOPS, within: ask.within, turns: ask.turns };
        let found = self.follow(way, |url| self.step(ask, url, now)).await?;
        Ok(Answer { moved: found.moved, ..*found.answer })
    }

    async fn step(&self, ask: Ask<'_>, url: Url, now: Timestamp) -> Result<Step<Box<Answer>>, FetchError> {
        // Another host's validators do not come back to the first either.
        let at_home = is_home(ask.url, &url);
        let is_conditional = at_home && *ask.known != Validators::default();
        let response = self.send(&ask, &url, at_home).await?;
        let (status, fields) = (response.status(), response.headers());
        match status {
            StatusCode::NOT_MODIFIED if is_conditional => {}
            status if status.is_redirection() && status != StatusCode::NOT_MODIFIED => {
                return headers::redirect(&url, status.as_u16(), fields);
            }
            // Part of a document, which was not asked for, is none.
            status if !status.is_success() || status == StatusCode::PARTIAL_CONTENT => return Err(refusal(response, now).await),
            _ => {}
        }
        let validators = if at_home { headers::validators(fields) } else { Validators::default() };
        let mut answer = Answer {
            status: status.as_u16(),
            moved: None,
            url,
            content_type: headers::text(fields, reqwest::header::CONTENT_TYPE),
            validators,
            fresh_for: headers::fresh_for(fields, now),
            links: headers::links(fields),
            body: None,
        };
        if status != StatusCode::NOT_MODIFIED {
            answer.body = Some(Body::read(response, ask.limit, &self.bodies).await?);
        }
        Ok(Step::Answer(Box::new(answer)))
    }

    async fn send(&self, ask: &Ask<'_>, url: &Url, at_home: bool) -> Result<Response, FetchError> {
        let is_last = ask.is_last && ask.url == url;
        // Who was polled before has been asked for its robots.txt, too: but for once a day that was a while ago.
        let clients = if is_last && *ask.known != Validators::default() { &self.closing } else { &self.keeping };
        let client = self.client(clients, url, Some(ask.url))?;
        let mut fields = headers::for_anyone();
        if is_last {
            fields.insert(reqwest::header::CONNECTION, reqwest::header::HeaderValue::from_static("close"));
        }
        if at_home {
            headers::add_for_home(&mut fields, ask.own_headers, ask.known);
        }
        let mut request = Request::new(Method::GET, url.clone());
        *request.headers_mut() = fields;
        Ok(client.execute(request).await?)
    }

    /// The client of these that reaches an address, if any may. `home` is the one that the administrator wrote.
    fn client<'a>(&self, clients: &'a Clients, url: &Url, home: Option<&Url>) -> Result<&'a Client, FetchError> {
        match (self.guard.check_url(url, home)?, &clients.opened) {
            (Reach::Anywhere, _) => Ok(&clients.anywhere),
            (Reach::Opened, Some(opened)) => Ok(opened),
            // Its number was checked, or else the proxy would resolve a name to we do not know what.
            (Reach::Opened, None) if url.domain().is_none() => Ok(&clients.anywhere),
            (Reach::Opened, None) => {
                let (host, port) =
                    (url.host_str().unwrap_or_default().to_owned(), url.port_or_known_default().unwrap_or_default());
                Err(Refused::Port { host, port }.into())
            }
        }
    }
}

/// A client whose connections reach as far as its resolver lets them, and that keeps so many of them for each host.
fn client(service: &Service, settings: &FetchSettings, resolver: Resolver, kept: usize) -> Result<Client, FetchError> {
    let resolver = Arc::new(resolver);
    let builder = || -> Result<ClientBuilder, reqwest::Error> {
        let builder = Client::builder()
            .user_agent(headers::user_agent(service))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // The system's own watches over connections are for those that live long.
            .tcp_keepalive(None)
            .tcp_keepalive_interval(None)
            .tcp_keepalive_retries(None)
            .tcp_user_timeout(None)
            .http2_max_header_list_size(HEADER_BYTES)
            .pool_max_idle_per_host(kept)
            .pool_idle_timeout(POOL_IDLE)
            .dns_resolver(Arc::clone(&resolver));
        Ok(match &settings.proxy {
            Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.as_str())?),
            None => builder,
        })
    };
    Ok(builder()?.build().or_else(|_| {
        // A machine without ca-certificates: the roots that Mozilla trusts, as they were when this was built.
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| reqwest::Certificate::from_der(der).ok());
        builder()?.tls_certs_only(roots).build()
    })?)
}

/// A status that brings nothing, with what its body says.
async fn refusal(response: Response, now: Timestamp) -> FetchError {
    let status = response.status();
    let retry_after = headers::retry_after(response.headers(), now);
    // A hint is worth no wait.
    let hint = timeout(Duration::from_secs(1), body::hint(response)).await.unwrap_or_default();
    FetchError::of_status(status.as_u16(), status.canonical_reason().unwrap_or_default(), &hint, retry_after)
}
