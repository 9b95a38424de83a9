//! A service inside the administrator's network, which must never be asked.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A service that must never be asked: it counts who connects.
pub struct Internal {
    connections: Arc<AtomicUsize>,
    pub port: u16,
}

impl Internal {
    /// At an address of loopback, and a port of its own.
    pub fn new(address: &str) -> Self {
        Self::at(address, 0).expect("a port on loopback")
    }

    /// At a certain port, if it is free.
    pub fn at(address: &str, port: u16) -> Option<Self> {
        let listener = TcpListener::bind((address, port)).ok()?;
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        // It ends with the test's process.
        std::thread::spawn(move || {
            for _ in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Some(Self { connections, port })
    }

    /// How many have connected.
    pub fn count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}
