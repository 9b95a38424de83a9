//! How values are written and read: each behind a version byte and four bytes of checksum, for sled itself does not notice every flipped bit.

use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::edge::store::StoreError;

/// The version of the values.
const VERSION: u8 = 1;
const HEAD: usize = 5;
/// Most values that are written often are shorter, in bytes: what waits for them need not grow.
const USUAL: usize = 512;

/// Puts version and checksum before a value.
pub(in crate::edge::store) fn seal(value: Vec<u8>) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(HEAD + value.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&checksum(&value));
    sealed.extend_from_slice(&value);
    sealed
}

/// The value behind version and checksum.
pub(in crate::edge::store) fn open(sealed: &[u8]) -> Result<&[u8], StoreError> {
    let (head, value) = sealed.split_at_checked(HEAD).ok_or_else(|| broken("it is cut off"))?;
    match (head[0], &head[1..]) {
        (VERSION, sum) if sum == checksum(value) => Ok(value),
        (VERSION, _) => Err(broken("its checksum is wrong")),
        (other, _) => Err(broken(&format!("it has version {other}"))),
    }
}

fn checksum(value: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = xxh3_64(value).to_be_bytes();
    [a, b, c, d]
}

/// A record that can't be read.
pub(in crate::edge::store) fn broken(why: &str) -> StoreError {
    StoreError::Record { why: why.to_owned() }
}

/// A value behind version and checksum.
pub(in crate::edge::store) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    let mut head = Vec::with_capacity(USUAL);
    head.extend_from_slice(&[VERSION, 0, 0, 0, 0]);
    let mut sealed = written(value, head)?;
    let sum = checksum(&sealed[HEAD..]);
    sealed[1..HEAD].copy_from_slice(&sum);
    Ok(sealed)
}

/// The value of what [`encode`] wrote.
pub(in crate::edge::store) fn decode<'a, T: Deserialize<'a>>(sealed: &'a [u8]) -> Result<T, StoreError> {
    postcard::from_bytes(open(sealed)?).map_err(|e| broken(&e.to_string()))
}

/// A value's bytes behind others, without version or checksum.
pub(in crate::edge::store) fn written<T: Serialize>(value: &T, head: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    let written = postcard::serialize_with_flavor(value, Appended(head));
    written.map_err(|e| StoreError::Failed { doing: "to write a value", why: e.to_string() })
}

/// Bytes behind which others are written: a source's state takes three fifths of the instructions of postcard's own way into a vector that is not empty.
struct Appended(Vec<u8>);

impl Flavor for Appended {
    type Output = Vec<u8>;

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        match bytes {
            // Most numbers are so short that a copy would cost more than they do.
            [first] => self.0.push(*first),
            [first, second] => self.0.extend([*first, *second]),
            _ => self.0.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn finalize(self) -> postcard::Result<Vec<u8>> {
        Ok(self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_bytes::Bytes;

    use super::*;

    #[test]
    fn bytes_are_written_in_the_form_of_a_list() {
        let (bytes, list) = (Some(Bytes::new(b"W/\"a\"")), Some(b"W/\"a\"".to_vec()));
        assert_eq!(encode(&(7u8, bytes, Bytes::new(&[]))).unwrap(), encode(&(7u8, &list, Vec::<u8>::new())).unwrap());
        assert_eq!(written(&list, b"head".to_vec()).unwrap(), [&b"head"[..], &postcard::to_stdvec(&list).unwrap()].concat());
    }
}
