//! Bytes → text: the encoding is decided here, once, so that no parser after this decodes again.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1258};
use memchr::{memchr, memchr_iter, memchr2, memmem};
use unicode_normalization::UnicodeNormalization;

use crate::model::{Note, NoteKind};
use crate::text::{composed, is_legal};

/// What some editors put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();
/// How far into a document an XML declaration is looked for, in bytes.
const DECLARATION_WITHIN: usize = 1024;

/// The text of a document, which is the bytes themselves where there is nothing to mend. In order of trust: the administrator's setting,
/// a byte order mark, the HTTP charset, the XML declaration or the page's head, UTF-8. UTF-16 declared over 8-bit bytes (two real feeds
/// did so) is not believed. The XML declaration is taken out, because it names an encoding that the text no longer has, and characters
/// that XML forbids are removed.
pub(super) fn decode<'b>(
    bytes: &'b [u8],
    content_type: Option<&str>,
    setting: Option<&str>,
    notes: &mut Vec<Note>,
) -> Cow<'b, str> {
    let mut text = read(bytes, content_type, setting, notes);
    if let Cow::Owned(mended) = with_line_feeds(&text) {
        text = mended.into();
    }
    if let Some(mended) = with_western_letters(&text) {
        text = mended.into();
    }
    if holds_illegal(&text) {
        let illegal = text.chars().filter(|&c| !is_legal(c)).count();
        let message = format!("{illegal} characters that XML forbids were removed");
        notes.push(Note { kind: NoteKind::Characters, message, entry: None });
        text.to_mut().retain(is_legal);
    }
    // Combining marks, U+0300 to U+036F: their first byte is CC or CD.
    if memchr2(0xCC, 0xCD, text.as_bytes()).is_some() {
        text = composed(&text).into();
    }
    without_declaration(text)
}

/// The bytes as text, by the encoding that they are in.
fn read<'b>(bytes: &'b [u8], content_type: Option<&str>, setting: Option<&str>, notes: &mut Vec<Note>) -> Cow<'b, str> {
    if let Some(text) = from_utf32(bytes).filter(|_| setting.is_none()) {
        return Cow::Owned(text);
    }
    let encoding = choose(bytes, content_type, setting);
    if encoding == WINDOWS_1258 {
        return Cow::Owned(from_windows_1258(bytes));
    }
    let mut note = |message| notes.push(Note { kind: NoteKind::Encoding, message, entry: None });
    if encoding == UTF_8 {
        match std::str::from_utf8(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)) {
            Ok(text) => return Cow::Borrowed(text),
            Err(_) if is_mostly_utf8(bytes) => {}
            Err(_) => {
                note("the document is no UTF-8; it was read as windows-1252".to_owned());
                return WINDOWS_1252.decode(bytes).0;
            }
        }
    }
    let (text, used, malformed) = encoding.decode(bytes);
    if malformed {
        note(format!("bytes that are no {} were replaced", used.name()));
    }
    text
}

/// A text in windows-1258, which writes a letter and its tone apart, with both as one: composed while it is decoded, since apart they
/// take twice the room.
fn from_windows_1258(bytes: &[u8]) -> String {
    let characters = |part: &[u8]| WINDOWS_1258.decode_without_bom_handling(part).0.chars().collect::<Vec<_>>();
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(bytes.chunks(4_096).flat_map(characters).nfc());
    text
}

/// Whether a text has characters that XML forbids.
fn holds_illegal(text: &str) -> bool {
    let bytes = text.as_bytes();
    let noncharacter = |last| memmem::find(bytes, &[0xEF, 0xBF, last]).is_some();
    // Without a way out in the middle the loop is one that vectors can do.
    let has_control = bytes.iter().fold(false, |found, &b| found | (b < b' ' && b != b'\t' && b != b'\n'));
    has_control || noncharacter(0xBE) || noncharacter(0xBF)
}

/// XML and HTML both read one line feed for a carriage return, and for one with a line feed behind it (XML 1.0, section 2.11).
pub(super) fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if memchr(b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\r') {
        out.push_str(before);
        out.push('\n');
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    Cow::Owned(out + rest)
}

/// A text with its C1 controls (U+0080 to U+009F, whose first byte is C2) read as windows-1252; `None` where it has none.
fn with_western_letters(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut kept = 0;
    for at in memchr_iter(0xC2, bytes).filter(|at| matches!(bytes.get(at + 1), Some(0x80..=0x9F))) {
        out.push_str(&text[kept..at]);
        out.extend(text[at..].chars().next().map(western));
        kept = at + 2;
    }
    (kept > 0).then(|| out + &text[kept..])
}

/// A C1 control as what it always is: a letter or quote of windows-1252 that somebody took for one of ISO 8859-1. Browsers do the same.
pub(super) fn western(c: char) -> char {
    match u8::try_from(u32::from(c)) {
        Ok(byte @ 0x80..=0x9F) => WINDOWS_1252.decode(&[byte]).0.chars().next().unwrap_or(c),
        _ => c,
    }
}

/// The text of a document in UTF-32, which encoding_rs does not know: it has a byte order mark or begins with `<`.
fn from_utf32(bytes: &[u8]) -> Option<String> {
    let read: fn([u8; 4]) -> u32 = match bytes.get(..4)? {
        [0, 0, 0xFE, 0xFF] | [0, 0, 0, b'<'] => u32::from_be_bytes,
        [0xFF, 0xFE, 0, 0] | [b'<', 0, 0, 0] => u32::from_le_bytes,
        _ => return None,
    };
    let letters = bytes.as_chunks().0.iter().map(|four| char::from_u32(read(*four)).unwrap_or(char::REPLACEMENT_CHARACTER));
    Some(letters.filter(|&c| c != '\u{FEFF}').collect())
}

/// Whether what can be read of a text as UTF-8 outweighs what can't.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut readable, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        let replaced = chunk.valid().matches(char::REPLACEMENT_CHARACTER).count();
        readable += chunk.valid().chars().filter(|c| !c.is_ascii()).count() - replaced;
        broken += replaced + usize::from(!chunk.invalid().is_empty());
    }
    readable > broken
}

/// A text that was encoded twice ("Ä\u{90}áº£ng" for "Đảng"), made good: all its characters are windows-1252, and their bytes are UTF-8
/// with something beyond ASCII in it. A text with any real Vietnamese letter is not touched, and no other gives valid UTF-8 by chance.
pub(super) fn undouble(text: &str) -> Option<String> {
    // The first byte of a character beyond ASCII became one of Â to ô (C3 82 to C3 B4); what came behind it is no such letter.
    let bytes = text.as_bytes();
    let is_suspicious = |at: usize| matches!(bytes[at..], [_, 0x82..=0xB4, next, ..] if next >= 0x80 && next != 0xC3);
    if !memchr_iter(0xC3, bytes).any(is_suspicious) {
        return None;
    }
    let (bytes, _, unmappable) = WINDOWS_1252.encode(text);
    let repaired = if unmappable { None } else { String::from_utf8(bytes.into_owned()).ok() };
    repaired.filter(|repaired| repaired.len() < text.len())
}

fn choose(bytes: &[u8], content_type: Option<&str>, setting: Option<&str>) -> &'static Encoding {
    if let Some(encoding) = setting.and_then(|label| Encoding::for_label(label.as_bytes())) {
        return encoding;
    }
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    // UTF-16 without a mark: every second byte of the first markup is zero (XML 1.0, appendix F).
    match bytes {
        [b'<', 0, _, 0, ..] => return UTF_16LE,
        [0, b'<', 0, _, ..] => return UTF_16BE,
        _ => {}
    }
    let believable = |encoding: &&'static Encoding| {
        let wide = *encoding == UTF_16LE || *encoding == UTF_16BE;
        !wide || bytes.iter().take(DECLARATION_WITHIN).any(|&b| b == 0)
    };
    let charset = content_type.and_then(charset).and_then(|label| Encoding::for_label(label.as_bytes()));
    charset.filter(believable).or_else(|| declared(bytes).filter(believable)).unwrap_or(UTF_8)
}

/// The `charset` parameter of a Content-Type header.
fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// The encoding that an XML declaration names, or the head of a page.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION_WITHIN)]);
    let Some(start) = head.find("<?xml ") else { return declared_by_page(&head) };
    let declaration = &head[start..];
    let declaration = &declaration[..declaration.find("?>")?];
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Encoding::for_label(value[1..].split(quote).next()?.trim().as_bytes())
}

/// `<meta charset=windows-1258>`, or the same in a `content` (HTML, 13.2.3.2).
fn declared_by_page(head: &str) -> Option<&'static Encoding> {
    let head = head.to_ascii_lowercase();
    let metas = head.match_indices("<meta").map(|(at, _)| head[at..].split('>').next().unwrap_or_default());
    metas.filter_map(|meta| meta.split_once("charset")?.1.trim_start().strip_prefix('=')).find_map(|value| {
        let value = value.trim_start().trim_start_matches(['"', '\'']);
        let end = value.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '/')).unwrap_or(value.len());
        Encoding::for_label(&value.as_bytes()[..end])
    })
}

/// Takes out the XML declaration and whatever stands before it, such as a PHP warning. A second one further on is passed over by
/// our tokenizer like any processing instruction.
fn without_declaration(text: Cow<'_, str>) -> Cow<'_, str> {
    let Some(start) = memmem::find(text.as_bytes(), b"<?xml ") else { return text };
    let is_first_markup = memchr(b'<', text.as_bytes()) == Some(start);
    let Some(length) = memmem::find(&text.as_bytes()[start..], b"?>").filter(|_| is_first_markup) else { return text };
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[start + length + 2..]),
        Cow::Owned(mut text) => {
            text.drain(..start + length + 2);
            Cow::Owned(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], content_type: Option<&str>, setting: Option<&str>) -> String {
        decode(bytes, content_type, setting, &mut Vec::new()).into_owned()
    }

    #[test]
    fn the_encoding_is_found() {
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain("<rss>á</rss>".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(read(&utf16, None, None), "<rss>á</rss>");
        assert_eq!(read("\u{FEFF}<rss/>".as_bytes(), Some("text/xml; charset=iso-8859-1"), None), "<rss/>");
        assert_eq!(read(b"<a>\xE1</a>", Some("text/xml; charset=\"ISO-8859-1\""), None), "<a>á</a>");
        assert_eq!(read(b"<?xml version='1.0' encoding='windows-1252'?><a>\xE1</a>", None, None), "<a>á</a>");
        assert_eq!(
            read(b"<?xml version='1.0' encoding='utf-16'?><a>\xC3\xA1</a>", None, None),
            "<a>á</a>",
            "declared over UTF-8"
        );
        assert_eq!(read(b"<a>\xC3\xA1</a>", Some("text/xml; charset=latin1"), Some("utf-8")), "<a>á</a>", "the setting wins");
    }

    #[test]
    fn what_is_no_utf8_at_all_is_western() {
        assert_eq!(read(b"<a>caf\xE9</a>", None, None), "<a>café</a>");
    }

    #[test]
    fn what_is_lost_leaves_a_note() {
        let mut notes = Vec::new();
        assert_eq!(decode(b"<a>b\xC3\xA1o \xFF\x0B\xC3\xA1</a>", None, None, &mut notes), "<a>báo \u{FFFD}á</a>");
        assert_eq!(notes.iter().map(|n| n.kind).collect::<Vec<_>>(), [NoteKind::Encoding, NoteKind::Characters]);
    }

    #[test]
    fn what_was_encoded_twice_is_made_good() {
        for (text, expected) in [
            ("Ä\u{90}áº£ng bá»\u{2122}", Some("Đảng bộ")),
            ("imputÃ© Ã\u{A0} la", Some("imputé à la")),
            ("Đảng bộ", None),
            ("XÓM NGÃ\u{201D} Đ", None),
            ("plain", None),
        ] {
            assert_eq!(undouble(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_declaration_goes_and_what_stands_before_it() {
        assert_eq!(read(b"Warning: x\n<?xml version=\"1.0\"?><rss/>", None, None), "<rss/>");
    }
}
