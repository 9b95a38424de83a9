//! Chance: the only place that asks for it. What nobody may guess comes from here; everything else that looks like chance is a hash.

use ring::rand::{SecureRandom, SystemRandom};

/// Random bytes from the system.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the system gives random bytes (getrandom(2))");
    bytes
}
