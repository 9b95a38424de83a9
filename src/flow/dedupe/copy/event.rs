//! Whether two papers tell of one event in their own words.
//!
//! Their headlines have few words in common, so what counts are the facts: each one that both texts have speaks for one event by how
//! seldom two other texts share its like, each that sets them apart speaks against it, and the sum decides (Fellegi and Sunter, "A Theory
//! for Record Linkage", 1969). The points were fitted by logistic regression to the labelled pairs that were looked at and to pairs of texts
//! about different things that share a band, most of them of DANeS (dataset-vn/DANeS, CC BY 4.0), and rounded.

use std::collections::HashSet;

use crate::flow::dedupe::copy::lexicon::{LEXICON, RARE};
use crate::flow::dedupe::copy::likeness::Shared;
use crate::flow::dedupe::copy::token::{Kind, Token};
use crate::flow::dedupe::copy::{Gist, veto};

/// From so many points on it is one event. At 29, 114 of 178 pairs are found that no other rule finds, and 1 of 37,491 wrongly.
const ENOUGH: i32 = 29;

/// A fact: how many points it is worth when both texts have it, and how many of them count at most.
struct Fact {
    is: fn(&Token) -> bool,
    points: i32,
    most: i32,
}

const SHARED: [Fact; 7] = [
    Fact { is: |token| token.is_telling, points: 2, most: 10 },
    Fact { is: |token| token.kind == Kind::Name, points: 2, most: 6 },
    Fact { is: |token| token.kind == Kind::Place, points: 6, most: 3 },
    Fact { is: is_day, points: 9, most: 2 },
    Fact { is: is_amount, points: 6, most: 3 },
    Fact { is: is_two_digits, points: 5, most: 3 },
    Fact { is: |token| token.is_number() && token.key.len() < 3 && !is_two_digits(token), points: 3, most: 3 },
];

/// What a rare word is worth that each headline has for itself and the other's lead says: the papers stress different things of one event.
const TOLD: f32 = 4.5;
/// What it costs that the headlines share all their words: then they may be a form, filled in twice. A part costs a part.
const ONE_FORM: f32 = 16.0;
/// What each day costs that only one text names, where the other names another; two at most.
const OTHER_DAY: i32 = 11;
/// What each name costs that the other text does not know, where both have such names; four at most.
const OTHER_NAME: i32 = 2;
/// What it costs that only one text looks back.
const FOLLOW_UP: i32 = 3;
/// What opposites in the headlines cost, and numbers there that the other text does not know, and provinces.
const OPPOSITE: i32 = 12;
const OTHER_NUMBER: i32 = 3;
const OTHER_PLACE: i32 = 4;

/// Whether the facts that two texts share make them news of one event.
pub(super) fn is_one(shared: &Shared) -> bool {
    let facts = facts(shared);
    // Most texts share too few facts, whatever sets them apart.
    facts >= ENOUGH && facts - costs(shared) >= ENOUGH
}

/// What speaks for one event.
fn facts(shared: &Shared) -> i32 {
    let (a, b) = (shared.a, shared.b);
    let told = own_words(&shared.only[0], b).min(own_words(&shared.only[1], a)) as f32 / RARE as f32;
    both_have(a, b) + (TOLD * told).round() as i32
}

/// What speaks against it, from 0 upwards.
fn costs(shared: &Shared) -> i32 {
    let (a, b) = (shared.a, shared.b);
    let costs = [
        (ONE_FORM * shared.likeness().titles).round() as i32,
        OTHER_DAY * shared.unknown(is_day).min(2) as i32,
        OTHER_NAME * shared.unknown(|token| token.kind == Kind::Name).min(4) as i32,
        FOLLOW_UP * i32::from(looks_back(a) != looks_back(b)),
        OPPOSITE * i32::from(veto::opposites(&shared.only[0], &shared.only[1]).is_some()),
        OTHER_NUMBER * i32::from(has_other_number(&shared.only[0], b) && has_other_number(&shared.only[1], a)),
        OTHER_PLACE * i32::from(veto::different_places(a, b).is_some()),
    ];
    costs.iter().sum()
}

/// What the facts are worth that both texts have.
fn both_have(a: &Gist, b: &Gist) -> i32 {
    let mut seen = HashSet::new();
    let mut times = [0; SHARED.len()];
    for token in a.tokens() {
        let may_be_fact = token.is_telling || token.kind != Kind::Word;
        if may_be_fact && seen.insert(token.hash) && b.knows(token) {
            times.iter_mut().zip(&SHARED).for_each(|(times, fact)| *times += i32::from((fact.is)(token)));
        }
    }
    times.iter().zip(&SHARED).map(|(times, fact)| fact.points * times.min(&fact.most)).sum()
}

/// The weight of the words that only one headline has, and that the other text says in its lead.
fn own_words(only: &[&Token], other: &Gist) -> u32 {
    let mut seen = HashSet::new();
    only.iter().filter(|token| seen.insert(&token.key) && other.knows(token)).map(|token| token.weight).sum()
}

fn has_other_number(only: &[&Token], other: &Gist) -> bool {
    only.iter().any(|token| token.is_number() && !other.knows(token))
}

/// 23/11, 8h30: what names a day or an hour.
fn is_day(token: &Token) -> bool {
    token.kind == Kind::Ordinal && token.key.contains('.')
}

fn is_amount(token: &Token) -> bool {
    token.kind == Kind::Count && token.key.chars().filter(|c| *c != '.').count() >= 3
}

/// Ten is a round number.
fn is_two_digits(token: &Token) -> bool {
    token.kind == Kind::Count && token.key.len() == 2 && token.key != "10"
}

/// Whether a text speaks of an event as of something past: it is another article about it.
fn looks_back(gist: &Gist) -> bool {
    gist.tokens().any(|token| LEXICON.looks_back(&token.key))
}
