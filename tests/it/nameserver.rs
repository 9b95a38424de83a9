//! A scripted name server (RFC 1035, RFC 7766) on loopback, over UDP and TCP: it says of each name what a test wants, also what no honest
//! server says. `fetch.name_servers` leads the program to it.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a name server says of a name.
#[derive(Clone, Debug)]
pub enum Says {
    /// These addresses, which hold for so many seconds. A list that does not fit is cut off over UDP.
    Addresses(Vec<IpAddr>, u32),
    /// Each time the next of these lists, in turn, to be forgotten at once; to the questions for both kinds of addresses the same.
    InTurn(Vec<Vec<IpAddr>>),
    /// That it is another name of this one, and that one of this.
    AliasOf(&'static str),
    /// An error.
    Error(u8),
    /// Nothing.
    Nothing,
}

/// The response codes of RFC 1035, section 4.1.1.
pub const SERVER_FAILURE: u8 = 2;
pub const NAME_ERROR: u8 = 3;

/// The types of records.
const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;
/// The longest answer over UDP that every client takes.
const LONGEST_DATAGRAM: usize = 512;

/// A name server. It ends with the test's process.
pub struct NameServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    script: HashMap<String, Says>,
    /// How often it was asked for each name and type.
    asked: HashMap<(String, u16), usize>,
}

impl NameServer {
    /// One that knows these names; of others it says that they do not exist.
    pub fn new(script: impl IntoIterator<Item = (String, Says)>) -> Self {
        // A port that is free for both: somebody may have that of the one for the other.
        let (udp, tcp) = std::iter::repeat_with(|| {
            let udp = UdpSocket::bind("127.0.0.1:0").expect("a port on loopback");
            let tcp = TcpListener::bind(udp.local_addr().expect("an address"));
            tcp.map(|tcp| (udp, tcp))
        })
        .find_map(Result::ok)
        .expect("a port for both");
        let address = udp.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State { script: script.into_iter().collect(), ..State::default() }));
        let (datagrams, streams) = (Arc::clone(&state), Arc::clone(&state));
        std::thread::spawn(move || {
            let mut question = [0; LONGEST_DATAGRAM];
            while let Ok((length, from)) = udp.recv_from(&mut question) {
                let Some(mut answer) = answer(&datagrams, &question[..length]) else { continue };
                if answer.len() > LONGEST_DATAGRAM {
                    // TC: ask again over TCP.
                    answer[2] |= 2;
                    answer[6..8].fill(0);
                    answer.truncate(length_of_question(&question[..length]));
                }
                // A client that is gone needs no answer.
                let _ = udp.send_to(&answer, from);
            }
        });
        std::thread::spawn(move || {
            for stream in tcp.incoming().flatten() {
                let state = Arc::clone(&streams);
                std::thread::spawn(move || converse(stream, &state));
            }
        });
        Self { address, state }
    }

    /// Its address, as `fetch.name_servers` takes it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often it was asked for the IPv4 addresses of a name.
    pub fn asked(&self, name: &str) -> usize {
        lock(&self.state).asked.get(&(name.to_owned(), A)).copied().unwrap_or(0)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers over TCP until the client has no more questions: each message stands behind its length.
fn converse(mut stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    loop {
        let mut length = [0; 2];
        stream.read_exact(&mut length).ok()?;
        let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut question).ok()?;
        let answer = answer(state, &question)?;
        let length = u16::try_from(answer.len()).expect("a message that TCP carries").to_be_bytes();
        stream.write_all(&[&length[..], &answer].concat()).ok()?;
    }
}

/// The name that is asked for, lower case, without its last dot.
fn name_of(question: &[u8]) -> String {
    let (mut at, mut labels) = (12, Vec::new());
    while question[at] != 0 {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).to_lowercase());
        at = end;
    }
    labels.join(".")
}

/// Where the one question ends: what a client says behind it is not looked at.
fn length_of_question(question: &[u8]) -> usize {
    let end = question[12..].iter().position(|byte| *byte == 0).expect("a name ends");
    12 + end + 5
}

fn encoded(name: &str) -> Vec<u8> {
    let label = |label: &str| [&[u8::try_from(label.len()).expect("a short label")][..], label.as_bytes()].concat();
    name.split('.').flat_map(label).chain([0]).collect()
}

/// The answer to a question; `None` where there is none.
fn answer(state: &Mutex<State>, question: &[u8]) -> Option<Vec<u8>> {
    let (name, end) = (name_of(question), length_of_question(question));
    let wanted = u16::from_be_bytes([question[end - 4], question[end - 3]]);
    let (says, asked) = {
        let mut state = lock(state);
        let asked = state.asked.entry((name.clone(), wanted)).or_default();
        *asked += 1;
        let asked = *asked - 1;
        (state.script.get(&name).cloned().unwrap_or(Says::Error(NAME_ERROR)), asked)
    };
    let record = |owner: &[u8], kind: u16, seconds: u32, data: &[u8]| {
        let length = u16::try_from(data.len()).expect("a short record").to_be_bytes();
        [owner, &kind.to_be_bytes(), &[0, 1], &seconds.to_be_bytes(), &length, data].concat()
    };
    // The name that was asked for stands at byte 12.
    let this: &[u8] = &[0xC0, 12];
    let addresses = |addresses: &[IpAddr], seconds: u32| -> Vec<Vec<u8>> {
        let of_kind = addresses.iter().filter_map(|address| match address {
            IpAddr::V4(address) if wanted == A => Some(record(this, A, seconds, &address.octets())),
            IpAddr::V6(address) if wanted == AAAA => Some(record(this, AAAA, seconds, &address.octets())),
            _ => None,
        });
        of_kind.collect()
    };
    let (code, records) = match says {
        Says::Addresses(list, seconds) => (0, addresses(&list, seconds)),
        Says::InTurn(lists) => (0, addresses(&lists[asked % lists.len()], 0)),
        Says::AliasOf(other) => (0, vec![record(this, CNAME, 60, &encoded(other)), record(&encoded(other), CNAME, 60, this)]),
        Says::Error(code) => (code, Vec::new()),
        Says::Nothing => return None,
    };
    let count = u16::try_from(records.len()).expect("a count").to_be_bytes();
    // An answer, with recursion, to the one question.
    let head = [&question[..2], &[0x81, 0x80 | code, 0, 1], &count, &[0, 0, 0, 0]].concat();
    Some([head, question[12..end].to_vec(), records.concat()].concat())
}
