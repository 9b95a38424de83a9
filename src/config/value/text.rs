//! Texts with a meaning: titles, phrases, ids, languages, zones, encodings, date formats.

use std::ops::RangeInclusive;

use encoding_rs::Encoding as Codec;
use jiff::civil;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use unicode_normalization::UnicodeNormalization;

use crate::config::fault::{Wrong, did_you_mean};
use crate::config::read::wrong_id;
use crate::config::unseen;
use crate::config::value::{FromText, schema};
use crate::model::{Secret, Slug};
use crate::text::Words;

/// The ids that [`Slug`] accepts, as a regular expression for the schema.
pub(super) const ID_PATTERN: &str = "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$";

/// A line of text that says something: composed (NFC), without spaces around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct Text(pub(in crate::config) String);

impl FromText for Text {
    const EXPECTED: &'static str = "a line of text";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let text: String = text.trim_matches(|c: char| c.is_whitespace() || unseen::name(c).is_some()).nfc().collect();
        if text.is_empty() {
            return Err(Wrong::new("this text is empty"));
        }
        if text.contains(|c: char| c.is_control()) {
            return Err(Wrong::new("this text has a line break or another control character"));
        }
        Ok(Self(text))
    }
}

schema!(Text, { "type": "string", "minLength": 1 });

/// A phrase of a topic's rule: a text with a letter or a digit, because only those are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct Phrase(pub(in crate::config) String);

impl FromText for Phrase {
    const EXPECTED: &'static str = "a phrase with a letter or a digit";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let Text(phrase) = Text::from_text(text).map_err(|wrong| wrong.expected(Self::EXPECTED))?;
        // Not by its letters: Unicode counts marks among them that make no word.
        if !Words::new(&phrase).is_empty() {
            Ok(Self(phrase))
        } else {
            Err(Wrong::new("this phrase has neither a letter nor a digit, so it can't occur"))
        }
    }
}

schema!(Phrase, { "type": "string", "minLength": 1 });

/// What the administrator proves himself with: long enough that nobody guesses it, and of characters that a header may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct Token(pub(in crate::config) Secret);

/// Shorter ones are guessed; longer ones are no tokens.
const TOKEN_CHARS: RangeInclusive<usize> = 16..=256;

impl FromText for Token {
    const EXPECTED: &'static str = "16 to 256 letters, digits and signs, such as `openssl rand -hex 24` makes";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        // A file that a secret comes from ends with a line break.
        let text = text.trim();
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Wrong::new("this token has a space or a character that is not in ASCII"));
        }
        match text.len() {
            length if TOKEN_CHARS.contains(&length) => Ok(Self(Secret(text.to_owned()))),
            length if length < *TOKEN_CHARS.start() => Err(Wrong::new("this token is so short that it can be guessed")),
            _ => Err(Wrong::new("this token is too long")),
        }
    }
}

schema!(Token, { "type": "string", "pattern": r"^\s*[!-~]{16,256}\s*$|\$\{" });

/// The name of a parameter in an address, or the beginning of several, with a `*` behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct Parameter(pub(in crate::config) String);

impl FromText for Parameter {
    const EXPECTED: &'static str = "the name of a parameter such as \"cid\" or \"bao_*\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let name = text.trim();
        let bare = name.strip_suffix('*').unwrap_or(name);
        let is_name =
            !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
        if is_name { Ok(Self(name.to_owned())) } else { Err(Wrong::new("this is no parameter's name")) }
    }
}

schema!(Parameter, { "type": "string", "pattern": r"^\s*[A-Za-z0-9._~-]+\*?\s*$|\$\{" });

/// The name of a host, as it stands in addresses: small letters, in punycode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct HostName(pub(in crate::config) String);

impl FromText for HostName {
    const EXPECTED: &'static str = "the name of a host such as \"example.vn\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let name = text.trim();
        let is_bare = !name.is_empty() && !name.contains(['/', ':', '@', '*', '?', '#', ' ']);
        match url::Host::parse(name) {
            Ok(host) if is_bare => Ok(Self(host.to_string().trim_end_matches('.').to_owned())),
            _ => Err(Wrong::new("this is no host's name")),
        }
    }
}

schema!(HostName, { "type": "string", "pattern": r"^\s*[^\s/:@*?#]+\s*$|\$\{" });

/// The id of a source or a topic, where a feed names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct Id(pub(in crate::config) Slug);

impl FromText for Id {
    const EXPECTED: &'static str = "an id";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        Slug::new(text).map(Self).map_err(|_| wrong_id(text))
    }
}

schema!(Id, { "type": "string", "pattern": format!(r"{ID_PATTERN}|\$\{{") });

/// A language tag. Its form is checked, not that the language exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct Language(pub(in crate::config) String);

impl FromText for Language {
    const EXPECTED: &'static str = "a language tag such as \"vi\" or \"vi-VN\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let mut subtags = text.split('-');
        let first = subtags.next().unwrap_or_default();
        let language = matches!(first.len(), 2..=8) && first.bytes().all(|b| b.is_ascii_alphabetic());
        let others = subtags.all(|tag| matches!(tag.len(), 1..=8) && tag.bytes().all(|b| b.is_ascii_alphanumeric()));
        if first.eq_ignore_ascii_case("vn") {
            return Err(Wrong::new("`vn` is the country").help("Vietnamese is `vi`".to_owned()));
        }
        if language && others { Ok(Self(text.to_owned())) } else { Err(Wrong::new("this is no language tag")) }
    }
}

schema!(Language, { "type": "string", "pattern": r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$|\$\{" });

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::config) struct Zone(pub(in crate::config) TimeZone);

impl FromText for Zone {
    const EXPECTED: &'static str = "an IANA time zone such as \"Asia/Ho_Chi_Minh\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        TimeZone::get(text).map(Self).map_err(|_| {
            let zones: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
            let near = || did_you_mean(text, zones.iter().map(String::as_str));
            let help = is_vietnam(text).then(|| "that of Vietnam is `Asia/Ho_Chi_Minh`".to_owned()).or_else(near);
            Wrong::new("this time zone is unknown").help(help)
        })
    }
}

/// Whether the time of Vietnam is meant: the database has neither its capital nor distances from Greenwich.
fn is_vietnam(text: &str) -> bool {
    let bare: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric() || *c == '+').collect();
    let named = ["hanoi", "hànội", "danang", "saigon", "sàigòn", "hochiminh", "hồchíminh", "vietnam", "việtnam"];
    named.iter().any(|name| bare.contains(name)) || ["+7", "+07", "+0700"].iter().any(|ahead| bare.ends_with(ahead))
}

schema!(Zone, { "type": "string", "examples": ["Asia/Ho_Chi_Minh", "UTC"] });

/// A character encoding's WHATWG label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct Encoding(pub(in crate::config) String);

/// The labels that a misspelt one is likely meant for.
const LABELS: [&str; 8] = ["utf-8", "utf-16le", "utf-16be", "windows-1258", "windows-1252", "iso-8859-1", "gb18030", "big5"];

impl FromText for Encoding {
    const EXPECTED: &'static str = "the name of an encoding such as \"utf-8\" or \"windows-1258\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        match Codec::for_label_no_replacement(text.as_bytes()) {
            Some(_) => Ok(Self(text.trim().to_owned())),
            None => Err(Wrong::new("this encoding is unknown").help(did_you_mean(text, LABELS))),
        }
    }
}

schema!(Encoding, { "type": "string", "examples": LABELS });

/// A strptime format that gives a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct DateFormat(pub(in crate::config) String);

impl FromText for DateFormat {
    const EXPECTED: &'static str = "a strptime format such as \"%d/%m/%Y %H:%M\"";

    /// A format is sound if it can read what it writes, and reads a whole date out of it.
    fn from_text(text: &str) -> Result<Self, Wrong> {
        // Each of its numbers is another, so that none is taken for another.
        let sample = civil::date(2026, 11, 25).at(16, 47, 58, 0).to_zoned_datetime(TimeZone::UTC);
        let wrong = |error: jiff::Error| Wrong::new("this is no date format").help(error.to_string());
        let sample = BrokenDownTime::from(&sample.map_err(wrong)?);
        let written = sample.to_string(text).map_err(wrong)?;
        let read = BrokenDownTime::parse(text, &written).map_err(wrong)?;
        if read.to_timestamp().is_err() && read.to_datetime().is_err() {
            return Err(Wrong::new("this format gives no whole date").help("it needs a day, a month and a year".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

schema!(DateFormat, { "type": "string", "minLength": 1 });

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) struct Day(pub(in crate::config) civil::Date);

impl FromText for Day {
    const EXPECTED: &'static str = "a day such as \"2026-07-01\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let day = civil::Date::strptime("%Y-%m-%d", text.trim()).map_err(|_| Wrong::new("this is no day"))?;
        Ok(Self(day))
    }
}

schema!(Day, { "type": "string", "pattern": r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*$|\$\{" });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::accepts;

    #[test]
    fn texts_are_composed_lines() {
        assert_eq!(Text::from_text(" Bình\u{200B}\u{A0}").map(|text| text.0).as_deref(), Ok("Bình"));
        assert_eq!(Text::from_text(" Bi\u{300}nh ").map(|text| text.0).as_deref(), Ok("Bình"));
        accepts::<Text>(&["Điểm tin", "…"], &["", "  ", "a\nb", "a\0b", "\u{1b}[31m"]);
        accepts::<Phrase>(&["57", "05-CT/TW", "học tập"], &["", "…", "- /", "\u{345}", "\u{200B}"]);
    }

    #[test]
    fn languages_look_like_tags() {
        accepts::<Language>(
            &["vi", "vi-VN", "zh-Hant-TW", "mnong"],
            &["", "v", "vi_VN", "tiếng Việt", "vi-", "vietnamese", "12", "vn", "vn-VN"],
        );
    }

    #[test]
    fn zones_are_those_of_the_bundled_database() {
        accepts::<Zone>(&["Asia/Ho_Chi_Minh", "UTC", "Asia/Saigon"], &["", "Asia/Hanoi", "+07:00", "../etc/passwd"]);
        let wrong = Zone::from_text("Asia/Ho_Chi_Min").expect_err("misspelt");
        assert_eq!(wrong.help.as_deref(), Some("did you mean `Asia/Ho_Chi_Minh`?"));
        for text in ["Asia/Hanoi", "Asia/Ha_Noi", "GMT+7", "UTC+07:00", "+07", "Việt Nam"] {
            let wrong = Zone::from_text(text).expect_err("no zone");
            assert_eq!(wrong.help.as_deref(), Some("that of Vietnam is `Asia/Ho_Chi_Minh`"), "{text}");
        }
        assert!(!is_vietnam("UTC+8") && !is_vietnam("America/Hanover"));
    }

    #[test]
    fn encodings_are_labels() {
        accepts::<Encoding>(&["utf-8", "UTF8", "windows-1258", "cp1258", "latin1"], &["", "unikode", "tcvn3", "replacement"]);
    }

    #[test]
    fn parameters_have_names() {
        accepts::<HostName>(&["example.vn", "báo.vn", "127.0.0.1"], &["", "https://a.vn", "a.vn/x", "*.a.vn", "a.vn:80", "a b"]);
        accepts::<Parameter>(&["cid", "bao_*", "_ga"], &["", "*", "a b", "a=1", "*a"]);
    }

    #[test]
    fn a_token_is_long_and_shown_nowhere() {
        accepts::<Token>(
            &["0123456789abcdef", " 0123456789abcdef\n", "a\"b:c/d+e=f-0123456"],
            &["", "0123456789abcde", "0123456789 abcdef", "mật-khẩu-của-tòa-soạn", "0123456789abcdef\n0123456789abcdef"],
        );
        assert!(Token::from_text(&"x".repeat(257)).is_err());
        let token = Token::from_text("0123456789abcdef").expect("a token");
        assert_eq!(format!("{token:?}"), "Token(Secret(…))");
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        accepts::<Day>(&["2026-07-01", "2028-02-29"], &["", "2026-02-29", "1/7/2026", "2026-07", "2026-07-01T00:00:00Z"]);
    }

    #[test]
    fn date_formats_give_dates() {
        accepts::<DateFormat>(
            &[
                "%d/%m/%Y %H:%M",
                "%Y-%m-%d",
                "Ngày %d tháng %m năm %Y",
                "%d/%m/%y",
                "%s",
                "%d/%m/%Y, %I:%M %p",
                "%d/%m/%Y %H:%M %z",
            ],
            &["", "hôm nay", "%H:%M", "%d/%m", "%Q", "%", "%d/%m/%Y %"],
        );
    }
}
