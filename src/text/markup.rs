//! The plain text of clean HTML, for comparing.

use std::borrow::Cow;

use html_escape::decode_html_entities;

/// The text of clean HTML (every `<` begins a tag) or of plain text without `<` and `&`: a tag becomes a blank, so that words do not grow
/// together, but for those that stand inside words.
///
/// ```
/// use diemtin::text::without_markup;
/// assert_eq!(without_markup("<p>Tin <b>m</b>ới</p><p>Hà&nbsp;Nội &amp; Huế</p>"), " Tin mới  Hà\u{a0}Nội & Huế ");
/// ```
pub fn without_markup(html: &str) -> Cow<'_, str> {
    if !html.contains(['<', '&']) {
        return html.into();
    }
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(&decode_html_entities(before));
        let (tag, after) = tag.split_once('>').unwrap_or((tag, ""));
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if !is_inline(name) {
            text.push(' ');
        }
        rest = after;
    }
    text.push_str(&decode_html_entities(rest));
    text.into()
}

/// Whether an element stands inside a word or a line; every other one separates words.
pub fn is_inline(name: &str) -> bool {
    const INLINE: &str = " a abbr b bdi cite code em font html i mark q s small span strong sub sup u ";
    !name.is_empty() && INLINE.split(' ').any(|inline| inline == name)
}
