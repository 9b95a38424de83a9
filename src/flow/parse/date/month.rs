//! The names of months.

/// How the names of each month begin, in small letters: in English first, then in what is spoken around Europe. Each beginning is as
/// long as it must be to mean one month in all of these languages.
const NAMES: [&[&str]; 12] = [
    &["jan", "ene", "gen", "sty", "oca", "янв", "ιαν"],
    &["feb", "fév", "fev", "lut", "şub", "фев", "φεβ"],
    &["mar", "mär", "mrz", "maa", "mrt", "már", "мар", "μαρ", "μάρ"],
    &["apr", "avr", "abr", "ápr", "kwi", "nis", "апр", "απρ"],
    &["may", "mai", "maj", "mei", "mag", "máj", "май", "мая", "μαι", "μαϊ", "μάι"],
    &["jun", "juin", "giu", "jún", "cze", "haz", "июн", "ιουν", "ιούν"],
    &["jul", "juil", "lug", "júl", "lip", "tem", "июл", "ιουλ", "ιούλ"],
    &["aug", "aoû", "aou", "ago", "sie", "ağu", "авг", "αυγ", "αύγ"],
    &["sep", "set", "sze", "wrz", "eyl", "сен", "σεπ"],
    &["oct", "okt", "out", "ott", "paź", "eki", "окт", "οκτ"],
    &["nov", "lis", "kas", "ноя", "νοε", "νοέ"],
    &["dec", "déc", "dez", "des", "dic", "gru", "ara", "дек", "δεκ"],
];

/// The Vietnamese words for the numbers of months, from the first on.
const SPOKEN: [&str; 10] = ["một", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười"];

/// A month's number by its name or abbreviation, in small letters.
pub(super) fn named(name: &str) -> Option<u32> {
    number(NAMES.iter().position(|names| names.iter().any(|beginning| name.starts_with(beginning))))
}

/// A month's number by the words that stand behind "tháng", and how many of them belong to it.
pub(super) fn spoken(first: &str, second: Option<&str>) -> Option<(u32, usize)> {
    match (first, second) {
        ("mười", Some("một")) => Some((11, 2)),
        ("mười", Some("hai")) => Some((12, 2)),
        ("giêng", _) => Some((1, 1)),
        ("chạp", _) => Some((12, 1)),
        _ => Some((number(SPOKEN.iter().position(|word| *word == first))?, 1)),
    }
}

fn number(place: Option<usize>) -> Option<u32> {
    u32::try_from(place? + 1).ok()
}
