//! What a command's end means to who called it: the exit codes, in one place.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::config::Faults;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Done, with failures that it listed.
    WithFailures,
    /// It could not start: usage, configuration, store.
    NotStarted,
}

impl Exit {
    /// The exit status.
    pub fn status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::WithFailures => 1,
            Self::NotStarted => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}

/// What the standard output said, with that as the subject.
pub(super) fn unprinted(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("can't write to the standard output: {error}"))
}

/// The exit of a command that ended, or that could not start; then it is told why.
pub(super) fn of(result: anyhow::Result<Exit>) -> Exit {
    // What is still in the buffer at the end of the process would be lost without a word.
    let error = match result.and_then(|exit| Ok(io::stdout().flush().map(|()| exit)?)) {
        Ok(exit) => return exit,
        Err(error) => error,
    };
    // Who reads our output has read enough (`diemtin dump | head`): that is no failure.
    if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) {
        return Exit::Done;
    }
    match (error.downcast_ref::<Faults>(), refused(&error)) {
        (Some(faults), _) => eprintln!("{}", faults.render(io::IsTerminal::is_terminal(&io::stderr()))),
        (None, Some(full)) => eprintln!("diemtin: {}", unprinted(full)),
        (None, None) => eprintln!("diemtin: {error:#}"),
    }
    Exit::NotStarted
}

/// That the standard output takes no more. Everything else that is written is told with its name.
fn refused(error: &anyhow::Error) -> Option<&io::Error> {
    let bare = error.downcast_ref::<io::Error>().filter(|error| error.raw_os_error().is_some())?;
    let is_full = matches!(bare.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge);
    (is_full && error.chain().nth(1).is_none()).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_documentation() {
        assert_eq!([Exit::Done, Exit::WithFailures, Exit::NotStarted].map(Exit::status), [0, 1, 2]);
    }

    #[test]
    fn what_can_not_start_ends_with_2_and_a_closed_pipe_with_0() {
        assert_eq!(of(Ok(Exit::WithFailures)), Exit::WithFailures);
        assert_eq!(of(Err(anyhow::anyhow!("no store"))), Exit::NotStarted);
        assert_eq!(of(Err(io::Error::from(io::ErrorKind::BrokenPipe).into())), Exit::Done);
    }
}
