//! Tokens: a role and a pseudonym, signed with a secret of the data directory's.
//!
//! JWT with HMAC-SHA-256. Nothing about a person is in a token; a buyer's or seller's subject is their id.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use chrono::Utc;
use domain::metadata::Role;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rand::TryRng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ApiError;

/// The secret's length: as long as the hash, so that it is not the weaker part.
const SECRET_BYTES: usize = 32;

/// The shortest secret that is taken from a file.
const MIN_SECRET_BYTES: usize = 32;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who: a buyer's or seller's id, or a pseudonym of staff.
    pub sub: String,
    /// In which part.
    pub role: Role,
    /// Until when, in seconds since the epoch.
    pub exp: i64,
    /// Since when.
    pub iat: i64,
}

/// What signs and checks tokens.
pub struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Signer {
    /// Signs with a secret.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_required_spec_claims(&["exp", "sub"]);
        Self { encoding: EncodingKey::from_secret(secret), decoding: DecodingKey::from_secret(secret), validation }
    }

    /// Signs with the secret in a file; where there is none, one is made that only its owner may read.
    ///
    /// # Errors
    /// I/O errors, or that the secret is too short.
    pub fn from_file(path: &Path) -> Result<Self, ApiError> {
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        match made {
            Ok(mut file) => {
                let mut secret = [0; SECRET_BYTES];
                rand::rngs::SysRng
                    .try_fill_bytes(&mut secret)
                    .map_err(|error| std::io::Error::other(error.to_string()))
                    .map_err(ApiError::io("making a secret for", path))?;
                let text: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
                file.write_all(text.as_bytes()).map_err(ApiError::io("writing", path))?;
                file.sync_all().map_err(ApiError::io("syncing", path))?;
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(ApiError::io("creating", path)(error)),
        }
        let secret = fs::read(path).map_err(ApiError::io("reading", path))?;
        let secret = secret.trim_ascii();
        if secret.len() < MIN_SECRET_BYTES {
            let length = secret.len();
            return Err(ApiError::Usage(format!(
                "{}: a token secret of {length} bytes is too easily guessed; give at least {MIN_SECRET_BYTES}, as \
                 `openssl rand -hex 32` prints them",
                path.display()
            )));
        }
        Ok(Self::new(secret))
    }

    /// Makes a token.
    ///
    /// # Errors
    /// [`ApiError::Usage`] for a buyer or seller whose subject is no id.
    pub fn sign(&self, role: Role, subject: &str, valid_hours: u32) -> Result<String, ApiError> {
        if matches!(role, Role::Buyer | Role::Seller) && Uuid::parse_str(subject).is_err() {
            let name = role.name();
            return Err(ApiError::Usage(format!(
                "a {name}'s subject is the {name}'s id, a UUID as in 5f1c0c4e-3c39-4f8e-9c56-8f8f3a3d1c11, not {subject:?}"
            )));
        }
        let iat = Utc::now().timestamp();
        let exp = iat + i64::from(valid_hours) * 3_600;
        let claims = Claims { sub: subject.to_owned(), role, exp, iat };
        Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)?)
    }

    /// Reads a token, or says why it does not hold.
    ///
    /// # Errors
    /// A sentence for whoever sent it.
    pub fn check(&self, token: &str) -> Result<Claims, String> {
        use jsonwebtoken::errors::ErrorKind as Wrong;
        let checked = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation);
        let claims = checked.map(|token| token.claims).map_err(|error| {
            if matches!(error.kind(), Wrong::ExpiredSignature) {
                "the token has expired; ask for a new one".to_owned()
            } else if matches!(error.kind(), Wrong::InvalidSignature) {
                "the token was not signed by this server; `marktboek token --data DIR` prints one that was".to_owned()
            } else {
                format!("the token can't be read ({error}); send `Authorization: Bearer <token>`")
            }
        })?;
        if claims.role == Role::System {
            return Err("nobody acts as the system by token".to_owned());
        }
        Ok(claims)
    }

    /// What proves that this server said something. What is said must not look like the beginning of a token.
    ///
    /// # Errors
    /// That the secret can't sign.
    pub fn seal(&self, said: &str) -> Result<String, ApiError> {
        Ok(jsonwebtoken::crypto::sign(said.as_bytes(), &self.encoding, Algorithm::HS256)?)
    }

    /// Whether this server sealed what is said; compared in constant time.
    #[must_use]
    pub fn sealed(&self, said: &str, seal: &str) -> bool {
        jsonwebtoken::crypto::verify(seal, said.as_bytes(), &self.decoding, Algorithm::HS256).unwrap_or_default()
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const BUYER: &str = "5f1c0c4e-3c39-4f8e-9c56-8f8f3a3d1c11";

    #[test]
    fn a_token_says_who_and_no_other_secret_signs_it() {
        let signer = Signer::new(&[7; 32]);
        let token = signer.sign(Role::Buyer, BUYER, 1).unwrap();
        let claims = signer.check(&token).unwrap();
        assert_eq!((claims.role, claims.sub.as_str()), (Role::Buyer, BUYER));
        assert!(Signer::new(&[8; 32]).check(&token).unwrap_err().contains("not signed by this server"));
        assert!(signer.check("nonsense").is_err());
    }

    #[test]
    fn a_seal_is_of_one_text_and_one_server() {
        let signer = Signer::new(&[7; 32]);
        let seal = signer.seal("this").unwrap();
        assert!(signer.sealed("this", &seal));
        assert!(!signer.sealed("that", &seal) && !signer.sealed("this", "") && !signer.sealed("this", "nonsense!"));
        assert!(!Signer::new(&[8; 32]).sealed("this", &seal));
    }

    #[test]
    fn a_token_ends() {
        let signer = Signer::new(&[7; 32]);
        let token = signer.sign(Role::Operator, "ops", 0).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        assert!(signer.check(&token).unwrap_err().contains("expired"));
    }

    #[test]
    fn a_buyers_subject_is_an_id_and_nobody_is_the_system() {
        let signer = Signer::new(&[7; 32]);
        assert!(signer.sign(Role::Seller, "shop", 1).is_err());
        let system = signer.sign(Role::System, "reactor", 1).unwrap();
        assert!(signer.check(&system).is_err());
    }

    #[test]
    fn the_secret_is_made_once_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token-secret");
        let token = Signer::from_file(&path).unwrap().sign(Role::Auditor, "eve", 1).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Signer::from_file(&path).unwrap().check(&token).is_ok());
    }
}
