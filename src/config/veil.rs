//! The text of a file as faults show it: a token that stands in it is covered, for faults go to logs and pages.

use std::ops::Range;

/// The text with `*` for each byte of what a `token` is set to, so that every place stays where it is. `${NAME}` stays: it is no secret.
pub(super) fn veiled(text: &str) -> String {
    let mut veiled = String::with_capacity(text.len());
    let mut done = 0;
    for (at, key) in text.match_indices("token") {
        // One inside a token is covered already.
        let Some(value) = (at >= done).then(|| value(text, at, at + key.len())).flatten() else { continue };
        veiled.push_str(&text[done..value.start]);
        cover(&text[value.clone()], &mut veiled);
        done = value.end;
    }
    veiled.push_str(&text[done..]);
    veiled
}

/// Where the value of a key lies that stands at `start..end`, without its quotes; `None` where no key stands there.
fn value(text: &str, start: usize, end: usize) -> Option<Range<usize>> {
    let is_whole = text[..start].chars().next_back().is_none_or(|c| c.is_whitespace() || ".{,\"'".contains(c));
    let rest = text[end..].trim_start_matches(['"', '\'']).trim_start_matches([' ', '\t']);
    let rest = rest.strip_prefix('=').filter(|_| is_whole)?.trim_start_matches([' ', '\t']);
    let quotes = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quotes| rest.starts_with(quotes));
    let inside = rest.strip_prefix(quotes.unwrap_or_default())?;
    let begin = text.len() - inside.len();
    let line = inside.find('\n').unwrap_or(inside.len());
    let length = match quotes {
        Some(quotes) if quotes.len() == 3 => inside.find(quotes).unwrap_or(inside.len()),
        // A quote behind a backslash may end it or not: what is covered too much does no harm.
        Some("\"") => inside[..line].rfind('"').unwrap_or(line),
        Some(quote) => inside[..line].find(quote).unwrap_or(line),
        None => inside[..line].find([',', '}', '#']).unwrap_or(line),
    };
    Some(begin..begin + length)
}

fn cover(value: &str, out: &mut String) {
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let variable = rest.starts_with("${").then(|| rest.find('}')).flatten().map(|end| end + 1);
        match variable {
            Some(length) => out.push_str(&rest[..length]),
            None if c == '\n' => out.push('\n'),
            None => out.extend(std::iter::repeat_n('*', c.len_utf8())),
        }
        rest = &rest[variable.unwrap_or(c.len_utf8())..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_token_is_set_to_is_covered_and_nothing_moves() {
        for (text, shown) in [
            ("token = \"abc\" # c", "token = \"***\" # c"),
            ("token='abc'\nurl = 'x'", "token='***'\nurl = 'x'"),
            ("service.token = \"a${B}c\"", "service.token = \"*${B}*\""),
            ("token = \"${DIEMTIN_TOKEN}\"", "token = \"${DIEMTIN_TOKEN}\""),
            ("service = { \"token\" = 'abc', url = 5 }", "service = { \"token\" = '***', url = 5 }"),
            ("token = abc\nx = 1", "token = ***\nx = 1"),
            ("token = \"mật", "token = \"*****"),
            ("token = \"\"\"\nabc\n\"\"\"\nx = 1", "token = \"\"\"\n***\n\"\"\"\nx = 1"),
            ("token = \"a\\\"token = b\"", "token = \"************\""),
            ("token =", "token ="),
            ("url = \"https://a.vn/?token=abc\"\ntokens = 'abc'", "url = \"https://a.vn/?token=abc\"\ntokens = 'abc'"),
        ] {
            assert_eq!(veiled(text), shown);
            assert_eq!(veiled(text).len(), text.len());
        }
    }
}
