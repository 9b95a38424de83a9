//! Connections, and transactions on them: taken, given back, made anew when the server was away.
//!
//! Nothing outlives a transaction on a connection: no prepared statement, no setting, no lock. That is what a pooler in transaction mode
//! (pgbouncer) allows.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use crate::edge::store::StoreError;
use crate::edge::store::postgres::connect::{Connector, is_about_tls, sentence};

/// Connections of one process; a server has a hundred for all.
const CONNECTIONS: usize = 8;
/// Of these, so many at most for commits of stories, which wait for each other anyway: one at work, one behind it. Without a limit of their own
/// they take all of them, and who reads waits for them.
const COMMITS: usize = 2;
/// The server gives up a statement that takes longer, or waits longer for a lock. What takes longest is a batch of 500 stories.
const BEGIN: &str = "begin; set local statement_timeout = '20s'; set local lock_timeout = '15s'; \
                     set local idle_in_transaction_session_timeout = '20s'";
/// The wait before a failed attempt is repeated: at first, and at most.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How long it is tried to bring a connection back into order that was left within a transaction.
const ROLL_BACK: Duration = Duration::from_secs(2);

/// What a statement takes.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// Why an attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// What was decided on has changed.
    Conflict,
    /// Another process has the lease.
    Fenced,
    /// The connection or the server went away, or chose this transaction as a victim: the same attempt may well succeed.
    Lost(String),
    /// The same attempt would fail again.
    Refused(String, Option<SqlState>),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            None if is_about_tls(&error) => Self::Refused(sentence(&error), None),
            None => Self::Lost(sentence(&error)),
            Some(code) if passes(code) => Self::Lost(sentence(&error)),
            Some(code) => Self::Refused(sentence(&error), Some(code.clone())),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Failed { why, .. } => Self::Refused(why, None),
            other => Self::Refused(other.to_string(), None),
        }
    }
}

/// Whether what a server says passes: connections (08), resources (53), a shutdown or a start (57), and a transaction that lost against
/// another (40). Not a statement that took too long (57014).
fn passes(code: &SqlState) -> bool {
    let class = code.code().get(..2).unwrap_or_default();
    ["08", "40", "53", "57"].contains(&class) && *code != SqlState::QUERY_CANCELED
}

/// Attempts something until it succeeds, fails for good, or has taken so long.
pub(super) async fn patiently<T, F: Future<Output = Result<T, Failure>>>(
    doing: &'static str,
    patience: Duration,
    attempt: impl Fn() -> F,
) -> Result<T, StoreError> {
    let deadline = Instant::now() + patience;
    let failed = |why| StoreError::Failed { doing, why };
    let mut wait = FIRST_WAIT;
    let mut last = format!("the database has not answered for {} seconds", patience.as_secs());
    loop {
        match tokio::time::timeout_at(deadline, attempt()).await {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(Failure::Conflict)) => return Err(StoreError::Conflict),
            Ok(Err(Failure::Fenced)) => return Err(StoreError::Fenced),
            Ok(Err(Failure::Refused(why, _))) => return Err(failed(why)),
            Ok(Err(Failure::Lost(why))) => last = why,
            Err(_) => return Err(failed(last)),
        }
        if Instant::now() + wait >= deadline {
            return Err(failed(last));
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// The connections.
pub(super) struct Pool {
    pub(super) connector: Connector,
    idle: Arc<Mutex<Vec<Client>>>,
    room: Arc<Semaphore>,
    commits: Semaphore,
}

impl Pool {
    pub(super) fn new(connector: Connector) -> Self {
        Self { connector, idle: Arc::default(), room: Arc::new(Semaphore::new(CONNECTIONS)), commits: Semaphore::new(COMMITS) }
    }

    /// Begins a transaction. That the server answers is known then.
    pub(super) async fn begin(&self) -> Result<Session, Failure> {
        let room = Arc::clone(&self.room).acquire_owned().await.map_err(|_| Failure::Lost("the store is closed".to_owned()))?;
        let client = match self.take() {
            Some(client) => client,
            None => self.connect().await?,
        };
        let session = Session { client: Some(client), idle: Arc::clone(&self.idle), _room: room };
        session.run(BEGIN).await?;
        Ok(session)
    }

    /// A commit's turn, until it is dropped: to be taken before a connection is.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, Failure> {
        self.commits.acquire().await.map_err(|_| Failure::Lost("the store is closed".to_owned()))
    }

    /// Tells every process that listens.
    pub(super) async fn notify(&self, statement: &str) -> Result<(), Failure> {
        let session = self.begin().await?;
        session.run(statement).await?;
        session.commit().await
    }

    fn take(&self) -> Option<Client> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop()).find(|client| !client.is_closed())
    }

    async fn connect(&self) -> Result<Client, Failure> {
        let (client, line) = self.connector.connect().await?;
        // It ends with its client.
        tokio::spawn(async move {
            if let Err(error) = line.await {
                tracing::debug!(error = sentence(&error), "a connection to the database ended");
            }
        });
        Ok(client)
    }
}

/// A transaction. One that is dropped is rolled back.
pub(super) struct Session {
    /// Gone when the transaction is over.
    client: Option<Client>,
    idle: Arc<Mutex<Vec<Client>>>,
    _room: OwnedSemaphorePermit,
}

impl Session {
    fn client(&self) -> Result<&Client, Failure> {
        self.client.as_ref().ok_or_else(|| Failure::Lost("the transaction is over".to_owned()))
    }

    /// Runs statements that take nothing and give nothing.
    pub(super) async fn run(&self, statements: &str) -> Result<(), Failure> {
        Ok(self.client()?.batch_execute(statements).await?)
    }

    /// The rows of a query.
    pub(super) async fn rows(&self, query: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Failure> {
        Ok(self.client()?.query_typed(query, parameters).await?)
    }

    /// The one row of a query.
    pub(super) async fn one(&self, query: &str, parameters: &[Parameter<'_>]) -> Result<Row, Failure> {
        Ok(self.client()?.query_typed_one(query, parameters).await?)
    }

    /// How many rows a statement changed.
    pub(super) async fn execute(&self, statement: &str, parameters: &[Parameter<'_>]) -> Result<u64, Failure> {
        Ok(self.client()?.execute_typed(statement, parameters).await?)
    }

    /// Returns when what was changed would survive a power cut.
    pub(super) async fn commit(mut self) -> Result<(), Failure> {
        self.run("commit").await?;
        give_back(&self.idle, self.client.take());
        Ok(())
    }

    /// Ends a transaction that has changed nothing, or should not.
    pub(super) async fn roll_back(mut self) {
        if self.run("rollback").await.is_ok() {
            give_back(&self.idle, self.client.take());
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let (Some(client), Ok(runtime)) = (self.client.take(), tokio::runtime::Handle::try_current()) else { return };
        let idle = Arc::clone(&self.idle);
        runtime.spawn(async move {
            if let Ok(Ok(())) = tokio::time::timeout(ROLL_BACK, client.batch_execute("rollback")).await {
                give_back(&idle, Some(client));
            }
        });
    }
}

fn give_back(idle: &Mutex<Vec<Client>>, client: Option<Client>) {
    let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
    if idle.len() < CONNECTIONS {
        idle.extend(client.filter(|client| !client.is_closed()));
    }
}

/// A whole number of a row that is never negative.
pub(super) fn number(row: &Row, column: usize) -> Result<u64, Failure> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|_| Failure::Refused(format!("the database holds {number} where no number is negative"), None))
}

/// Sixteen bytes of a row.
pub(super) fn key(row: &Row, column: usize) -> Result<[u8; 16], Failure> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|_| Failure::Refused(format!("the database holds an id of {} bytes", bytes.len()), None))
}

pub(super) fn text<'a>(text: &'a &str) -> Parameter<'a> {
    (text, Type::TEXT)
}

pub(super) fn texts<T: ToSql + Sync>(texts: &T) -> Parameter<'_> {
    (texts, Type::TEXT_ARRAY)
}

pub(super) fn long(number: &i64) -> Parameter<'_> {
    (number, Type::INT8)
}

pub(super) fn longs<T: ToSql + Sync>(numbers: &T) -> Parameter<'_> {
    (numbers, Type::INT8_ARRAY)
}

pub(super) fn bytes<'a>(bytes: &'a &[u8]) -> Parameter<'a> {
    (bytes, Type::BYTEA)
}

pub(super) fn all_bytes<T: ToSql + Sync>(all: &T) -> Parameter<'_> {
    (all, Type::BYTEA_ARRAY)
}
