//! The Link header (RFC 8288, section 3): `<https://hub.example.vn/>; rel="hub", <…>; rel=self`.

/// Links of one answer that are looked at; real answers have up to five.
const MOST_LINKS: usize = 64;

/// One link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link<'a> {
    /// Where it leads, as it is written.
    pub target: &'a str,
    /// Its relations, separated by blanks.
    pub rel: &'a str,
}

impl Link<'_> {
    /// Whether it has a relation.
    pub(super) fn is(&self, rel: &str) -> bool {
        self.rel.split_ascii_whitespace().any(|own| own.eq_ignore_ascii_case(rel))
    }
}

/// The links of a header's values, in their order. What is no link is passed over.
pub(super) fn links(values: &[String]) -> Vec<Link<'_>> {
    values.iter().flat_map(|value| parts(value, ',')).filter_map(link).take(MOST_LINKS).collect()
}

fn link(text: &str) -> Option<Link<'_>> {
    let (target, parameters) = text.trim().strip_prefix('<')?.split_once('>')?;
    // The first `rel` counts, further ones do not (section 3.3).
    let rel = parts(parameters, ';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_matches('"'))
    });
    Some(Link { target: target.trim(), rel: rel.unwrap_or_default() })
}

/// A text cut at a sign that stands neither in `<…>` nor in `"…"`.
fn parts(text: &str, sign: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut is_address, mut is_quoted, mut is_escaped) = (false, false, false);
        let at = text.find(|c: char| {
            let was_escaped = is_escaped;
            is_escaped = is_quoted && c == '\\' && !was_escaped;
            match c {
                '"' if !is_address && !was_escaped => is_quoted = !is_quoted,
                '<' if !is_quoted => is_address = true,
                '>' if !is_quoted => is_address = false,
                _ => return c == sign && !is_address && !is_quoted,
            }
            false
        });
        rest = at.map(|at| &text[at + sign.len_utf8()..]);
        Some(at.map_or(text, |at| &text[..at]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Vec<(String, String)> {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        links(&values).iter().map(|link| (link.target.to_owned(), link.rel.to_owned())).collect()
    }

    #[test]
    fn links_are_found_in_one_value_and_in_several() {
        let both = [("https://hub.vn/".to_owned(), "hub".to_owned()), ("/rss?a=1,2".to_owned(), "self".to_owned())];
        assert_eq!(of(&["<https://hub.vn/>; rel=\"hub\", </rss?a=1,2>;rel=self"]), both);
        assert_eq!(
            of(&["<https://hub.vn/>;title=\"a, \\\"b\\\"; rel=x\"; REL = hub", " < /rss?a=1,2 > ; rel=self; rel=no"]),
            both
        );
    }

    #[test]
    fn a_link_may_have_several_relations() {
        let values = ["<https://a.vn/>; rel=\"Hub  self\"".to_owned()];
        let found = links(&values);
        assert!(found[0].is("hub") && found[0].is("SELF") && !found[0].is("hu"));
    }

    #[test]
    fn what_is_no_link_is_passed_over() {
        for nothing in ["", ",", "https://hub.vn/; rel=hub", "<https://hub.vn/; rel=hub", "\"<", "<>\"", ";;,,="] {
            assert!(of(&[nothing]).iter().all(|(_, rel)| rel.is_empty()), "{nothing}");
        }
        assert_eq!(of(&["x, <https://hub.vn/>; rel=hub"]).len(), 1);
        let many = "<a>; rel=hub,".repeat(10_000);
        assert_eq!(of(&[&many]).len(), MOST_LINKS);
    }
}
