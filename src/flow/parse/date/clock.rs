//! The time of day in a date.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};

use crate::flow::parse::date::token::Token::{self, Blank, Number, Sign, Word};

/// A time of day and the tokens that it takes up.
pub(super) struct Clock {
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    /// AM or PM stands behind it: with it, sites write the month first.
    pub english_half: bool,
    pub start: usize,
    pub end: usize,
}

impl Clock {
    /// The first time of day among some tokens.
    pub(super) fn find(tokens: &[Token]) -> Option<Self> {
        let first = |read: fn(&[Token], usize) -> Option<Self>| (0..tokens.len()).find_map(|start| read(tokens, start));
        let clock = first(Self::with_signs).or_else(|| first(Self::with_words)).or_else(|| first(Self::iso_hour))?;
        Some(clock.in_its_half(tokens))
    }

    fn new(hour: u32, minute: u32, second: u32, start: usize, end: usize) -> Self {
        Self { hour, minute, second, english_half: false, start, end }
    }

    /// `8:10`, `08:10:05.123`, `11h30`.
    fn with_signs(tokens: &[Token], start: usize) -> Option<Self> {
        let (hour, minute) = match tokens.get(start..start + 3)? {
            _ if start > 0 && tokens[start - 1] == Sign(':') => return None,
            [Number(hour, 1..=2), Sign(':') | Word("h" | "g"), Number(minute, 1..=2)] => (*hour, *minute),
            _ => return None,
        };
        let (second, end) = match tokens[start + 3..] {
            [Sign(':'), Number(..), Sign(':'), ..] => return None,
            [Sign(':'), Number(second, 1..=2), Sign('.' | ','), Number(..), ..] => (second, start + 7),
            [Sign(':'), Number(second, 1..=2), ..] => (second, start + 5),
            _ => (0, start + 3),
        };
        Some(Self::new(hour, minute, second, start, end))
    }

    /// `7h`, `8 giờ 5 phút`, `4.2h`.
    fn with_words(tokens: &[Token], start: usize) -> Option<Self> {
        let solid = |from: usize| (from..tokens.len()).find(|&at| tokens[at] != Blank);
        let Number(hour, 1..=2) = tokens[start] else { return None };
        if let [Sign('.'), Number(tenths, 1), Word("h"), ..] = tokens[start + 1..] {
            return Some(Self::new(hour, tenths * 6, 0, start, start + 4));
        }
        let name = solid(start + 1).filter(|&at| matches!(tokens[at], Word("h" | "g" | "giờ")))?;
        let minute = solid(name + 1).and_then(|at| match (tokens[at], solid(at + 1).map(|next| (next, tokens[next]))) {
            (Number(minute, 1..=2), Some((next, Word("phút" | "p" | "ph")))) => Some((minute, next)),
            _ => None,
        });
        let (minute, end) = minute.unwrap_or((0, name));
        Some(Self::new(hour, minute, 0, start, end + 1))
    }

    /// `2026-11-23T08`.
    fn iso_hour(tokens: &[Token], start: usize) -> Option<Self> {
        match tokens[start..] {
            [Word("t"), Number(_, 2), Sign(':'), ..] => None,
            [Word("t"), Number(hour, 2), ..] if start > 0 => Some(Self::new(hour, 0, 0, start, start + 2)),
            _ => None,
        }
    }

    /// The same time in the half of the day that is written behind it, or, as Koreans and Chinese do, before it.
    fn in_its_half(mut self, tokens: &[Token]) -> Self {
        let behind = (self.end..tokens.len()).find(|&at| tokens[at] != Blank).unwrap_or(tokens.len());
        let (half, length) = match tokens[behind..] {
            [Word("a"), Sign('.'), Word("m"), ..] => ("am", 3),
            [Word("p"), Sign('.'), Word("m"), ..] => ("pm", 3),
            [Word(half @ ("am" | "pm" | "sa" | "ch")), ..] => (half, 1),
            _ => ("", 0),
        };
        let is_after_noon = |token: &Token| matches!(token, Word("오후" | "下午"));
        self.english_half = matches!(half, "am" | "pm");
        self.hour = match (half, self.hour) {
            ("pm" | "ch", 1..=11) => self.hour + 12,
            ("am" | "sa", 12) => 0,
            ("", 1..=11) if tokens[..self.start].iter().any(is_after_noon) => self.hour + 12,
            (_, hour) => hour,
        };
        self.end = if length > 0 { behind + length } else { self.end };
        self
    }

    /// This time on a day; 24:00 is the next day's midnight, a leap second the second before it.
    pub(super) fn on(&self, day: Date) -> Option<DateTime> {
        let small = |n: u32| i8::try_from(n).ok();
        if (self.hour, self.minute, self.second) == (24, 0, 0) {
            return Some(day.checked_add(1.day()).ok()?.to_datetime(Time::midnight()));
        }
        let second = if self.second == 60 { 59 } else { self.second };
        let time = Time::new(small(self.hour)?, small(self.minute)?, small(second)?, 0).ok()?;
        Some(day.to_datetime(time))
    }
}
