#ifndef COpenSSL_H
#define COpenSSL_H

// OpenSSL as Swift sees it: the functions themselves, and typed inline wrappers for what is a macro,
// is variadic, or would need OpenSSL's providers only to hash a few bytes.
//
// The plain SHA-2, SHA-1 and MD5 functions are marked deprecated in OpenSSL 3 in favour of EVP_MD.
// They are used on purpose: their state is a plain value (a Swift struct can own and copy it), they
// load no provider at the first use, and a short message costs a quarter of what EVP_Digest costs.
#define OPENSSL_SUPPRESS_DEPRECATED 1

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/md5.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>

// --- Randomness ---------------------------------------------------------------------------------

/// Fills `count` bytes from the kernel's generator. 1 on success; 0 when the kernel has none.
static inline int martlet_random(unsigned char *bytes, size_t count) {
  while (count > 0) {
    // Up to 256 bytes come in one piece and without being interrupted: getrandom(2).
    size_t piece = count < 256 ? count : 256;
    if (getrandom(bytes, piece, 0) != (ssize_t)piece) return 0;
    bytes += piece;
    count -= piece;
  }
  return 1;
}

// --- AES-GCM ------------------------------------------------------------------------------------

/// Encrypts `count` bytes. The key has 32 bytes, the nonce 12, the tag 16. 1 on success.
int martlet_gcm_seal(
    const unsigned char *key, const unsigned char *nonce, const unsigned char *context,
    size_t context_count, const unsigned char *plain, size_t count, unsigned char *cipher,
    unsigned char *tag);

/// Decrypts `count` bytes. 1 when the tag belongs to them; else nothing of `plain` may be used.
int martlet_gcm_open(
    const unsigned char *key, size_t key_count, const unsigned char *nonce,
    const unsigned char *context, size_t context_count, const unsigned char *cipher, size_t count,
    const unsigned char *tag, unsigned char *plain);

// --- AES-128-CBC --------------------------------------------------------------------------------

/// Encrypts with PKCS#7 padding into `count` rounded up to the next 16 bytes. The bytes written, or 0.
size_t martlet_cbc_encrypt(
    const unsigned char *key, const unsigned char *iv, const unsigned char *plain, size_t count,
    unsigned char *cipher);

/// Decrypts and takes the padding off; `plain` has room for `count` bytes. The bytes written, or -1.
long martlet_cbc_decrypt(
    const unsigned char *key, size_t key_count, const unsigned char *iv,
    const unsigned char *cipher, size_t count, unsigned char *plain);

// --- Passwords ----------------------------------------------------------------------------------

/// Hashes as `setting` says (bcrypt: `$2b$…`), by libxcrypt. 1 when `hash` (384 bytes) holds the
/// result; 0 when the setting is none.
int martlet_crypt(const char *password, const char *setting, char *hash);

/// scrypt (RFC 7914). 1 on success.
static inline int martlet_scrypt(
    const unsigned char *password, size_t password_count, const unsigned char *salt,
    size_t salt_count, uint64_t n, uint64_t r, uint64_t p, unsigned char *key, size_t count) {
  // OpenSSL refuses more memory than it is allowed, and allows 32 MB by itself.
  uint64_t memory = 128 * r * (n + p + 2) + (1 << 20);
  int ok = EVP_PBE_scrypt(
      (const char *)password, password_count, salt, salt_count, n, r, p, memory, key, count);
  if (ok != 1) ERR_clear_error();
  return ok == 1;
}

// --- Keys and signatures ------------------------------------------------------------------------

/// A public RSA key from its modulus and exponent (big-endian), or NULL.
EVP_PKEY *martlet_rsa_public_key(
    const unsigned char *modulus, size_t modulus_count, const unsigned char *exponent,
    size_t exponent_count);

/// A public P-256 key from the two coordinates (32 bytes each), or NULL when it is no point of the
/// curve.
EVP_PKEY *martlet_p256_public_key(const unsigned char *x, const unsigned char *y);

/// A private key from PEM text (PKCS#8 or PKCS#1), or NULL. Never asks for a passphrase.
EVP_PKEY *martlet_private_key(const unsigned char *pem, size_t count);

/// A new RSA private key as PEM text (PKCS#8) in `pem`: its length, or 0 when it does not fit.
size_t martlet_new_rsa_key(unsigned int bits, unsigned char *pem, size_t capacity);

/// Padding of an RSA signature.
enum martlet_padding { martlet_padding_none = 0, martlet_padding_pkcs1 = 1, martlet_padding_pss = 2 };

/// 1 when `signature` is one of `message` by `key`. `digest` is NULL for Ed25519. PSS salts have the
/// length of the digest (RFC 7518, 3.5).
int martlet_verify(
    EVP_PKEY *key, const EVP_MD *digest, enum martlet_padding padding,
    const unsigned char *signature, size_t signature_count, const unsigned char *message,
    size_t message_count);

/// Signs; `capacity` bytes are there for the signature. Its length, or 0.
size_t martlet_sign(
    EVP_PKEY *key, const EVP_MD *digest, enum martlet_padding padding, unsigned char *signature,
    size_t capacity, const unsigned char *message, size_t message_count);

/// DER of the two numbers of an ECDSA signature (32 bytes each); `der` holds 72 bytes. Its length,
/// or 0.
size_t martlet_ecdsa_der(const unsigned char *r_and_s, unsigned char *der);

// --- Keys of a key store ------------------------------------------------------------------------

/// A new RSA key with this many bits, or NULL.
EVP_PKEY *martlet_generate_rsa(int bits);

/// A new key on a curve by OpenSSL's name (`P-256`, `secp256k1`), or NULL.
EVP_PKEY *martlet_generate_curve(const char *curve);

/// DER of a private key (PKCS#8) into `capacity` bytes. Its length, or 0.
size_t martlet_private_der(EVP_PKEY *key, unsigned char *der, size_t capacity);

/// DER of a public key (SubjectPublicKeyInfo) into `capacity` bytes. Its length, or 0.
size_t martlet_public_der(EVP_PKEY *key, unsigned char *der, size_t capacity);

/// A private key from DER (PKCS#8), or NULL.
EVP_PKEY *martlet_private_key_der(const unsigned char *der, size_t count);

/// Signs a digest that was made before; ECDSA signatures are DER. The length, or 0.
size_t martlet_sign_digest(
    EVP_PKEY *key, const EVP_MD *kind, enum martlet_padding padding, unsigned char *signature,
    size_t capacity, const unsigned char *digest, size_t digest_count);

/// 1 when `signature` is one of the digest.
int martlet_verify_digest(
    EVP_PKEY *key, const EVP_MD *kind, enum martlet_padding padding,
    const unsigned char *signature, size_t signature_count, const unsigned char *digest,
    size_t digest_count);

/// RSAES-OAEP (RFC 8017, 7.1) with one digest for both uses. The length of the result, or 0 for a
/// failure of encrypting and -1 for one of decrypting.
size_t martlet_oaep_encrypt(
    EVP_PKEY *key, const EVP_MD *digest, const unsigned char *plain, size_t count,
    unsigned char *cipher, size_t capacity);
long martlet_oaep_decrypt(
    EVP_PKEY *key, const EVP_MD *digest, const unsigned char *cipher, size_t count,
    unsigned char *plain, size_t capacity);

/// Bits of an RSA key.
static inline int martlet_key_bits(const EVP_PKEY *key) { return EVP_PKEY_get_bits(key); }

#endif
