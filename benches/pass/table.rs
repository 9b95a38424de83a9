//! The figures as a table, and the ratios that they come to.

use crate::meter::Cost;
use crate::{floor, news, ours};

/// One figure of every round.
struct Figures(Vec<f64>);

impl Figures {
    /// The least, which other work on the machine disturbed least.
    fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn most(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    }
}

/// One kind of work in every round.
struct Work {
    wall: Figures,
    cpu: Figures,
    written: Figures,
}

impl Work {
    fn of<T>(rounds: &[T], cost: impl Fn(&T) -> Cost) -> Self {
        let figures = |figure: fn(Cost) -> f64| Figures(rounds.iter().map(|round| figure(cost(round))).collect());
        Self { wall: figures(|c| c.wall_seconds), cpu: figures(|c| c.cpu_seconds), written: figures(|c| c.written_bytes) }
    }

    fn print(&self, name: &str) {
        let (wall, cpu) = (&self.wall, &self.cpu);
        println!(
            "{name:<44}{:>8.3} {:>8.3}  {:>8.3} {:>8.3}  {:>9.1}",
            wall.least(),
            wall.median(),
            cpu.least(),
            cpu.median(),
            self.written.median() / MEGA
        );
    }

    /// How many times its floor each round's work took: the median and the two ends. A round's two sides ran one after the
    /// other, so that a machine that is slow for a while is slow for both.
    fn print_ratio(&self, name: &str, floor: &Self) {
        let ratio = |what: fn(&Self) -> &Figures| {
            let ratios = Figures(what(self).0.iter().zip(&what(floor).0).map(|(ours, floor)| ours / floor).collect());
            format!("{:.2} × floor ({:.2} to {:.2})", ratios.median(), ratios.least(), ratios.most())
        };
        println!("{name} CPU {}, wall {}", ratio(|w| &w.cpu), ratio(|w| &w.wall));
    }
}

const MEGA: f64 = 1e6;

/// Prints everything.
pub fn print(ours: &[ours::Measured], floors: &[floor::Measured]) {
    let (one, below) = (&ours[0], &floors[0]);
    let flushes = Figures(ours.iter().map(|round| round.flushes as f64).collect()).median();
    println!(
        "{} sources × {} entries: {:.1} MB of RSS; {} stories, {} of them with a topic; {} rows\n",
        news::sources(),
        news::ENTRIES,
        below.bytes as f64 / MEGA,
        one.stories,
        one.with_topic,
        below.rows
    );
    println!("{:<44}{:>17}  {:>17}  {:>9}", format!("{} round(s)", ours.len()), "wall seconds", "CPU seconds", "written");
    println!("{:<44}{:>8} {:>8}  {:>8} {:>8}  {:>9}", "", "least", "median", "least", "median", "median MB");

    let first = Work::of(ours, |r| r.first);
    let first_floor = Work::of(floors, |r| sum(&[r.fetch, r.parse, r.insert]));
    Work::of(ours, |r| r.start).print("start: configuration, store, client");
    first.print("first poll");
    first_floor.print("  its floor");
    Work::of(floors, |r| r.fetch).print(&format!("    reqwest, {} requests", news::sources()));
    Work::of(floors, |r| r.parse).print("    feed-rs");
    Work::of(floors, |r| r.insert).print(&format!("    sled, {flushes} flushes as in the pass"));
    Work::of(floors, |r| r.insert_each).print("    (sled, a flush a source: not counted)");

    let unchanged = Work::of(ours, |r| r.unchanged);
    let unchanged_floor = Work::of(floors, |r| r.conditional);
    unchanged.print("unchanged poll");
    unchanged_floor.print(&format!("  its floor: {} × 304, new connections", news::sources()));
    Work::of(floors, |r| r.kept).print("  (by a client that keeps them: not counted)");
    Work::of(floors, |r| r.states).print("  (sled, the sources' states: not counted)");

    let peak = |figures: Vec<f64>| Figures(figures).median() / MEGA;
    println!(
        "\npeak memory: {:.0} MB; reqwest and feed-rs alone {:.0} MB",
        peak(ours.iter().map(|r| r.peak_memory_bytes).collect()),
        peak(floors.iter().map(|r| r.peak_memory_bytes).collect())
    );
    first.print_ratio("first poll:    ", &first_floor);
    unchanged.print_ratio("unchanged poll:", &unchanged_floor);
}

fn sum(costs: &[Cost]) -> Cost {
    let all = |figure: fn(&Cost) -> f64| costs.iter().map(figure).sum();
    Cost { wall_seconds: all(|c| c.wall_seconds), cpu_seconds: all(|c| c.cpu_seconds), written_bytes: all(|c| c.written_bytes) }
}
