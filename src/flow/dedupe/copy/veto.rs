//! What forbids that two texts are one story: what each says and the other does not know.

use std::collections::HashSet;

use smol_str::SmolStr;

use crate::flow::dedupe::copy::lexicon::{LEXICON, RARE};
use crate::flow::dedupe::copy::likeness::Shared;
use crate::flow::dedupe::copy::token::{Kind, Token};
use crate::flow::dedupe::copy::{Gist, Part, slot};
use crate::model::{Difference, Reason};

/// The first thing that sets them apart.
pub(super) fn veto(a: &Gist, b: &Gist, shared: &Shared) -> Option<Reason> {
    // One lead or one event under two headlines: they stress different things. Under two headlines of one form it is a form, too.
    let copied = || !shared.is_one_form() && shared.is_one_lead() || shared.is_one_event();
    let [only_a, only_b] = &shared.only;
    let sides = |is: &dyn Fn(&Token) -> bool| {
        let first: Vec<&Token> = only_a.iter().copied().filter(|t| is(t) && !b.knows(t)).collect();
        let second: Vec<&Token> = only_b.iter().copied().filter(|t| is(t) && !a.knows(t)).collect();
        (!first.is_empty() && !second.is_empty()).then_some((first, second))
    };
    let are_places = |tokens: &[&Token]| tokens.iter().all(|token| token.kind == Kind::Place);
    let told = |what: Difference, first: &[&Token], second: &[&Token]| Reason::Apart {
        what: if what == Difference::Name && are_places(first) && are_places(second) { Difference::Place } else { what },
        first: written(&a.title, first),
        second: written(&b.title, second),
    };
    if let Some((first, second)) = offices(a, b) {
        return Some(told(Difference::Name, &[first], &[second]));
    }
    if let Some(items) = slot::items(a, b) {
        return Some(told(Difference::Word, &items.first, &items.second));
    }
    if let Some((first, second)) = sides(&Token::is_number).filter(|_| !copied()) {
        return Some(told(Difference::Number, &first, &second));
    }
    // Where one lead is the other in other words, and each tells of both, the headlines stress two parts of it: "khởi tố, bắt tạm giam".
    let both = |(first, second): &(&Token, &Token)| shared.is_reworded() && b.knows(first) && a.knows(second);
    if let Some((first, second)) = opposites(only_a, only_b).filter(|found| !copied() && !both(found)) {
        return Some(told(Difference::Opposite, &[first], &[second]));
    }
    if let Some(not) = denied(a, b, shared).filter(|_| !copied()) {
        return Some(told(Difference::Opposite, &not[0], &not[1]));
    }
    if let Some((what, slot)) = slot::differs(a, b, shared).filter(|_| shared.may_be_one_form()) {
        return Some(told(what, &slot.first, &slot.second));
    }
    // Where one title is in capitals, a rare word that only it has may be a name.
    let is_name = |token: &Token| token.is_name() || a.shouted != b.shouted && token.weight >= RARE && !token.is_number();
    if let Some((first, second)) = sides(&is_name).filter(|_| !copied()) {
        return Some(told(Difference::Name, &first, &second));
    }
    different_places(a, b).or_else(|| different_numbers(a, b, shared.says_enough())).filter(|_| !shared.is_one_event())
}

/// The offices that two titles begin with, where they are two: each did what its title says, though one text tells of both.
fn offices<'a>(a: &'a Gist, b: &'a Gist) -> Option<(&'a Token, &'a Token)> {
    let office = |gist: &'a Gist| gist.title.tokens.first().filter(|token| LEXICON.is_office(&token.key));
    office(a).zip(office(b)).filter(|(first, second)| first.key != second.key)
}

/// Days, issues and terms, or more than one amount, that each text has and the other does not know.
/// Of one event each paper counts other things.
fn different_numbers(a: &Gist, b: &Gist, one_event: bool) -> Option<Reason> {
    let unknown = |a: &Gist, b: &Gist, kind: Kind| -> Vec<String> {
        let parts = [&a.title, &a.lead].into_iter();
        let tokens = parts.flat_map(|part| part.tokens.iter().map(move |token| (part, token)));
        tokens
            .filter(|(_, token)| token.kind == kind && !token.is_hour() && !b.knows(token))
            .map(|(part, token)| written(part, &[token]))
            .collect()
    };
    for (what, kind, least) in [(Difference::Ordinal, Kind::Ordinal, 1), (Difference::Count, Kind::Count, 2)] {
        let (first, second) = (unknown(a, b, kind), unknown(b, a, kind));
        if first.len() >= least && second.len() >= least && !(one_event && kind == Kind::Count) {
            return Some(Reason::Apart { what, first: first.join(", "), second: second.join(", ") });
        }
    }
    None
}

pub(super) fn different_places(a: &Gist, b: &Gist) -> Option<Reason> {
    let places = |gist: &'_ Gist| -> Vec<(SmolStr, String)> {
        let parts = [&gist.title, &gist.lead].into_iter();
        let tokens = parts.flat_map(|part| part.tokens.iter().map(move |token| (part, token)));
        let mut seen = HashSet::new();
        let fresh = tokens.filter(|(_, token)| token.kind == Kind::Place && seen.insert(&token.key));
        fresh.map(|(part, token)| (token.key.clone(), written(part, &[token]))).collect()
    };
    let (here, there) = (places(a), places(b));
    let is_known = |key: &SmolStr| there.iter().any(|(other, _)| other == key || LEXICON.is_part(key, other));
    let apart = !here.is_empty() && !there.is_empty() && !here.iter().any(|(key, _)| is_known(key));
    let names = |places: Vec<(SmolStr, String)>| places.into_iter().map(|(_, name)| name).collect::<Vec<_>>().join(", ");
    apart.then(|| Reason::Apart { what: Difference::Place, first: names(here), second: names(there) })
}

pub(super) fn opposites<'a>(only_a: &[&'a Token], only_b: &[&'a Token]) -> Option<(&'a Token, &'a Token)> {
    let opposite = |x: &&'a Token| only_b.iter().find(|y| LEXICON.are_opposites(&x.key, &y.key)).map(|y| (*x, *y));
    only_a.iter().find_map(opposite)
}

/// A "không" that only one title has, where they are otherwise alike and the other text knows none: "được phép ra khơi", "không được ra khơi".
fn denied<'a>(a: &Gist, b: &Gist, shared: &Shared<'a>) -> Option<[Vec<&'a Token>; 2]> {
    let [only_a, only_b] = &shared.only;
    let not = |only: &[&'a Token], other: &Gist| only.iter().copied().find(|t| t.key == "không" && !other.knows(t));
    match (not(only_a, b), not(only_b, a)) {
        (Some(first), None) => Some([vec![first], Vec::new()]),
        (None, Some(second)) => Some([Vec::new(), vec![second]]),
        _ => None,
    }
    .filter(|_| shared.may_be_one_form())
}

/// Tokens as they are written in a text.
fn written(part: &Part, tokens: &[&Token]) -> String {
    let words = tokens.iter().filter_map(|token| part.passage.text().get(token.place.start as usize..token.place.end as usize));
    words.collect::<Vec<_>>().join(", ")
}
