//! Tables by what is a hash already: it is not hashed again.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::model::Band;

/// What is known of bands by half of their bits.
pub(super) type ByHalf<T> = HashMap<u32, T, BuildHasherDefault<AsItIs>>;

/// Half as many bits, of all of a band's.
pub(super) fn half(band: Band) -> u32 {
    // Knuth's multiplicative hash, by the golden ratio.
    (band.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

/// What is known of bands.
pub(super) type ByBand<T> = HashMap<Band, T, BuildHasherDefault<AsItIs>>;

/// The bits of a hash, as they are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// Tables look at both ends.
    fn write_u32(&mut self, half: u32) {
        self.0 = u64::from(half) << 32 | u64::from(half);
    }
}
