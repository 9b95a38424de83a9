//! The way to the process that holds the store: a socket in the store's folder, over which a command asks and gets one answer, in as many parts
//! as it takes.
//!
//! Only the user who runs the service can reach it. What is asked and answered means nothing here.

use std::fs::{DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// The longest question or answer, in bytes: a configuration of the largest size fits.
const LONGEST: u64 = 64 * 1024 * 1024;
/// How long a question may take to arrive; who asks is on this machine.
const QUESTION: Duration = Duration::from_secs(10);
/// How long the next part of an answer may take: a look at every stored story.
const ANSWER: Duration = Duration::from_secs(600);
/// The wait after a failed accept, as when no descriptors are left.
const ACCEPT_AGAIN: Duration = Duration::from_secs(1);

/// Bytes of an answer that are read at once.
const PART_BYTES: usize = 64 * 1024;
/// Parts of an answer that may wait for who asked.
const PARTS: usize = 4;
/// Questions that are answered at once; one that comes beyond waits.
const AT_ONCE: usize = 4;

/// Where the socket is, in a folder of its own that nobody else can enter.
fn path(folder: &Path) -> PathBuf {
    folder.join("control").join("socket")
}

/// The longest path of a socket, in bytes: `sun_path` of unix(7).
const LONGEST_PATH: usize = 107;

/// A path to the socket that is short enough. It holds while the folder is open.
fn short(path: &Path) -> io::Result<(PathBuf, Option<File>)> {
    match path.parent().zip(path.file_name()) {
        Some((folder, name)) if path.as_os_str().len() > LONGEST_PATH => {
            let folder = File::open(folder)?;
            Ok((Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name), Some(folder)))
        }
        _ => Ok((path.to_owned(), None)),
    }
}

/// Listens in the folder of a store that this process holds. The error is a sentence.
pub fn listen(folder: &Path) -> io::Result<UnixListener> {
    let path = path(folder);
    let listen = || {
        if let Some(own) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(own)?;
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let (short, _folder) = short(&path)?;
        UnixListener::bind(short)
    };
    listen().map_err(|error| io::Error::new(error.kind(), format!("can't listen on {}: {error}", path.display())))
}

/// Answers questions until `stop` resolves; those under way then are given up. An answer goes out in parts, as they come.
pub async fn answer<F: Future<Output = ()> + Send + 'static>(
    listener: UnixListener,
    answer: impl Fn(Vec<u8>, mpsc::Sender<Vec<u8>>) -> F + Clone + Send + 'static,
    stop: impl Future<Output = ()>,
) {
    tokio::pin!(stop);
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if under_way.len() < AT_ONCE => match accepted {
                Ok((stream, _)) => drop(under_way.spawn(converse(stream, answer.clone()))),
                Err(error) => {
                    tracing::warn!(%error, "a command could not be heard");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            },
            Some(ended) = under_way.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "the answer to a command broke down");
                }
            }
            () = &mut stop => return,
        }
    }
}

/// One question and its answer.
async fn converse<F: Future<Output = ()>>(
    mut stream: tokio::net::UnixStream,
    answer: impl Fn(Vec<u8>, mpsc::Sender<Vec<u8>>) -> F,
) {
    let mut question = Vec::new();
    let read = tokio::time::timeout(QUESTION, (&mut stream).take(LONGEST).read_to_end(&mut question)).await;
    if !matches!(read, Ok(Ok(_))) {
        return;
    }
    let (parts, mut told) = mpsc::channel::<Vec<u8>>(PARTS);
    let send = async move {
        while let Some(part) = told.recv().await {
            // A command that has gone away needs no answer; the parts that follow fail where they are made.
            if !matches!(tokio::time::timeout(QUESTION, stream.write_all(&part)).await, Ok(Ok(()))) {
                return;
            }
        }
    };
    tokio::join!(answer(question, parts), send);
}

/// Whether a process answers for the store in a folder.
pub fn answers(folder: &Path) -> bool {
    short(&path(folder)).and_then(|(short, _folder)| UnixStream::connect(short)).is_ok()
}

/// Asks the process that holds the store in a folder, and hands on its answer as it comes; `false` where none listens there.
pub fn ask(folder: &Path, question: &[u8], take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<bool> {
    let found = short(&path(folder)).and_then(|(short, _folder)| UnixStream::connect(short));
    let mut stream = match found {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => return Ok(false),
        Err(error) => return Err(error),
    };
    stream.set_read_timeout(Some(ANSWER))?;
    stream.write_all(question)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut part = vec![0; PART_BYTES];
    loop {
        match stream.read(&mut part)? {
            0 => return Ok(true),
            read => take(&part[..read])?,
        }
    }
}
