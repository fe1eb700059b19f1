//! Sealing: AES-256-GCM with a nonce of its own for each; 12 bytes of nonce, then the sealed bytes and their tag. The name of what is
//! sealed is bound to it, so that rows cannot be swapped.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest, Sha256};

use super::{LENGTH, random};
use crate::problem::Fault;

/// A key that seals.
pub(super) struct Sealer(LessSafeKey);

impl Sealer {
    /// The one that is made of the site's secret.
    pub fn of_secret(secret: &str) -> Result<Self, Fault> {
        let mut key = Sha256::new();
        key.update(b"lectern signing keys 1\0");
        key.update(secret.as_bytes());
        Self::of_key(key.finalize().into())
    }

    pub fn of_key(key: [u8; LENGTH]) -> Result<Self, Fault> {
        let key = UnboundKey::new(&AES_256_GCM, &key);
        Ok(Self(LessSafeKey::new(key.map_err(|_| Fault::Internal("a secret makes no key".into()))?)))
    }

    pub fn seal(&self, name: &str, mut plain: Vec<u8>) -> Result<Vec<u8>, Fault> {
        let nonce: [u8; NONCE_LEN] = random()?;
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name.as_bytes()), &mut plain)
            .map_err(|_| Fault::Internal("something cannot be sealed".into()))?;
        Ok([nonce.as_slice(), &plain].concat())
    }

    /// None when it was sealed with another key, under another name, or was changed.
    pub fn open(&self, name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let (nonce, mut bytes) = (Nonce::assume_unique_for_key(*nonce), sealed.to_vec());
        let length = self.0.open_in_place(nonce, Aad::from(name.as_bytes()), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::Sealer;

    #[test]
    fn only_the_same_key_and_name_open_what_was_not_changed() {
        let (one, other) = (Sealer::of_secret("one").unwrap(), Sealer::of_secret("other").unwrap());
        let mut sealed = one.seal("letter 1", b"code".to_vec()).unwrap();
        assert_eq!(one.open("letter 1", &sealed).as_deref(), Some(b"code".as_slice()));
        assert_eq!((one.open("letter 2", &sealed), other.open("letter 1", &sealed)), (None, None));
        sealed[14] ^= 1;
        assert_eq!((one.open("letter 1", &sealed), one.open("letter 1", b"short")), (None, None));
    }
}
