//! Titles of one form: where one names a person, a thing, a number and the other, in the same place, another.
//!
//! Offices, companies and papers fill in forms: "… triệu hồi hơn 12.000 xe tay ga vì lỗi dây ga" stood over Honda and over Yamaha. That the
//! other text mentions the name somewhere proves nothing then: it tells what the neighbour did.

use crate::flow::dedupe::copy::Gist;
use crate::flow::dedupe::copy::lexicon::{COMMON, RARE};
use crate::flow::dedupe::copy::likeness::Shared;
use crate::flow::dedupe::copy::token::{Kind, Token};
use crate::model::Difference;

/// What stands in one place of two titles.
pub(super) struct Slot<'a> {
    pub first: Vec<&'a Token>,
    pub second: Vec<&'a Token>,
}

/// The first slot that is filled with different numbers, names or places, and with which.
pub(super) fn differs<'a>(a: &Gist, b: &Gist, shared: &Shared<'a>) -> Option<(Difference, Slot<'a>)> {
    slots(shared.trimmed.0, shared.trimmed.1).into_iter().find_map(|mut slot| {
        // What the other title says elsewhere, or spells out, is no other thing.
        let is_only = |token: &Token, only: &[&Token]| only.iter().any(|other| std::ptr::eq(*other, token));
        slot.first.retain(|token| is_only(token, &shared.only[0]));
        slot.second.retain(|token| is_only(token, &shared.only[1]));
        let numbers = slot.of(|token| token.is_number());
        // A name that begins a title looks like any word.
        let may_be = |token: &Token| token.capital && !token.is_number() && (token.weight >= RARE || a.shouted || b.shouted);
        let names = slot.of(|token| token.is_name() || may_be(token) && !shared.is_surely_one_event());
        let names = names.filter(|names| names.is_of_one_level() && slot.has_name());
        let words = slot.of(|token| token.weight >= COMMON).filter(|_| shared.is_filled_in() && !shared.is_surely_one_event());
        let found = numbers.map(|slot| (Difference::Number, slot)).or(names.map(|slot| (Difference::Name, slot)));
        let found = found.or(words.map(|slot| (Difference::Word, slot)));
        // Two places are filled in as two, though one is part of the other: lotteries and clubs keep the names of former provinces.
        found.filter(|(_, slot)| !(slot.first.iter().all(|t| b.says(t)) && slot.second.iter().all(|t| a.says(t))))
    })
}

/// What stands behind one heading in two titles that share less behind it: "Lễ hội Đền Hùng: …" stands over each item of the festival.
/// A heading that says less than three rare words is a place or a speaker, and two papers begin one headline with it.
pub(super) fn items<'a>(a: &'a Gist, b: &'a Gist) -> Option<Slot<'a>> {
    let ((heading_a, first), (heading_b, second)) = (headed(a)?, headed(b)?);
    let is_one = heading_a.len() == heading_b.len() && heading_a.iter().zip(heading_b).all(|(a, b)| a.says(b));
    if !is_one || heading_a.iter().map(|token| token.weight).sum::<u32>() < 3 * RARE {
        return None;
    }
    let slot = Slot { first: first.iter().collect(), second: second.iter().collect() };
    let only = slot.of(|_| true)?;
    let says = |own: &[&Token]| own.iter().map(|token| token.weight).sum::<u32>();
    let is_other = |own: &[&Token], all: &[&Token]| says(own) * 2 > says(all);
    (is_other(&only.first, &slot.first) && is_other(&only.second, &slot.second)).then_some(only)
}

/// The tokens of a title before its first colon, and those behind it.
fn headed(gist: &Gist) -> Option<(&[Token], &[Token])> {
    let colon = gist.title.passage.text().find(": ")?;
    let tokens = &gist.title.tokens;
    Some(tokens.split_at(tokens.partition_point(|token| (token.place.start as usize) < colon)))
}

impl<'a> Slot<'a> {
    /// The tokens of a kind, where both sides have some that the other side lacks.
    fn of(&self, is: impl Fn(&Token) -> bool) -> Option<Self> {
        let only = |own: &[&'a Token], other: &[&'a Token]| -> Vec<&'a Token> {
            own.iter().copied().filter(|token| is(token) && !other.iter().any(|t| t.says(token))).collect()
        };
        let slot = Self { first: only(&self.first, &self.second), second: only(&self.second, &self.first) };
        (!slot.first.is_empty() && !slot.second.is_empty()).then_some(slot)
    }

    /// Whether a place stands for a place: one text names the province, and the other the commune.
    fn is_of_one_level(&self) -> bool {
        let has_place = |tokens: &[&Token]| tokens.iter().any(|token| token.kind == Kind::Place);
        has_place(&self.first) == has_place(&self.second)
    }

    fn has_name(&self) -> bool {
        self.first.iter().chain(&self.second).any(|token| token.is_name()) || self.first.len() <= 2 && self.second.len() <= 2
    }
}

/// The places where two titles differ and both say something: between the longest row of tokens that both have in this order.
fn slots<'a>(a: &'a [Token], b: &'a [Token]) -> Vec<Slot<'a>> {
    let mut common = vec![vec![0_u16; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i][j] = if a[i].says(&b[j]) { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut slots = Vec::new();
    let mut slot = Slot { first: Vec::new(), second: Vec::new() };
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i].says(&b[j]) {
            slots.push(std::mem::replace(&mut slot, Slot { first: Vec::new(), second: Vec::new() }));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || i < a.len() && common[i + 1][j] >= common[i][j + 1] {
            slot.first.push(&a[i]);
            i += 1;
        } else {
            slot.second.push(&b[j]);
            j += 1;
        }
    }
    slots.push(slot);
    slots.retain(|slot| !slot.first.is_empty() && !slot.second.is_empty());
    slots
}
