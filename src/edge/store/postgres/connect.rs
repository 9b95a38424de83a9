//! A connection to PostgreSQL: from the address in feeds.toml, over TLS where `sslmode` asks for it.
//!
//! TLS always proves who answers: an encrypted line to a stranger is no safer than a plain one. The password is in no message.

use std::io;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres::{Client, Config, Connection, Error, Socket};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// After so long without a sign of life a connection is asked for one, and soon given up.
const IDLE: Duration = Duration::from_secs(30);
const PROBES: u32 = 3;

/// What connects.
pub(super) struct Connector {
    config: Config,
    tls: Tls,
    /// The server and the database, for messages.
    pub(super) name: String,
}

pub(super) type Line = Connection<Socket, Encrypted<Socket>>;

impl Connector {
    /// Reads an address: that of libpq, with `sslmode` (disable, require, verify-full) and `sslrootcert`.
    pub(super) fn new(url: &str) -> Result<Self, String> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut root, mut rest) = (None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => root = Some(value),
                _ => rest.push(pair),
            }
        }
        let wants_tls = match mode {
            None | Some("disable") => false,
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(other) => return Err(format!("sslmode {other} is not known; disable and verify-full are")),
        };
        // What tokio-postgres says of a wrong address names the part, and never its content.
        let mut config = Config::from_str(&format!("{address}?{}", rest.join("&"))).map_err(|e| sentence(&e))?;
        config.ssl_mode(if wants_tls { SslMode::Require } else { SslMode::Disable });
        config.keepalives_idle(IDLE).keepalives_interval(IDLE).keepalives_retries(PROBES).tcp_user_timeout(IDLE * PROBES);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_application_name().is_none() {
            config.application_name("diemtin");
        }
        let name = name(&config);
        Ok(Self { tls: Tls(Arc::new(client(root)?)), config, name })
    }

    /// A new connection; its second half must be driven for the first to work.
    pub(super) async fn connect(&self) -> Result<(Client, Line), Error> {
        self.config.connect(self.tls.clone()).await
    }
}

fn name(config: &Config) -> String {
    let host = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    };
    let hosts: Vec<String> = config.get_hosts().iter().map(host).collect();
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("{database} at {}", hosts.join(","))
}

/// An error with its causes: tokio-postgres says of itself only that something went wrong.
pub(super) fn sentence(error: &Error) -> String {
    if let Some(error) = error.as_db_error() {
        return error.message().to_owned();
    }
    let causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Whether the server is not whom its certificate should prove it to be, or has none: waiting mends nothing.
pub(super) fn is_about_tls(error: &Error) -> bool {
    let causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
    let is_of_rustls = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()),
        None => cause.is::<rustls::Error>(),
    };
    causes.into_iter().any(is_of_rustls)
}

/// TLS with the roots of the program, or with those of a file alone.
fn client(root: Option<&str>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match root {
        None => {
            roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        }
        Some(file) => {
            let certificates = CertificateDer::pem_file_iter(file).map_err(|e| format!("sslrootcert {file}: {e}"))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|e| format!("sslrootcert {file}: {e}"))?;
                roots.add(certificate).map_err(|e| format!("sslrootcert {file}: {e}"))?;
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|e| e.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// TLS for tokio-postgres.
#[derive(Clone)]
struct Tls(Arc<ClientConfig>);

struct Handshake {
    tls: Tls,
    /// `None` for a socket's folder, where there is no TLS.
    server: Option<ServerName<'static>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Tls {
    type Stream = Encrypted<S>;
    type TlsConnect = Handshake;
    type Error = std::convert::Infallible;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, Self::Error> {
        Ok(Handshake { tls: self.clone(), server: ServerName::try_from(domain).ok().map(|name| name.to_owned()) })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Handshake {
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let server =
                self.server.ok_or_else(|| io::Error::other("the server's name is none that a certificate could have"))?;
            let stream = tokio_rustls::TlsConnector::from(self.tls.0).connect(server, stream).await?;
            Ok(Encrypted(Box::new(stream)))
        })
    }
}

/// A stream of rustls, as tokio-postgres wants it.
pub(super) struct Encrypted<S>(Box<tokio_rustls::client::TlsStream<S>>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Encrypted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
