//! The way to the process that holds the store: a socket in the store's folder, over which a command asks and gets one answer.
//!
//! Only the user who runs the service can reach it. What is asked and answered means nothing here.

use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

/// The longest question or answer, in bytes: a configuration of the largest size fits.
const LONGEST: u64 = 64 * 1024 * 1024;
/// How long a question may take to arrive; who asks is on this machine.
const QUESTION: Duration = Duration::from_secs(10);
/// How long an answer may take: a look at every stored story.
const ANSWER: Duration = Duration::from_secs(600);

fn path(folder: &Path) -> PathBuf {
    folder.join("control")
}

/// Listens in the folder of a store that this process holds. The error is a sentence.
pub fn listen(folder: &Path) -> io::Result<UnixListener> {
    let path = path(folder);
    let told = |error: io::Error| io::Error::new(error.kind(), format!("can't listen on {}: {error}", path.display()));
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(told(error)),
        _ => {}
    }
    let listener = UnixListener::bind(&path).map_err(told)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(told)?;
    Ok(listener)
}

/// Answers one question after the other until `stop` resolves.
pub async fn answer<F: Future<Output = Vec<u8>>>(
    listener: UnixListener,
    answer: impl Fn(Vec<u8>) -> F,
    stop: impl Future<Output = ()>,
) {
    tokio::pin!(stop);
    loop {
        let (mut stream, _) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a command could not be heard");
                    tokio::time::sleep(QUESTION).await;
                    continue;
                }
            },
            () = &mut stop => return,
        };
        let mut question = Vec::new();
        let read = tokio::time::timeout(QUESTION, (&mut stream).take(LONGEST).read_to_end(&mut question)).await;
        if matches!(read, Ok(Ok(_))) {
            let told = answer(question).await;
            // A command that has gone away in the meantime needs no answer.
            let _ = tokio::time::timeout(QUESTION, stream.write_all(&told)).await;
        }
    }
}

/// Asks the process that holds the store in a folder; `None` where none listens there.
pub fn ask(folder: &Path, question: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut stream = match UnixStream::connect(path(folder)) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => return Ok(None),
        Err(error) => return Err(error),
    };
    stream.set_read_timeout(Some(ANSWER))?;
    stream.write_all(question)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    Ok(Some(answer))
}
