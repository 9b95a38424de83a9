//! Everything that our hub knows: who has subscribed to what, who is to be asked or called now, and who later.
//!
//! Who is owed news is given the feed as it is when his turn comes, so news that come in quick succession are one call. Whoever can't be
//! reached is called again later and later, but for no longer than his lease, and never twice at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::flow::push::hub::entry::{Entry, Errand, Topic, Turn};
use crate::flow::push::hub::{Busy, Confirmed, Delivered, Job, Line, Mode, Offered, Pace, Request, Told};
use crate::flow::push::step::{after, grown};
use crate::model::{Subscriber, SubscriberId};

/// Subscriptions in all: each costs some 500 bytes of memory, and a call for each story.
const MOST: usize = 20_000;
/// Subscriptions of one feed in one format.
const MOST_PER_TOPIC: usize = 10_000;
/// Subscriptions of one host: a reader of all our feeds in all formats has some hundreds.
const MOST_PER_HOST: usize = 1000;
/// Requests that wait for their verification.
const MOST_VERIFYING: usize = 1024;
/// The wait after the first failed call, which is multiplied with each further one.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(10);
/// The longest wait; also the longest that is granted to who asks for one.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);
/// How often it is looked for leases that are over.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// How long who finds no place is asked to stay away.
const FULL_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Everything that our hub knows.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: HashMap<SubscriberId, Entry>,
    topics: BTreeMap<String, Topic>,
    by_host: HashMap<String, usize>,
    /// Who is called again, and when.
    later: BTreeSet<(Timestamp, SubscriberId)>,
    verifying: HashMap<SubscriberId, Request>,
    line: Line<Errand>,
    pace: Pace,
    swept: Option<Timestamp>,
    /// There are feeds to call with.
    is_printed: bool,
    unwritten: BTreeSet<SubscriberId>,
    is_told_unwritten: bool,
}

impl Ledger {
    /// What was remembered.
    pub fn of(subscribers: Vec<Subscriber>, told: Told) -> Self {
        let mut ledger = Self::default();
        for subscriber in subscribers {
            ledger.insert(subscriber);
        }
        for (topic, hash) in told {
            if let Some(topic) = ledger.topics.get_mut(&topic) {
                topic.told = Some(hash);
            }
        }
        ledger
    }

    /// How many subscriptions there are.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// Somebody asks for something: it will be verified.
    pub fn ask(&mut self, request: Request, now: Timestamp) -> Result<(), Busy> {
        let (id, host) = (request.id(), host(&request.callback));
        if !self.entries.contains_key(&id) {
            match request.mode {
                Mode::Subscribe if !self.has_place(&request.topic, &host) => {
                    return Err(Busy { wait: FULL_FOR, why: "this hub has as many subscriptions as it can serve" });
                }
                Mode::Subscribe => {}
                // There is nothing to end, and so nobody to ask. Who asks learns nothing of who subscribes.
                Mode::Unsubscribe => return Ok(()),
            }
        }
        if self.verifying.len() >= MOST_VERIFYING {
            return Err(Busy { wait: SignedDuration::from_mins(1), why: "too many requests wait for their verification" });
        }
        let paced = self.pace.take(&host, now);
        paced
            .map_err(|wait| Busy { wait, why: "too many requests for callbacks of this host; one in six seconds is verified" })?;
        if self.verifying.insert(id, request).is_none() {
            self.line.put(&host, Errand::Verify(id));
        }
        Ok(())
    }

    /// Who is to be called has confirmed a request.
    pub fn confirm(&mut self, request: &Request, now: Timestamp) -> Confirmed {
        let id = request.id();
        let until = after(now, request.lease);
        let has_place = self.has_place(&request.topic, &host(&request.callback));
        match (request.mode, self.entries.get_mut(&id)) {
            (Mode::Unsubscribe, _) => {
                self.remove(id);
                Confirmed::Ended
            }
            (Mode::Subscribe, Some(entry)) => {
                entry.subscriber.until = until;
                entry.subscriber.secret.clone_from(&request.secret);
                self.unwritten.insert(id);
                Confirmed::Renewed
            }
            (Mode::Subscribe, None) if !has_place => {
                self.deny(request.callback.clone(), &request.topic, "this hub has as many subscriptions as it can serve");
                Confirmed::Full
            }
            (Mode::Subscribe, None) => {
                let (topic, callback) = (request.topic.clone(), request.callback.to_string());
                self.insert(Subscriber { topic, callback, secret: request.secret.clone(), until, failures: 0, next: None });
                self.unwritten.insert(id);
                self.is_told_unwritten = true;
                Confirmed::Begun
            }
        }
    }

    /// The feeds have been printed. Who subscribes to one that has changed is called; to one that is not offered any more, is told so.
    pub fn published(&mut self, offered: Vec<Offered>) {
        let gone: Vec<String> = {
            let offered: BTreeSet<&str> = offered.iter().map(|offered| &*offered.topic).collect();
            self.topics.keys().filter(|topic| !offered.contains(&***topic)).cloned().collect()
        };
        for topic in gone {
            let subscribers = self.topics.get(&topic).map(|topic| topic.subscribers.clone()).unwrap_or_default();
            for id in subscribers {
                if let Some(entry) = self.remove(id)
                    && let Ok(callback) = Url::parse(&entry.subscriber.callback)
                {
                    self.deny(callback, &topic, "this feed has no hub here any more");
                }
            }
            self.topics.remove(&topic);
        }
        self.is_printed |= offered.iter().any(|offered| offered.page.is_some());
        for Offered { topic: address, page } in offered {
            let topic = self.topics.entry(address.clone()).or_default();
            let Some(page) = page else { continue };
            let before = topic.page.as_ref().map(|page| page.hash()).or(topic.told.as_deref());
            let is_changed = before.is_some_and(|before| before != page.hash());
            topic.page = Some(page);
            if is_changed {
                let subscribers: Vec<SubscriberId> = topic.subscribers.iter().copied().collect();
                subscribers.into_iter().for_each(|id| self.owe(id));
            }
            self.settle(&address);
        }
    }

    /// Brings back into line who is to be called again, and ends what is over.
    pub fn wake(&mut self, now: Timestamp) {
        while let Some(&(at, id)) = self.later.first()
            && at <= now
            && self.is_printed
        {
            self.later.pop_first();
            self.line_up(id);
        }
        if self.swept.is_none_or(|swept| after(swept, SWEEP_EVERY) <= now || swept > now) {
            self.swept = Some(now);
            let over = self.entries.iter().filter(|(_, entry)| entry.subscriber.until <= now).map(|(id, _)| *id);
            let over: Vec<SubscriberId> = over.collect();
            for id in over {
                self.remove(id);
            }
        }
    }

    /// When there is something to wake.
    pub fn next(&self) -> Option<Timestamp> {
        let sweep = self.swept.filter(|_| !self.entries.is_empty()).map(|swept| after(swept, SWEEP_EVERY));
        self.later.first().filter(|_| self.is_printed).map(|(at, _)| *at).into_iter().chain(sweep).min()
    }

    /// What is to be done now, and the host that it is done with; [`Ledger::done`] when it is over.
    pub fn take(&mut self, now: Timestamp) -> Option<(String, Job)> {
        loop {
            let (host, errand) = self.line.take()?;
            let job = match errand {
                Errand::Verify(id) => self.verifying.remove(&id).map(Job::Verify),
                Errand::Deny { callback, topic, reason } => Some(Job::Deny { callback, topic, reason }),
                Errand::Deliver(id) => self.call(id, now),
            };
            match job {
                Some(job) => return Some((host, job)),
                None => self.line.done(&host),
            }
        }
    }

    /// Something that was taken is over.
    pub fn done(&mut self, host: &str) {
        self.line.done(host);
    }

    /// What has become of a call with news.
    pub fn delivered(&mut self, id: SubscriberId, outcome: Delivered, now: Timestamp) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        // Another subscription may have come in its place.
        let Turn::Called { again } = entry.turn else { return };
        let subscriber = &mut entry.subscriber;
        entry.turn = Turn::Idle;
        let topic = subscriber.topic.clone();
        match outcome {
            Delivered::Taken => {
                if subscriber.failures > 0 {
                    (subscriber.failures, subscriber.next) = (0, None);
                    self.unwritten.insert(id);
                }
                self.close(&topic);
                if again {
                    self.owe(id);
                }
            }
            Delivered::Gone => {
                self.close(&topic);
                self.remove(id);
            }
            Delivered::Failed { retry_after } => {
                let own = grown(FIRST_WAIT, subscriber.failures, LONGEST_WAIT, &subscriber.callback);
                let asked = retry_after.and_then(|wait| SignedDuration::try_from(wait).ok()).unwrap_or_default();
                let next = after(now, own.max(asked.min(LONGEST_WAIT)));
                subscriber.failures = subscriber.failures.saturating_add(1);
                subscriber.next = Some(next);
                self.later.insert((next, id));
                self.unwritten.insert(id);
                self.close(&topic);
            }
        }
        self.settle(&topic);
    }

    /// Everything that was under way was broken off: it begins again.
    pub fn resume(&mut self) {
        self.line = Line::default();
        for (id, request) in &self.verifying {
            self.line.put(&host(&request.callback), Errand::Verify(*id));
        }
        for (id, entry) in self.entries.iter_mut().filter(|(_, entry)| entry.turn != Turn::Idle) {
            entry.turn = Turn::Waiting;
            self.line.put(&entry.host, Errand::Deliver(*id));
        }
    }

    /// What is to be written: subscriptions, `None` for such as have ended; and what has been told, where that has changed. It counts as
    /// written from now on.
    pub fn take_unwritten(&mut self) -> (Vec<(SubscriberId, Option<Subscriber>)>, Option<Told>) {
        let rows = std::mem::take(&mut self.unwritten).into_iter();
        let rows = rows.map(|id| (id, self.entries.get(&id).map(|entry| entry.subscriber.clone()))).collect();
        let told = std::mem::take(&mut self.is_told_unwritten).then(|| {
            let of = |(address, topic): (&String, &Topic)| Some((address.clone(), topic.told.clone()?));
            self.topics.iter().filter(|(_, topic)| !topic.subscribers.is_empty()).filter_map(of).collect()
        });
        (rows, told)
    }

    /// What could not be written is to be written after all.
    pub fn put_unwritten(&mut self, ids: impl IntoIterator<Item = SubscriberId>) {
        self.unwritten.extend(ids);
        self.is_told_unwritten = true;
    }

    fn has_place(&self, topic: &str, host: &str) -> bool {
        let of_topic = self.topics.get(topic).map_or(0, |topic| topic.subscribers.len());
        let of_host = self.by_host.get(host).copied().unwrap_or(0);
        self.entries.len() < MOST && of_topic < MOST_PER_TOPIC && of_host < MOST_PER_HOST
    }

    fn insert(&mut self, subscriber: Subscriber) {
        let Ok(callback) = Url::parse(&subscriber.callback) else { return };
        let (id, host) = (subscriber.id(), host(&callback));
        self.topics.entry(subscriber.topic.clone()).or_default().subscribers.insert(id);
        *self.by_host.entry(host.clone()).or_default() += 1;
        self.later.extend(subscriber.next.map(|next| (next, id)));
        self.entries.insert(id, Entry { subscriber, host, turn: Turn::Idle });
    }

    fn remove(&mut self, id: SubscriberId) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        let subscriber = &entry.subscriber;
        if let Some(next) = subscriber.next {
            self.later.remove(&(next, id));
        }
        if let Some(count) = self.by_host.get_mut(&entry.host) {
            *count -= 1;
            if *count == 0 {
                self.by_host.remove(&entry.host);
            }
        }
        if let Some(topic) = self.topics.get_mut(&subscriber.topic) {
            topic.subscribers.remove(&id);
        }
        if entry.turn != Turn::Idle {
            self.close(&subscriber.topic);
            self.settle(&subscriber.topic);
        }
        self.unwritten.insert(id);
        Some(entry)
    }

    fn deny(&mut self, callback: Url, topic: &str, reason: &'static str) {
        self.line.put(&host(&callback), Errand::Deny { callback: callback.clone(), topic: topic.to_owned(), reason });
    }

    /// There is news for a subscriber.
    fn owe(&mut self, id: SubscriberId) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        match &mut entry.turn {
            Turn::Called { again } => *again = true,
            // Whoever can't be reached gets it when he is called again.
            Turn::Idle if entry.subscriber.next.is_none() => self.line_up(id),
            Turn::Idle | Turn::Waiting => {}
        }
    }

    fn line_up(&mut self, id: SubscriberId) {
        if let Some(entry) = self.entries.get_mut(&id)
            && entry.turn == Turn::Idle
        {
            entry.turn = Turn::Waiting;
            if let Some(topic) = self.topics.get_mut(&entry.subscriber.topic) {
                topic.open += 1;
            }
            self.line.put(&entry.host, Errand::Deliver(id));
        }
    }

    /// The call that a subscriber in line is owed.
    fn call(&mut self, id: SubscriberId, now: Timestamp) -> Option<Job> {
        let entry = self.entries.get_mut(&id).filter(|entry| entry.turn == Turn::Waiting)?;
        let subscriber = &entry.subscriber;
        let page = self.topics.get(&subscriber.topic).and_then(|topic| topic.page.clone());
        match page.filter(|_| subscriber.until > now) {
            Some(page) => {
                entry.turn = Turn::Called { again: false };
                let Subscriber { topic, callback, secret, .. } = subscriber.clone();
                Some(Job::Deliver { id, callback, topic, secret, page })
            }
            // Its lease is over; or the feed could not be printed, and then it is called again as if it had not been reached.
            None => {
                entry.turn = Turn::Called { again: false };
                self.delivered(id, Delivered::Failed { retry_after: None }, now);
                None
            }
        }
    }

    /// One less is in line or being called.
    fn close(&mut self, topic: &str) {
        if let Some(topic) = self.topics.get_mut(topic) {
            topic.open = topic.open.saturating_sub(1);
        }
    }

    /// Notes that everybody was called with a feed, once that is so.
    fn settle(&mut self, topic: &str) {
        if let Some(topic) = self.topics.get_mut(topic)
            && topic.open == 0
            && let Some(page) = &topic.page
            && topic.told.as_deref() != Some(page.hash())
        {
            topic.told = Some(page.hash().to_owned());
            self.is_told_unwritten |= !topic.subscribers.is_empty();
        }
    }
}

/// The host of a callback.
fn host(callback: &Url) -> String {
    callback.host_str().unwrap_or_default().to_owned()
}
