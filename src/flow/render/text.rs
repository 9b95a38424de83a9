//! Words as documents may hold them. Every text that goes out, the titles of `feeds.toml` included, passes through
//! [`legal`] or [`line()`]; escaping is the writers' business.

use std::borrow::Cow;

use maud::html;

/// What a story is called whose title holds nothing that can be shown.
const UNTITLED: &str = "(Không có tiêu đề)";

/// A text without the characters that XML 1.0 forbids or discourages (§ 2.2: controls, surrogates, noncharacters), and
/// without those that reverse the order of the text around them. Line ends become `\n`, as an XML reader would make them.
pub fn legal(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_legal) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n").chars().filter(|&c| is_legal(c)).collect())
}

/// Whether a character may stand in a document. Joiners stay: emoji and some scripts need them.
fn is_legal(c: char) -> bool {
    let xml = matches!(c, '\t' | '\n' | ' '..='~' | '\u{a0}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..);
    let noncharacter = u32::from(c) & 0xfffe == 0xfffe;
    // Unicode Standard Annex 9: marks, embeddings, overrides, isolates. In a merged feed nobody closes what a title opens.
    let bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    xml && !noncharacter && !bidi
}

/// A legal text on one line: for titles, names and attributes.
pub(super) fn line(text: &str) -> String {
    let legal = legal(text);
    let mut line = String::with_capacity(legal.len());
    for word in legal.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// A title on one line, never empty: RSS, Atom and the people who click on it need one.
///
/// What is said of [`words`] holds for it.
pub(super) fn title(text: &str) -> String {
    let words = words(text);
    if words.is_empty() { UNTITLED.to_owned() } else { words }
}

/// Words on one line, for titles, names and categories.
///
/// RSS does not say whether these are text or HTML, and readers guess. So what HTML would take for a tag or an entity gets other signs:
/// `‹b›` and `＆lt;` are the same to people, and nothing but text to every reader. `<5%` and `R&D` stay.
pub(super) fn words(text: &str) -> String {
    let mut line = line(text);
    let opens_tag = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
    if line.split('<').skip(1).any(opens_tag) {
        line = line.replace('<', "‹").replace('>', "›");
    }
    let is_entity = |rest: &str| {
        let name = rest.split_once(';').map(|(name, _)| name.strip_prefix('#').unwrap_or(name));
        name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    if line.split('&').skip(1).any(is_entity) { line.replace('&', "＆") } else { line }
}

/// Plain text as HTML.
pub(super) fn escape(text: &str) -> String {
    html! { (legal(text)) }.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_characters_go_and_the_rest_stays() {
        for (given, kept) in [
            ("Thủ Dầu Một", "Thủ Dầu Một"),
            ("a\u{b}b\u{0}c\u{1f}d\u{7f}e\u{85}f", "abcdef"),
            ("a\u{fffe}b\u{ffff}c\u{fdd0}d\u{1fffe}e\u{10ffff}f", "abcdef"),
            ("a\u{202e}cod.exe\u{2066}b", "acod.exeb"),
            ("a\tb\nc\r\nd\re", "a\tb\nc\nd\ne"),
            ("👩\u{200d}🌾 🇻🇳 \u{fffd}", "👩\u{200d}🌾 🇻🇳 \u{fffd}"),
            ("Bi\u{300}nh Du\u{31b}o\u{31b}ng", "Bi\u{300}nh Du\u{31b}o\u{31b}ng"),
            ("<script> ]]> &amp;", "<script> ]]> &amp;"),
        ] {
            assert_eq!(legal(given), kept, "{given:?}");
        }
    }

    #[test]
    fn a_title_is_one_line_and_never_empty() {
        assert_eq!(title("  Hai\n dòng\u{b}\t "), "Hai dòng");
        assert_eq!(title("\u{b} \u{202e}"), UNTITLED);
        assert_eq!(title("<b>đậm</b> &lt;i&gt;"), "‹b›đậm‹/b› ＆lt;i＆gt;");
        assert_eq!(title("R&D, AT & T; 5 & 7"), "R&D, AT & T; 5 & 7");
        assert_eq!(title("&nbsp; &#7897;"), "＆nbsp; ＆#7897;");
        assert_eq!(title("Lãi suất <5%, cao >3% & A<B"), "Lãi suất ‹5%, cao ›3% & A‹B");
        assert_eq!(title("Lãi suất < 5% và <7%"), "Lãi suất < 5% và <7%");
    }

    #[test]
    fn plain_text_stays_plain_in_html() {
        assert_eq!(escape("a < b && \"c\"\u{b}"), "a &lt; b &amp;&amp; &quot;c&quot;");
    }
}
