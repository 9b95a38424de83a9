//! Why there is no answer: from what reqwest, hyper and rustls say to a kind and a sentence.
//!
//! Their errors are chains; what tells most stands innermost. An administrator is to read "its certificate expired on 2026-01-01" and
//! not "error sending request".

use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::Duration;

use jiff::Timestamp;
use rustls::{AlertDescription, CertificateError, InvalidMessage, PeerIncompatible};
use url::Url;

use crate::edge::fetch::Refused;
use crate::edge::fetch::names::Unresolved;
use crate::model::{Trouble, is_same_site};

/// Names of a certificate that are shown.
const MOST_NAMES: usize = 4;

/// Why there is no answer, as the end of a sentence that begins with the address.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct FetchError {
    /// What kind of failure it is.
    pub trouble: Trouble,
    /// The status code, where there was one.
    pub status: Option<u16>,
    /// How long the server asked to be left alone, counted from now.
    pub retry_after: Option<Duration>,
    /// The address that failed, where the asked one had led to another.
    pub at: Option<Box<Url>>,
    pub(super) why: String,
}

impl FetchError {
    pub(super) fn new(trouble: Trouble, why: impl Into<String>) -> Self {
        Self { trouble, status: None, retry_after: None, at: None, why: why.into() }
    }

    /// Whether another site failed than that of an address which was asked.
    pub fn is_elsewhere(&self, asked: &Url) -> bool {
        self.at.as_ref().is_some_and(|at| !is_same_site(asked, at))
    }

    /// The server answered with a status that brings nothing. `hint` is what its body says.
    pub(super) fn of_status(status: u16, reason: &str, hint: &str, retry_after: Option<Duration>) -> Self {
        let mut why = format!("the server answered {status}");
        if !reason.is_empty() {
            why = format!("{why} {reason}");
        }
        if !hint.is_empty() && !hint.eq_ignore_ascii_case(reason) {
            why = format!("{why} (it says “{hint}”)");
        }
        Self { status: Some(status), retry_after, ..Self::new(Trouble::of_status(status), why) }
    }
}

impl From<Refused> for FetchError {
    fn from(refused: Refused) -> Self {
        Self::new(Trouble::Closed, refused.to_string())
    }
}

impl From<Unresolved> for FetchError {
    fn from(unresolved: Unresolved) -> Self {
        // Where our own name server is away, nothing is known of the host.
        let trouble = match unresolved {
            Unresolved::NoSuchName | Unresolved::NoAddress => Trouble::NoSuchHost,
            Unresolved::Failed { .. } | Unresolved::Silent | Unresolved::Unusable { .. } => Trouble::Unreachable,
        };
        Self::new(trouble, unresolved.to_string())
    }
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        let told = causes(&error).find_map(tell);
        told.unwrap_or_else(|| match kind(&error) {
            Trouble::TooSlow if error.is_connect() => Self::new(Trouble::TooSlow, "no connection could be made in time"),
            Trouble::TooSlow => Self::new(Trouble::TooSlow, "the server fell silent before the answer was whole"),
            trouble => Self::new(trouble, sentence(&error)),
        })
    }
}

/// An error and what caused it, outermost first; also what an I/O error wraps, which the chain passes over.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error))
}

fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

/// A cause that we know what to say of.
fn tell(error: &(dyn Error + 'static)) -> Option<FetchError> {
    if let Some(refused) = error.downcast_ref::<Refused>() {
        return Some(refused.clone().into());
    }
    if let Some(unresolved) = error.downcast_ref::<Unresolved>() {
        return Some(unresolved.clone().into());
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        let (trouble, why) = tls(error);
        return Some(FetchError::new(trouble, why));
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        if error.is_incomplete_message() {
            return Some(FetchError::new(Trouble::CutOff, "the connection was closed before the answer was whole"));
        }
        if error.is_parse() {
            return Some(FetchError::new(
                Trouble::Garbled,
                format!("the answer is no HTTP that can be read: {}", sentence(error)),
            ));
        }
    }
    let (trouble, why) = match error.downcast_ref::<io::Error>()?.kind() {
        ErrorKind::ConnectionRefused => (Trouble::Unreachable, "nobody listens there (connection refused)"),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => (Trouble::Unreachable, "no way leads to the host"),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            (Trouble::CutOff, "the server broke the connection off (connection reset)")
        }
        _ => return None,
    };
    Some(FetchError::new(trouble, why))
}

/// The kind of an error that names no cause we know.
fn kind(error: &reqwest::Error) -> Trouble {
    match error {
        error if error.is_timeout() => Trouble::TooSlow,
        error if error.is_connect() => Trouble::Unreachable,
        _ => Trouble::CutOff,
    }
}

/// Why TLS failed.
fn tls(error: &rustls::Error) -> (Trouble, String) {
    match error {
        rustls::Error::InvalidCertificate(error) => certificate(error),
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
        | rustls::Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13)
        | rustls::Error::PeerIncompatible(PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig)
        | rustls::Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion) => {
            (Trouble::OldTls, "the server speaks only protocols older than TLS 1.2".to_owned())
        }
        rustls::Error::InvalidMessage(_) => (Trouble::Tls, "what answers there does not speak TLS".to_owned()),
        error => (Trouble::Tls, format!("no TLS connection could be made: {error}")),
    }
}

fn certificate(error: &CertificateError) -> (Trouble, String) {
    let day = |time: &rustls::pki_types::UnixTime| {
        let time = i64::try_from(time.as_secs()).ok().and_then(|second| Timestamp::from_second(second).ok());
        time.map(|time| time.strftime("%Y-%m-%d").to_string()).unwrap_or_default()
    };
    match error {
        CertificateError::ExpiredContext { not_after, .. } => {
            (Trouble::CertificateTime, format!("its certificate expired on {}", day(not_after)))
        }
        CertificateError::Expired => (Trouble::CertificateTime, "its certificate has expired".to_owned()),
        CertificateError::NotValidYetContext { not_before, .. } => {
            (Trouble::CertificateTime, format!("its certificate is not valid before {}", day(not_before)))
        }
        CertificateError::NotValidYet => (Trouble::CertificateTime, "its certificate is not valid yet".to_owned()),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names = presented.iter().take(MOST_NAMES).map(|name| plain(name)).collect::<Vec<_>>().join(", ");
            let names = if names.is_empty() { "no host".to_owned() } else { names };
            (Trouble::CertificateHost, format!("its certificate is for {names} and not for {}", expected.to_str()))
        }
        CertificateError::NotValidForName => (Trouble::CertificateHost, "its certificate is for another host".to_owned()),
        CertificateError::UnknownIssuer => {
            (Trouble::CertificateChain, "nobody whom this machine trusts vouches for its certificate".to_owned())
        }
        // webpki follows six authorities; rustls has no name of its own for that.
        CertificateError::Other(error) if format!("{error:?}").contains("MaximumPathDepthExceeded") => {
            let why = "more certificates than are followed stand between its own and one that this machine trusts";
            (Trouble::CertificateChain, why.to_owned())
        }
        error => (Trouble::CertificateChain, format!("its certificate can't be trusted: {error}")),
    }
}

/// The name in `DnsName("a.vn")`, as rustls writes it.
fn plain(name: &str) -> &str {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner);
    inner.trim_end_matches(')').trim_matches('"')
}

/// The reasons of an error, each once: "connection refused" says more than "error sending request".
fn sentence(error: &(dyn Error + 'static)) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for cause in causes(error).skip(1) {
        let text = cause.to_string();
        if !reasons.iter().any(|known| known.contains(&text)) {
            reasons.push(text);
        }
    }
    if reasons.is_empty() { error.to_string() } else { reasons.join(": ") }
}
