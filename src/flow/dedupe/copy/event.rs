//! Whether two papers tell of one event in their own words.
//!
//! Their headlines have few words in common, so what counts are the facts: each one that both texts have speaks for one event by how
//! seldom two other texts share its like, each that sets them apart speaks against it, and the sum decides (Fellegi and Sunter, "A Theory
//! for Record Linkage", 1969). The points were fitted by logistic regression to the labelled pairs that were looked at and to pairs of texts
//! about different things that share a band, of DANeS (dataset-vn/DANeS, CC BY 4.0) and invented ones, and rounded: ten make a factor of e.

use std::collections::HashSet;

use crate::flow::dedupe::copy::lexicon::{LEXICON, RARE};
use crate::flow::dedupe::copy::likeness::Shared;
use crate::flow::dedupe::copy::token::{Kind, Token};
use crate::flow::dedupe::copy::{Gist, veto};

/// From so many points on it is one event. docs/judging.md says what that finds of a set that the points were not fitted to.
const ENOUGH: i32 = 97;

/// From so many more on it is one event though the headlines look like a form that was filled in twice: no two texts that were filled in
/// with other words had as many.
pub(super) const SURE: i32 = 12;

/// A fact: how many points it is worth, and how many of them count at most.
struct Fact {
    is: fn(&Token) -> bool,
    points: i32,
    most: usize,
}

/// What both texts have.
const SHARED: [Fact; 8] = [
    Fact { is: |token| token.is_telling, points: 3, most: 10 },
    Fact { is: |token| token.kind == Kind::Name, points: 4, most: 6 },
    Fact { is: |token| token.kind == Kind::Place, points: 19, most: 3 },
    Fact { is: is_day, points: 27, most: 2 },
    Fact { is: |token| token.kind == Kind::Ordinal && !is_day(token), points: 5, most: 3 },
    Fact { is: is_amount, points: 21, most: 3 },
    Fact { is: is_two_digits, points: 15, most: 3 },
    Fact { is: |token| token.kind == Kind::Count && !is_amount(token) && !is_two_digits(token), points: 5, most: 3 },
];

/// Where names stand among them.
const NAME: usize = 1;

/// What each of them has and the other does not know: the smaller number of the two counts.
const APART: [Fact; 3] = [
    Fact { is: is_day, points: 25, most: 2 },
    Fact { is: |token| token.kind == Kind::Ordinal, points: 7, most: 3 },
    Fact { is: is_amount, points: 8, most: 3 },
];

/// What a rare word is worth that each headline has for itself and the other text says: the papers stress different things of one event.
const OWN_WORD: f32 = 4.0;
/// What it is worth that the other text says all of one headline. A part is worth a part.
const TOLD: f32 = 56.0;
/// What it is worth that one text has all the names that the other one has. A part is worth a part.
const NAMES: i32 = 12;
/// What it costs that the headlines share all their words: then they may be a form, filled in twice. A part costs a part.
const ONE_FORM: f32 = 51.0;
/// What a step of an affair costs (a trial, an award, a repair) that one headline names and the other text does not know; two at most.
const OTHER_STEP: usize = 14;
/// What it costs that both headlines are about something of which there is news every day.
const SERIAL: usize = 9;
/// What it costs that only one text looks back.
const FOLLOW_UP: usize = 15;
/// What opposites in the headlines cost; numbers, and names, that each headline has and the other text does not know; and provinces.
const OPPOSITE: usize = 26;
const OTHER_NUMBER: usize = 21;
const OTHER_NAME: usize = 13;
const OTHER_PLACE: usize = 21;

/// What the facts that two texts share are worth beyond what makes them news of one event; below zero they are none.
pub(super) fn margin(shared: &Shared) -> i32 {
    let beyond = facts(shared) - ENOUGH;
    // Most texts share too few facts, whatever sets them apart.
    if beyond < 0 { beyond } else { beyond - costs(shared) }
}

/// What speaks for one event.
fn facts(shared: &Shared) -> i32 {
    let (a, b) = (shared.a, shared.b);
    let times = both_have(a, b);
    let both: i32 = times.iter().zip(&SHARED).map(|(times, fact)| fact.points * (*times).min(fact.most) as i32).sum();
    let own = own_words(&shared.only[0], b).min(own_words(&shared.only[1], a)) as f32 / RARE as f32;
    let told = both + (OWN_WORD * own + TOLD * shared.told()).round() as i32;
    // Most texts share too few facts, whatever their names are.
    if told + NAMES < ENOUGH { told } else { told + (NAMES as f32 * shared_names(shared, times[NAME])).round() as i32 }
}

/// The part of the names of one text that the other one has, of the text of which it has more.
fn shared_names(shared: &Shared, both: usize) -> f32 {
    if both == 0 { 0.0 } else { both as f32 / (both + shared.unknown(|token| token.kind == Kind::Name)) as f32 }
}

/// What speaks against it, from 0 upwards.
fn costs(shared: &Shared) -> i32 {
    let (a, b) = (shared.a, shared.b);
    let [only_a, only_b] = &shared.only;
    let each_has = |is: fn(&Token) -> bool| usize::from(has_other(only_a, b, is) && has_other(only_b, a, is));
    let costs = [
        OTHER_STEP * (other_steps(a, b) + other_steps(b, a)).min(2),
        SERIAL * usize::from(is_serial(a, b)),
        FOLLOW_UP * usize::from(looks_back(a) != looks_back(b)),
        OPPOSITE * usize::from(veto::opposites(only_a, only_b).is_some()),
        OTHER_NUMBER * each_has(Token::is_number),
        OTHER_NAME * each_has(Token::is_name),
        OTHER_PLACE * usize::from(veto::different_places(a, b).is_some()),
    ];
    let apart = APART.iter().map(|fact| fact.points * shared.unknown(fact.is).min(fact.most) as i32);
    apart.sum::<i32>() + costs.iter().sum::<usize>() as i32 + (ONE_FORM * shared.likeness().titles).round() as i32
}

/// The steps of an affair that a headline names and the other text does not know.
fn other_steps(own: &Gist, other: &Gist) -> usize {
    let steps: HashSet<usize> = own.title.tokens.iter().filter_map(|token| LEXICON.step(&token.key)).collect();
    steps.into_iter().filter(|step| !other.tokens().any(|token| LEXICON.step(&token.key) == Some(*step))).count()
}

/// Whether both headlines are about one subject of which there is news every day.
fn is_serial(a: &Gist, b: &Gist) -> bool {
    let subjects =
        |gist: &Gist| -> HashSet<usize> { gist.title.tokens.iter().filter_map(|token| LEXICON.serial(&token.key)).collect() };
    !subjects(a).is_disjoint(&subjects(b))
}

/// How many facts of each kind both texts have.
fn both_have(a: &Gist, b: &Gist) -> [usize; SHARED.len()] {
    let mut seen = HashSet::new();
    let mut times = [0; SHARED.len()];
    for token in a.tokens() {
        let may_be_fact = token.weight >= RARE || token.kind != Kind::Word;
        // A place and the one that it is part of are one fact.
        let fact = if token.kind == Kind::Place { LEXICON.outermost(&token.key) } else { &token.key };
        if may_be_fact && b.knows(token) && seen.insert(fact) {
            times.iter_mut().zip(&SHARED).for_each(|(times, fact)| *times += usize::from((fact.is)(token)));
        }
    }
    times
}

/// The weight of the words that only one headline has, and that the other text says.
fn own_words(only: &[&Token], other: &Gist) -> u32 {
    let mut seen = HashSet::new();
    only.iter().filter(|token| seen.insert(&token.key) && other.knows(token)).map(|token| token.weight).sum()
}

/// Whether one headline has such a token that the other one lacks and the other text does not know.
fn has_other(only: &[&Token], other: &Gist, is: fn(&Token) -> bool) -> bool {
    only.iter().any(|token| is(token) && !other.knows(token))
}

/// 23/11: what names a day.
fn is_day(token: &Token) -> bool {
    token.kind == Kind::Ordinal && token.key.contains('.')
}

fn is_amount(token: &Token) -> bool {
    token.kind == Kind::Count && digits(token) >= 3
}

/// Ten is a round number.
fn is_two_digits(token: &Token) -> bool {
    token.kind == Kind::Count && digits(token) == 2 && token.key != "10"
}

fn digits(token: &Token) -> usize {
    token.key.bytes().filter(u8::is_ascii_digit).count()
}

/// Whether a text speaks of an event as of something past: it is another article about it. A headline that begins with "Vụ" names an affair
/// that its readers know.
fn looks_back(gist: &Gist) -> bool {
    gist.title.tokens.first().is_some_and(|first| first.key == "vu5") || gist.tokens().any(|token| LEXICON.looks_back(&token.key))
}
