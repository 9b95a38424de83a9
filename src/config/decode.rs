//! From the bytes of a file to its text: a file that is no UTF-8 has a fault like any other, with its place.

use crate::config::fault::{Fault, Faults, File, Severity, Wrong};

/// What to do about another encoding, in the words of the editor in which it most often happens.
const HELP: &str = "save the file as UTF-8: in Notepad by Save as, Encoding: UTF-8";

/// The text of a file. `name` is the file's name for messages.
pub fn text(name: &str, bytes: Vec<u8>) -> Result<String, Faults> {
    if let Some(text) = utf16(&bytes) {
        return Err(fault(name, &text, 0, Wrong::new("this file is in UTF-16")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(at).copied().unwrap_or_default();
        let wrong =
            Wrong::new(format!("here the file is no UTF-8: it has the byte 0x{byte:02X}, as windows-1258 and others have"));
        fault(name, &String::from_utf8_lossy(error.as_bytes()), at, wrong)
    })
}

/// The one fault of a file of which nothing can be read, as `check` tells it to programs.
pub fn unreadable(name: &str, reason: &str) -> Fault {
    Fault::new(Severity::Error, &File::new(name, ""), 0..0, Wrong::new(reason))
}

fn fault(name: &str, text: &str, at: usize, wrong: Wrong) -> Faults {
    let file = File::new(name, text);
    // A byte order mark is no part of it.
    let at = at.saturating_sub(text.len() - file.text.len());
    let end = at + file.text[at..].chars().next().map_or(0, char::len_utf8);
    let wrong = wrong.expected("UTF-8").help(HELP.to_owned());
    Faults { shown: vec![Fault::new(Severity::Error, &file, at..end, wrong)], more: 0 }
}

/// A text in UTF-16, with its byte order mark or without: what begins a `feeds.toml` is ASCII, of which every other byte is zero.
fn utf16(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes.get(..2)? {
        [0xFF, 0xFE] => u16::from_le_bytes,
        [0xFE, 0xFF] => u16::from_be_bytes,
        [0, 0] => return None,
        [_, 0] => u16::from_le_bytes,
        [0, _] => u16::from_be_bytes,
        _ => return None,
    };
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_is_text() {
        assert_eq!(text("f", "\u{feff}tên = \"Báo\"".into()).as_deref(), Ok("\u{feff}tên = \"Báo\""));
        assert_eq!(text("f", Vec::new()).as_deref(), Ok(""));
    }

    #[test]
    fn another_encoding_is_told_with_its_place() {
        for bom in ["", "\u{feff}"] {
            let faults = text("f", [bom.as_bytes(), b"# x\nname = \"B\xE1o\"\n"].concat()).expect_err("latin1");
            let fault = &faults.shown[0];
            assert_eq!((fault.line, fault.column, fault.end_column), (2, 10, 11), "{faults}");
            assert!(fault.message.contains("0xE1") && faults.render(false).contains("save the file as UTF-8"), "{faults}");
        }
        assert!(text("f", b"\xE1".to_vec()).is_err(), "at the very end");
    }

    #[test]
    fn utf_16_is_named() {
        for bom in ["", "\u{feff}"] {
            let units: Vec<u16> = format!("{bom}name = \"Báo\"").encode_utf16().collect();
            let little = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            for bytes in [little, big] {
                let faults = text("f", bytes).expect_err("UTF-16");
                assert!(
                    faults.shown[0].message.contains("UTF-16") && faults.render(false).contains("name = \"Báo\""),
                    "{faults}"
                );
            }
        }
    }
}
