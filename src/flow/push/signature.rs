//! The signature of an announcement (section 7.1): `X-Hub-Signature: sha256=…`, an HMAC of the body under the subscription's secret.
//!
//! The body goes through piece by piece and is kept nowhere.

use ring::hmac::{self, Algorithm, Context, Key};

use crate::model::Secret;

/// Why a body needs not be read: its signature can't hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsigned {
    /// There is none.
    Missing,
    /// It is none of the known forms.
    Unreadable,
}

/// A signature that is being checked.
pub struct Check {
    key: Key,
    context: Context,
    given: Vec<u8>,
}

impl Check {
    /// Begins to check what a header says. The methods are those of the Recommendation, SHA-1 too: most hubs use it, and what is
    /// signed is a hint and no more.
    pub fn new(header: Option<&str>, secret: &Secret) -> Result<Self, Unsigned> {
        let (method, hex) = header.ok_or(Unsigned::Missing)?.trim().split_once('=').ok_or(Unsigned::Unreadable)?;
        let method = method.trim().to_ascii_lowercase();
        let algorithm: Algorithm = match method.as_str() {
            "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => hmac::HMAC_SHA256,
            "sha384" => hmac::HMAC_SHA384,
            "sha512" => hmac::HMAC_SHA512,
            _ => return Err(Unsigned::Unreadable),
        };
        let given = bytes(hex.trim()).filter(|given| given.len() == algorithm.digest_algorithm().output_len());
        let key = Key::new(algorithm, secret.0.as_bytes());
        Ok(Self { context: Context::with_key(&key), key, given: given.ok_or(Unsigned::Unreadable)? })
    }

    /// Takes a piece of the body.
    pub fn add(&mut self, piece: &[u8]) {
        self.context.update(piece);
    }

    /// Whether the signature is that of the body. Takes the same time wherever they differ: both are signed once more, and ring compares
    /// these signatures in constant time.
    pub fn holds(self) -> bool {
        let right = self.context.sign();
        hmac::verify(&self.key, &self.given, hmac::sign(&self.key, right.as_ref()).as_ref()).is_ok()
    }
}

/// The bytes that hexadecimal digits stand for.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hex.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let (pairs, rest) = digits.as_ref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(header: &str, secret: &str, body: &[u8]) -> Result<bool, Unsigned> {
        let mut check = Check::new(Some(header), &Secret(secret.to_owned()))?;
        body.chunks(7).for_each(|piece| check.add(piece));
        Ok(check.holds())
    }

    /// RFC 2202, case 2, and RFC 4231, case 2: the key "Jefe".
    const BODY: &[u8] = b"what do ya want for nothing?";
    const SIGNED: [&str; 4] = [
        "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    ];

    #[test]
    fn each_method_is_checked() {
        for signed in SIGNED {
            assert_eq!(holds(signed, "Jefe", BODY), Ok(true), "{signed}");
            assert_eq!(holds(&signed.to_uppercase(), "Jefe", BODY), Ok(true), "{signed}");
            assert_eq!(holds(signed, "jefe", BODY), Ok(false), "another secret");
            assert_eq!(holds(signed, "Jefe", b"what do ya want for nothing!"), Ok(false), "another body");
            let last = if signed.ends_with('7') { '8' } else { '7' };
            assert_eq!(holds(&format!("{}{last}", &signed[..signed.len() - 1]), "Jefe", BODY), Ok(false), "another last digit");
        }
    }

    #[test]
    fn what_is_no_signature_needs_no_body() {
        assert_eq!(Check::new(None, &Secret(String::new())).map(|_| ()), Err(Unsigned::Missing));
        let cut = &SIGNED[1][..SIGNED[1].len() - 2];
        for wrong in
            ["", "sha256", "sha256=", "md5=00", cut, "sha256=zz", "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c7", "sha1=ê"]
        {
            assert_eq!(holds(wrong, "Jefe", BODY), Err(Unsigned::Unreadable), "{wrong}");
        }
        assert_eq!(holds(&SIGNED[0].replace("sha1", "sha256"), "Jefe", BODY), Err(Unsigned::Unreadable), "its length is wrong");
    }

    #[test]
    fn an_empty_body_is_signed_too() {
        let signed = "sha256=923598ae6d64661a5da9c5f0a1a6d6e4f6a0d2a5";
        assert_eq!(holds(signed, "x", b""), Err(Unsigned::Unreadable));
        let key = Key::new(hmac::HMAC_SHA256, b"x");
        let digits: String = hmac::sign(&key, b"").as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(holds(&format!("sha256={digits}"), "x", b""), Ok(true));
    }
}
