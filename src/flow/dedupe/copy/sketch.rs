//! The sketch of a text: its bands, a few hashes of runs of its words and of facts, chosen so that texts which share much share one; and its telling
//! words, by which texts that share a band by chance are told apart without being read.
//!
//! Bottom-k sampling (Broder, "On the resemblance and containment of documents", 1997; Cohen and Kaplan, 2007): of all runs of words
//! those with the smallest hashes stand for the text, and a hash counts the less the more its words say (priority sampling, Duffield,
//! Lund and Thorup, 2007), so that rare words are taken first, by every text alike. If two texts share half of their runs, the chance that none of four is
//! shared is below one in ten for the title alone and below one in a hundred for title and lead together.

use std::collections::BTreeSet;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::flow::dedupe::copy::lexicon::LEXICON;
use crate::flow::dedupe::copy::token::{Kind, Token};
use crate::model::{Band, Sketch};

/// Bands that are taken of the title, of the lead, and of the names.
const PER_PART: usize = 4;
/// Bands that are taken of amounts.
const OF_AMOUNTS: usize = 3;
/// Bands that are taken of days, and of provinces. They find 12 labelled pairs of one event that share no other band.
const OF_DAYS: usize = 3;
const OF_PROVINCES: usize = 2;
/// Tokens of a lead that bands are taken from: a source that cuts its summaries short still has them.
const LEAD: usize = 25;
/// What weighs less says nothing, and is not looked for: a run of words, or a word alone.
const LEAST_WEIGHT: u32 = 18;
/// Telling words of a sketch. With half as many, some 40 of the 1,119 labelled pairs of one story shared too few.
const MOST_WORDS: usize = 32;

/// The sketch of a text of these tokens.
pub(super) fn sketch(title: &[Token], lead: &[Token]) -> Sketch {
    Sketch { bands: bands(title, lead), words: words(title, lead) }
}

/// The words of the sketch: of those that weigh as much as a rare one those with the smallest hashes, so that texts which share them choose the same.
fn words(title: &[Token], lead: &[Token]) -> Vec<u16> {
    let telling = title.iter().chain(lead).filter(|token| token.weight >= LEAST_WEIGHT);
    // A place and the one that it is part of are one word.
    let hash = |token: &Token| province(token).map_or(token.hash, |province| xxh3_64(province.as_bytes()));
    let mut hashes: Vec<u64> = telling.map(hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    // The lower bits: the upper ones are those of a small number.
    let mut words: Vec<u16> = hashes.into_iter().take(MOST_WORDS).map(|hash| hash as u16).collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn bands(title: &[Token], lead: &[Token]) -> Vec<Band> {
    let mut bands = smallest(title, 2, 1);
    if bands.is_empty() {
        bands = smallest(title, 1, 2);
    }
    bands.extend(smallest(&lead[..lead.len().min(LEAD)], 3, 3));
    bands.extend(names(title, lead));
    bands.extend(amounts(title, lead));
    bands.extend(told_with(title, lead, day, |token| token.is_telling, OF_DAYS, 6));
    bands.extend(told_with(title, lead, province, |token| token.is_telling && token.kind == Kind::Name, OF_PROVINCES, 7));
    bands
}

/// Hashes of a day, or a province, with a rare word each: two papers that tell of one event in their own words hardly have a row of words
/// in common, but the day and what the event is about.
fn told_with(
    title: &[Token],
    lead: &[Token],
    named: fn(&Token) -> Option<&str>,
    is: fn(&Token) -> bool,
    most: usize,
    seed: u64,
) -> Vec<u64> {
    let tokens = || title.iter().chain(lead);
    let mut hashes = Vec::new();
    for name in tokens().filter_map(named).map(|name| xxh3_64_with_seed(name.as_bytes(), seed)) {
        hashes.extend(tokens().filter(|token| is(token)).map(|token| xxh3_64_with_seed(&token.hash.to_le_bytes(), name)));
    }
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(most);
    hashes
}

/// The province that a token names, or that of a place which it names.
fn province(token: &Token) -> Option<&str> {
    (token.kind == Kind::Place).then(|| LEXICON.outermost(&token.key))
}

/// The day that a token names, without its year.
fn day(token: &Token) -> Option<&str> {
    let key = token.key.as_str();
    let month = key.find('.').filter(|_| token.kind == Kind::Ordinal)?;
    let year = key[month + 1..].find('.').map_or(key.len(), |year| month + 1 + year);
    Some(&key[..year])
}

/// Hashes of amounts, each with a province that is named, or alone where none is: two papers that tell of one event in their own words count
/// the same things. A longer number is taken first: fewer texts have it.
fn amounts(title: &[Token], lead: &[Token]) -> Vec<u64> {
    let keys = |is: fn(&Token) -> bool| -> BTreeSet<&str> {
        title.iter().chain(lead).filter(|token| is(token)).map(|token| token.key.as_str()).collect()
    };
    let places: BTreeSet<&str> = title.iter().chain(lead).filter_map(province).collect();
    let least = if places.is_empty() { 3 } else { 2 };
    let amounts = keys(|token| token.kind == Kind::Count && token.key != "10");
    let ranked = amounts.into_iter().filter(|amount| amount.len() >= least).flat_map(|amount| {
        let with = |place: &str| {
            let hash = xxh3_64_with_seed(format!("{amount} {place}").as_bytes(), 5);
            let digits = amount.chars().filter(|c| !matches!(c, '.' | '0')).count() as u64;
            (hash / (digits * digits).max(1), hash)
        };
        if places.is_empty() { vec![with("")] } else { places.iter().map(|place| with(place)).collect() }
    });
    let mut hashes: Vec<(u64, u64)> = ranked.collect();
    hashes.sort_unstable();
    hashes.into_iter().take(OF_AMOUNTS).map(|(_, hash)| hash).collect()
}

/// Hashes of names of two syllables: what two papers have in common that tell of one event in their own words.
fn names(title: &[Token], lead: &[Token]) -> Vec<u64> {
    let pairs = [title, lead].into_iter().flat_map(|part| part.windows(2));
    let names: Vec<&[Token]> = pairs.filter(|pair| pair.iter().all(|token| token.kind == Kind::Name)).collect();
    taken(names.into_iter(), 4)
}

/// The smallest hashes of the runs of `len` tokens.
fn smallest(tokens: &[Token], len: usize, seed: u64) -> Vec<u64> {
    taken(tokens.windows(len), seed)
}

/// The smallest hashes of some runs.
fn taken<'a>(runs: impl Iterator<Item = &'a [Token]>, seed: u64) -> Vec<u64> {
    let runs = runs.filter(|run| run.iter().map(|t| t.weight).sum::<u32>() >= LEAST_WEIGHT);
    let mut joined = String::new();
    let ranked = |run: &[Token]| {
        joined.clear();
        for (place, token) in run.iter().enumerate() {
            joined.push_str(if place > 0 { " " } else { "" });
            joined.push_str(&token.key);
        }
        let hash = xxh3_64_with_seed(joined.as_bytes(), seed);
        let weight = u64::from(run.iter().map(|t| t.weight).sum::<u32>());
        (hash / (weight * weight), hash)
    };
    let mut hashes: Vec<(u64, u64)> = runs.map(ranked).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes.into_iter().take(PER_PART).map(|(_, hash)| hash).collect()
}
