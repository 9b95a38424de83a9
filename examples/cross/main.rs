use std::collections::*;
use diemtin::flow::dedupe::{Gist, judge};
fn main() {
    let f = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(f).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split('\t').collect()).collect();
    let g: Vec<Gist> = rows.iter().map(|r| Gist::new(r[1], r[2])).collect();
    let mut by: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut seen = HashSet::new();
    for (i, x) in g.iter().enumerate() {
        for b in x.bands() {
            for j in by.entry(*b).or_default().iter() {
                if rows[i][0] != rows[*j][0] && seen.insert((*j, i)) {
                    let v = judge(&g[*j], &g[i]);
                    if v.same { println!("{}+{}\t{:?}\t{}\t{}", rows[*j][0], rows[i][0], v.reason, rows[*j][1..].join(" | "), rows[i][1..].join(" | ")); }
                }
            }
            by.get_mut(b).unwrap().push(i);
        }
    }
}
