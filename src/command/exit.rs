//! What a command's end means to who called it: the exit codes, in one place.

use std::io;
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

/// The exit of a command that ended, or that could not start; then it is told why.
pub(super) fn of(result: anyhow::Result<Exit>) -> Exit {
    let error = match result {
        Ok(exit) => return exit,
        Err(error) => error,
    };
    // Who reads our output has read enough (`diemtin dump | head`): that is no failure.
    if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) {
        return Exit::Done;
    }
    match error.downcast_ref::<Faults>() {
        Some(faults) => eprintln!("{}", faults.render(io::IsTerminal::is_terminal(&io::stderr()))),
        None => eprintln!("diemtin: {error:#}"),
    }
    Exit::NotStarted
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
