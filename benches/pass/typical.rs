//! News as a day has them: nearly every entry says something that no other does, some are told by a second source in its own words.
//!
//! The words are those of the generated news, as often as they stand there, between syllables that are made up: about as many rare words
//! and names as provincial news have. Three of ten headlines keep a form that many papers fill in.

use crate::news::{NEWS, PLACES, mixed};

/// Of a source's entries those at these places of twenty are another source's news: 15 in 100.
const RETOLD: [usize; 3] = [1, 9, 17];
/// The source that an entry is retold from stands so many before.
const BEHIND: usize = 7;
/// Of so many words of a lead one is another when it is told by another source.
const REWORDED: u64 = 12;
/// Words of a headline and of a lead.
const TITLE: u64 = 12;
const LEAD: u64 = 34;

const ONSETS: [&str; 18] = ["b", "ch", "d", "đ", "g", "h", "kh", "l", "m", "n", "ng", "ph", "s", "t", "th", "tr", "v", "x"];
const RIMES: [&str; 30] = [
    "á", "ài", "ạm", "ản", "áng", "ạo", "át", "àu", "ắc", "ằm", "ặng", "ân", "ấp", "ẻm", "én", "ếch", "ệnh", "ìn", "íp", "oà",
    "oan", "ọc", "ối", "ồng", "ơi", "uân", "ục", "uyên", "ưng", "ượt",
];

/// Chance that is drawn from one number, over and over.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = mixed(self.0);
        (self.0 >> 16) % limit
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u64) as usize]
    }

    fn syllable(&mut self) -> String {
        format!("{}{}", self.of(&ONSETS), self.of(&RIMES))
    }

    fn word(&mut self, pool: &[&str]) -> String {
        match self.below(10) {
            0 => self.below(900).to_string(),
            1 => format!("{} {}", capital(&self.syllable()), capital(&self.syllable())),
            2 | 3 => self.syllable(),
            _ => (*self.of(pool)).to_owned(),
        }
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The story whose news an entry tells: its own, or that of another source.
pub fn told(source: usize, place: usize, sources: usize) -> (usize, usize) {
    if RETOLD.contains(&(place % 20)) { ((source + sources - BEHIND % sources) % sources, place + 1) } else { (source, place) }
}

/// Headline and lead of a story, as a source tells them whose own it is or not.
pub fn texts(story: u64, teller: u64, is_own: bool) -> (String, String) {
    let mut chance = Chance(story.wrapping_mul(2).wrapping_add(1));
    let pool: Vec<&str> =
        NEWS.iter().flat_map(|(title, lead)| title.split(' ').chain(lead.split(' '))).filter(is_plain).collect();
    let place = format!("{} {}", chance.of(&PLACES), chance.below(256));
    let title = match chance.below(10) {
        0..3 => chance.of(&NEWS).0.replace("{}", &place),
        _ => {
            let words: Vec<String> = (0..TITLE).map(|_| chance.word(&pool)).collect();
            format!("{} ở {place}", capital(&words.join(" ")))
        }
    };
    let mut lead: Vec<String> = (0..LEAD).map(|_| chance.word(&pool)).collect();
    if !is_own {
        let mut own = Chance(story ^ teller.rotate_left(32));
        for word in lead.iter_mut().filter(|word| word.chars().all(char::is_lowercase)) {
            if own.below(REWORDED) == 0 {
                *word = own.syllable();
            }
        }
    }
    (title, format!("{}.", capital(&lead.join(" "))))
}

fn is_plain(word: &&str) -> bool {
    word.chars().all(char::is_alphabetic)
}
