//! `dump`: everything that can't be fetched again, one JSON object a line. What it prints, `load` reads. It comes from the store, or from
//! the service that holds it.

use std::io::{BufWriter, Write};

use anyhow::anyhow;

use crate::command::control::{self, Question};
use crate::command::{Exit, Setup, exit};
use crate::edge::store::StoreError;
use crate::flow::archive::Detail;
use crate::pipeline::dump;

/// Prints the stories in the order of their ids, the names of pruned entries, then the sources.
pub fn run(setup: &Setup) -> anyhow::Result<Exit> {
    let config = control::config(setup)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    match setup.existing_store(&config.store) {
        Ok(store) => {
            dump(&config, &store, Detail::Whole, &mut out)?;
            Ok(Exit::Done)
        }
        Err(error) if matches!(error.downcast_ref(), Some(StoreError::Held { .. })) => {
            let mut last = Tail::default();
            let asked = control::stream(setup, &config, &Question::Dump, &mut |bytes| {
                last.see(bytes);
                out.write_all(bytes).map_err(|error| exit::unprinted(&error))
            })?;
            out.flush()?;
            match (asked, last.ends_well()) {
                (false, _) => Err(error),
                (true, true) => Ok(Exit::Done),
                (true, false) => Err(anyhow!("the running service broke off; its log says why")),
            }
        }
        Err(error) => Err(error),
    }
}

/// The last line of what passes by, as far as it is needed to know whether that was the end.
#[derive(Default)]
struct Tail(Vec<u8>);

impl Tail {
    /// Longer than a dump's last line, in bytes.
    const KEPT: usize = 512;

    fn see(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        let surplus = self.0.len().saturating_sub(Self::KEPT);
        self.0.drain(..surplus);
    }

    fn ends_well(&self) -> bool {
        let lines = self.0.strip_suffix(b"\n").unwrap_or(&self.0);
        lines.rsplit(|byte| *byte == b'\n').next().is_some_and(|line| line.starts_with(b"{\"end\":"))
    }
}
