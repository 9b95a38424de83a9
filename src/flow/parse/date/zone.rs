//! The zone in a date: `Z`, `+0700`, `+07:00`, `+07`, `GMT`, `GMT+7`, `(ICT)`.

use jiff::tz::Offset;

use crate::flow::parse::date::token::Token::{self, Blank, Number, Sign, Word};

/// The offset that stands somewhere behind a time.
pub(super) fn offset(behind: &[Token]) -> Option<Offset> {
    (0..behind.len()).find_map(|at| {
        let seconds = match behind[at] {
            Word(name) => {
                let hours = hours(name)?;
                signed(&behind[at + 1..], true).unwrap_or(hours * 3600)
            }
            // `--0700` and `:-0700` occur; `23-11-2026` is a date.
            Sign('+' | '-') if at < 2 || behind[at - 1] == Blank => signed(&behind[at..], false)?,
            _ => return None,
        };
        Offset::from_seconds(seconds).ok()
    })
}

/// The offset of a country that its language gives away: Korea's time is one, and nobody else writes it so.
pub(super) fn of_language(tokens: &[Token]) -> Option<Offset> {
    let is_korean = tokens.iter().any(|token| matches!(token, Word("년" | "오전" | "오후")));
    is_korean.then(|| jiff::tz::offset(9))
}

/// The seconds that a sign and a number mean. Behind a name one digit is enough, and blanks may stand between.
fn signed(tokens: &[Token], is_named: bool) -> Option<i32> {
    let solid: Vec<_> = tokens.iter().copied().filter(|t| !is_named || *t != Blank).take(5).collect();
    let [Sign(sign @ ('+' | '-')), Number(hours, digits), ref rest @ ..] = solid[..] else { return None };
    let is_date = matches!(rest.first(), Some(Sign('/' | '-' | '.')));
    if is_date || !(matches!(digits, 2..=4) || is_named && digits == 1) {
        return None;
    }
    let minutes = match (digits, rest) {
        (3 | 4, _) => hours / 100 * 60 + hours % 100,
        (_, [Sign(':'), Number(minutes, 2), ..]) => hours * 60 + minutes,
        _ => hours * 60,
    };
    let seconds = i32::try_from(minutes).ok()? * 60;
    Some(if sign == '-' { -seconds } else { seconds })
}

/// The hours of a zone that has a name; those of the western half as RFC 822 has them.
fn hours(name: &str) -> Option<i32> {
    Some(match name {
        "z" | "gmt" | "utc" | "ut" | "wet" => 0,
        "bst" | "cet" | "met" | "west" => 1,
        "cest" | "mest" | "eet" | "sast" => 2,
        "eest" | "msk" => 3,
        "ict" | "wib" => 7,
        "sgt" | "hkt" | "awst" | "myt" | "pht" => 8,
        "jst" | "kst" => 9,
        "aest" => 10,
        "aedt" => 11,
        "nzst" => 12,
        "nzdt" => 13,
        "brst" => -2,
        "brt" | "art" => -3,
        "ast" | "at" | "edt" => -4,
        "est" | "et" | "cdt" => -5,
        "cst" | "ct" | "mdt" => -6,
        "mst" | "mt" | "pdt" => -7,
        "pst" | "pt" | "akdt" => -8,
        "akst" => -9,
        "hst" => -10,
        _ => return None,
    })
}
