//! robots.txt (RFC 9309): whether a site that names us lets us fetch an address.
//!
//! Our sources are chosen by an administrator and nothing is crawled, so rules for all robots are not meant for us. A group that names
//! us is: who wrote it has seen us and decided.

/// The name that sites know us by: the beginning of our User-Agent.
pub const NAME: &str = "diemtin";
/// Rules that are kept: more than any group that names us has.
const MOST_RULES: usize = 200;
/// The longest pattern that is kept, in bytes.
const LONGEST_PATTERN: usize = 2 * 1024;

/// What a site asks of us. Without rules it asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Robots {
    /// Patterns of paths, and whether they are allowed.
    rules: Vec<(String, bool)>,
}

impl Robots {
    /// Reads the groups that name us; several are one (section 2.2.1).
    pub fn read(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let (mut rules, mut names_us, mut in_names) = (Vec::new(), false, false);
        for line in text.trim_start_matches('\u{FEFF}').lines().flat_map(|line| line.split('\r')) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((field, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match field.trim().to_ascii_lowercase().as_str() {
                "user-agent" => {
                    names_us = is_us(value) || in_names && names_us;
                    in_names = true;
                }
                field @ ("allow" | "disallow") => {
                    in_names = false;
                    if names_us && !value.is_empty() && value.len() <= LONGEST_PATTERN && rules.len() < MOST_RULES {
                        rules.push((value.to_owned(), field == "allow"));
                    }
                }
                // Other fields, such as Sitemap, belong to no group.
                _ => {}
            }
        }
        Self { rules }
    }

    /// Whether a path with its query may be fetched: the longest pattern that matches counts, of equal ones the kinder (section 2.2.2).
    pub fn allows(&self, path: &str) -> bool {
        let matching = self.rules.iter().filter(|(pattern, _)| matches(pattern, path));
        matching.max_by_key(|(pattern, allowed)| (pattern.len(), *allowed)).is_none_or(|(_, allowed)| *allowed)
    }
}

/// Whether a product token is ours; a version behind it is passed over.
fn is_us(token: &str) -> bool {
    token.split(['/', ' ']).next().is_some_and(|name| name.eq_ignore_ascii_case(NAME))
}

/// Whether a pattern matches the beginning of a path: `*` stands for anything, `$` at the end for the end.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, to_end) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return !to_end || rest.is_empty() };
    // The earliest place of each part leaves the most room for the next.
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    if to_end { rest.ends_with(last) } else { rest.contains(last) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(robots: &str, path: &str) -> bool {
        Robots::read(robots.as_bytes()).allows(path)
    }

    #[test]
    fn only_a_group_that_names_us_counts() {
        assert!(allows("User-agent: *\nDisallow: /\n", "/rss"), "not meant for who fetches what was chosen");
        assert!(allows("User-agent: diemtinbot\nDisallow: /\n", "/rss"));
        assert!(allows("", "/rss"));
        assert!(allows("<html>404</html>", "/rss"));
        for named in [
            "User-agent: diemtin\nDisallow: /\n",
            "\u{FEFF}user-AGENT :  DiemTin/1.0 # us\r\n\r\ndisallow:/\r\n",
            "User-agent: a\nUser-agent: diemtin\nUser-agent: b\nDisallow: /",
            "User-agent: diemtin\nSitemap: https://a.vn/s.xml\nDisallow: /",
            "User-agent: *\nAllow: /\n\nUser-agent: diemtin\nDisallow: /x\nUser-agent: c\nDisallow:\nUser-agent: diemtin\nDisallow: /",
            "User-agent: diemtin\rDisallow: /\r",
        ] {
            assert!(!allows(named, "/rss"), "{named:?}");
        }
        assert!(allows("User-agent: diemtin\nAllow: /rss\nUser-agent: c\nDisallow: /", "/x"), "c's rule");
        assert!(allows("User-agent: diemtin\nDisallow:\n", "/rss"), "an empty rule forbids nothing");
    }

    #[test]
    fn the_longest_pattern_counts() {
        // (pattern, path) → matches
        for (pattern, path, expected) in [
            ("/", "/rss", true),
            ("/rss", "/rss.xml", true),
            ("/rss$", "/rss.xml", false),
            ("/rss$", "/rss", true),
            ("/*.xml", "/a/b.xml?c", true),
            ("/*.xml$", "/a/b.xml?c", false),
            ("/*.xml$", "/b.xml.xml", true),
            ("/a*b*c", "/a1b2c3", true),
            ("/a*b*c", "/acb", false),
            ("*", "/x", true),
            ("/**x$", "/yyx", true),
            ("/tin*?page=", "/tin-tuc?page=2", true),
            ("$", "", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        let robots = "User-agent: diemtin\nDisallow: /\nAllow: /rss\nDisallow: /rss/rieng\n";
        assert!(allows(robots, "/rss/chung") && !allows(robots, "/rss/rieng/1") && !allows(robots, "/khac"));
        assert!(allows("User-agent: diemtin\nDisallow: /a\nAllow: /a\n", "/a"), "of equal ones the kinder");
    }

    #[test]
    fn a_file_without_end_costs_no_more() {
        let long = "User-agent: diemtin\n".to_owned() + &"Disallow: /*a*a*a*a*a*a*a*a*b\n".repeat(100_000);
        let robots = Robots::read(long.as_bytes());
        assert_eq!(robots.rules.len(), MOST_RULES);
        assert!(robots.allows(&format!("/{}", "a".repeat(2000))));
    }
}
