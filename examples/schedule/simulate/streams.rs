//! Invented sources: when each publishes. Seeded, so that every policy is measured on the same entries.

/// Seconds.
pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 3600;
pub const DAY: i64 = 24 * HOUR;

/// Local time is UTC+7, as in Vietnam.
pub const OFFSET: i64 = 7 * HOUR;
/// A Monday, 00:00 local time.
pub const START: i64 = 1_795_366_800;
/// Entries before the start, so that the first poll finds a full document.
const HISTORY: i64 = 14 * DAY;
/// The most entries that a source publishes on an average day.
const MOST_A_DAY: f64 = 100.0;

/// What kind of publisher a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A paper: a weekly profile, entries independent of each other.
    Paper,
    /// An office: working hours on working days.
    Office,
    /// A source whose stories break: entries bring on others.
    Bursts,
    /// One to three times a day, at fixed times, several entries at once.
    Bulletin,
    /// A source that has fallen silent.
    Dead,
}

/// The kinds, and how many of 20 sources are of each.
pub const MIX: [(Kind, usize); 5] =
    [(Kind::Paper, 8), (Kind::Office, 3), (Kind::Bursts, 4), (Kind::Bulletin, 3), (Kind::Dead, 2)];

/// One source.
#[derive(Clone, Debug)]
pub struct Stream {
    pub kind: Kind,
    /// When its entries appear, in seconds since 1970, in order.
    pub entries: Vec<i64>,
    /// How many entries its document holds.
    pub window: usize,
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough for invented news.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform between 0 and 1.
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.uniform()
    }

    /// Exponential with a mean.
    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    /// Normal with mean 0 and deviation 1 (Box–Muller).
    pub fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// A mix of sources that publish until `days` after the start.
pub fn streams(count: usize, days: i64, seed: u64) -> Vec<Stream> {
    let mut random = Random::new(seed);
    let kinds: Vec<Kind> = MIX.iter().flat_map(|&(kind, of_20)| std::iter::repeat_n(kind, of_20)).collect();
    (0..count).map(|i| stream(kinds[i % kinds.len()], START + days * DAY, &mut random)).collect()
}

fn stream(kind: Kind, end: i64, random: &mut Random) -> Stream {
    let begin = START - HISTORY;
    let window = random.between(10.0, 51.0) as usize;
    let mut entries = match kind {
        Kind::Paper | Kind::Office | Kind::Dead => poisson(rate(random), &week(kind, random), (begin, end), random),
        Kind::Bursts => bursts(rate(random), &week(Kind::Paper, random), (begin, end), random),
        Kind::Bulletin => bulletins(window, (begin, end), random),
    };
    if kind == Kind::Dead {
        // Some have been silent since long ago, some fall silent while they are watched.
        let last = random.between(begin as f64, (START + 28 * DAY) as f64) as i64;
        entries.retain(|&time| time < last);
    }
    entries.sort_unstable();
    Stream { kind, entries, window }
}

/// Entries a day: log-normal, 95 % between 0.1 and 100.
fn rate(random: &mut Random) -> f64 {
    let deviation = 1000f64.ln() / 4.0;
    (10f64.ln() / 2.0 + deviation * random.normal()).exp().clamp(0.1, MOST_A_DAY)
}

/// Activity of the 168 hours of a week from Monday 00:00, 1 on average.
fn week(kind: Kind, random: &mut Random) -> Vec<f64> {
    let shift = random.between(-1.5, 1.5);
    let weekend = random.between(0.3, 1.0);
    let shape = (random.uniform() * 4.0) as usize;
    let hour = |day: usize, hour: usize, noise: f64| {
        let at = hour as f64 + 0.5 - shift;
        let bell = |middle: f64, width: f64| (-((at - middle) / width).powi(2) / 2.0).exp();
        let active = match (kind, shape) {
            (Kind::Office, _) => return if day < 5 { bell(9.5, 1.0) + bell(15.0, 1.2) } else { 0.01 } * noise,
            // From early morning to late evening; morning and evening; one edition in the afternoon; around the clock.
            (_, 0) => 0.05 + bell(13.0, 5.0),
            (_, 1) => 0.05 + bell(8.0, 1.5) + 0.7 * bell(18.0, 2.5),
            (_, 2) => 0.1 + bell(16.0, 2.0),
            _ => 1.0,
        };
        active * noise * if day < 5 { 1.0 } else { weekend }
    };
    let hours: Vec<f64> = (0..168).map(|i| hour(i / 24, i % 24, (0.3 * random.normal()).exp())).collect();
    let mean = hours.iter().sum::<f64>() / 168.0;
    hours.into_iter().map(|hour| hour / mean).collect()
}

/// Independent entries after a profile, by thinning (Lewis and Shedler 1979). One source in ten changes its pace at
/// some time: four times as many, or a quarter.
fn poisson(per_day: f64, week: &[f64], (begin, end): (i64, i64), random: &mut Random) -> Vec<i64> {
    let highest = week.iter().copied().fold(0.0, f64::max);
    let changes = if random.uniform() < 0.1 { random.between(begin as f64, end as f64) as i64 } else { i64::MAX };
    let factor = if random.uniform() < 0.5 && per_day * 4.0 <= MOST_A_DAY { 4.0 } else { 0.25 };
    let most = per_day * highest * 4.0;
    let mut time = begin as f64;
    let mut entries = Vec::new();
    loop {
        time += random.exponential(DAY as f64 / most);
        if time >= end as f64 {
            return entries;
        }
        let hour = ((time as i64 - START).rem_euclid(7 * DAY) / HOUR) as usize;
        let now = per_day * week[hour] * if time as i64 >= changes { factor } else { 1.0 };
        if random.uniform() < now / most {
            entries.push(time as i64);
        }
    }
}

/// Entries that bring on others: a share of 0.4 to 0.7, each after a quarter of an hour to an hour on average (a cluster process after
/// Hawkes).
fn bursts(per_day: f64, week: &[f64], span: (i64, i64), random: &mut Random) -> Vec<i64> {
    let share = random.between(0.4, 0.7);
    let lag = random.between(15.0, 60.0) * MINUTE as f64;
    let mut entries = poisson(per_day * (1.0 - share), week, span, random);
    let mut next = 0;
    while next < entries.len() {
        // A Poisson number of followers, with the mean `share`.
        let mut product = random.uniform();
        while product > (-share).exp() {
            let time = entries[next] + random.exponential(lag) as i64;
            if time < span.1 {
                entries.push(time);
            }
            product *= random.uniform();
        }
        next += 1;
    }
    entries
}

/// Several entries at once, at one to three times of the day, give or take some minutes; half of the sources rest at weekends. One time
/// in twenty nothing comes. A few entries come between.
fn bulletins(window: usize, span: (i64, i64), random: &mut Random) -> Vec<i64> {
    let mut entries = poisson(0.5, &week(Kind::Paper, random), span, random);
    let works_at_weekends = random.uniform() < 0.5;
    let minutes = random.between(1.0, 8.0);
    for _ in 0..1 + (random.uniform() * 3.0) as usize {
        let at = random.between(5.0, 22.0);
        let size = random.between(3.0, 0.6 * window as f64 + 1.0);
        let mut midnight = span.0;
        while midnight < span.1 {
            let day = (midnight - START).div_euclid(DAY).rem_euclid(7);
            if random.uniform() > 0.05 && (works_at_weekends || day < 5) {
                let mut time = midnight + (at * HOUR as f64 + minutes * MINUTE as f64 * random.normal()) as i64;
                for _ in 0..(size * random.between(0.7, 1.3)) as usize {
                    time += random.exponential(20.0) as i64;
                    if time < span.1 {
                        entries.push(time);
                    }
                }
            }
            midnight += DAY;
        }
    }
    entries
}
