//! The repairing way for feeds in XML: reads what a strict parser refuses or loses, entry by entry.
//!
//! There is no tree and no validity. A start tag with a known name begins a field; the field ends with its end tag, or where
//! another field or entry shows that the end tag was forgotten. Markup inside a field is kept as markup. So a fault loses at most
//! the field that it stands in, and a truncated document keeps every entry before the cut. Time and memory are linear.

mod declared;
mod entity;
mod entry;
mod field;
mod name;
mod read;
mod repairs;
mod token;

pub(super) use entity::decode;
pub(super) use read::read;
pub(super) use token::{Tag, Token, Tokens};
