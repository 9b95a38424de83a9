//! The different tokens of a text, in an order in which two texts are compared in one walk.

use crate::flow::dedupe::copy::token::Token;

/// The different tokens of a text: of those with one key the last.
#[derive(Clone, Debug)]
pub(super) struct Bag {
    /// By their hashes.
    rows: Vec<Row>,
    /// What they weigh together.
    weight: u32,
}

/// One token, 16 bytes.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Of its key: two of 2⁶⁴ are equal for equal keys only.
    hash: u64,
    weight: u32,
    /// Its place among the tokens that the bag was made of.
    place: u16,
    /// Whether another key may say the same.
    is_loose: bool,
}

impl Bag {
    pub(super) fn new<'t>(tokens: impl Iterator<Item = &'t Token>) -> Self {
        let row = |(place, token): (u16, &Token)| Row {
            hash: token.hash,
            weight: token.weight,
            place,
            is_loose: token.may_be_written_otherwise(),
        };
        let mut rows: Vec<Row> = (0..).zip(tokens).map(row).collect();
        rows.sort_unstable_by_key(|row| (row.hash, std::cmp::Reverse(row.place)));
        rows.dedup_by_key(|row| row.hash);
        let weight = rows.iter().map(|row| row.weight).sum();
        Self { rows, weight }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether one of the tokens has this hash.
    pub(super) fn has(&self, hash: u64) -> bool {
        self.rows.binary_search_by_key(&hash, |row| row.hash).is_ok()
    }

    /// The weight of what two texts share, and that of the lighter one. `says` tells of the tokens in two places whether they say the same.
    pub(super) fn overlap(&self, other: &Self, says: impl Fn(u16, u16) -> bool) -> (u32, u32) {
        let (a, b) = (&self.rows, &other.rows);
        let (mut in_a, mut in_b) = (0, 0);
        let is_said = |row: &Row, rows: &[Row], says: &dyn Fn(u16, u16) -> bool| {
            row.is_loose && rows.iter().any(|other| other.is_loose && says(row.place, other.place))
        };
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            let order = match (a.get(i), b.get(j)) {
                (Some(a), Some(b)) => a.hash.cmp(&b.hash),
                (Some(_), None) => std::cmp::Ordering::Less,
                _ => std::cmp::Ordering::Greater,
            };
            if order.is_eq() {
                (in_a, in_b) = (in_a + a[i].weight, in_b + b[j].weight);
            } else if order.is_lt() && is_said(&a[i], b, &says) {
                in_a += a[i].weight;
            } else if order.is_gt() && is_said(&b[j], a, &|own, others| says(others, own)) {
                in_b += b[j].weight;
            }
            (i, j) = (i + usize::from(order.is_le()), j + usize::from(order.is_ge()));
        }
        (in_a.min(in_b), self.weight.min(other.weight))
    }
}
