//! Vietnamese text: what is shown, and what is compared.
//!
//! *Shown* text is what the source wrote, in NFC, without characters that break documents. *Compared* text is a key: words in
//! lower case with their tone at the end, so that two ways of writing one word are one. A key is never shown. What a site writes around the
//! news is shown and not compared. `order` has the alphabet, for lists of names.

mod boilerplate;
mod document;
mod fold;
mod letter;
mod markup;
mod order;
mod passage;
mod shown;
mod words;

pub use boilerplate::{body, headline};
pub use document::{DocumentNumber, documents};
pub use markup::{is_inline, without_markup};
pub use order::sort_key;
pub use passage::Passage;
pub use shown::{clip, composed, is_legal, shown};
pub use words::{Word, Words, words};
