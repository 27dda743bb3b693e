#include "COpenSSL.h"

#include <crypt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

int martlet_gcm_seal(
    const unsigned char *key, const unsigned char *nonce, const unsigned char *context,
    size_t context_count, const unsigned char *plain, size_t count, unsigned char *cipher,
    unsigned char *tag) {
  if (count > INT_MAX || context_count > INT_MAX) return 0;
  EVP_CIPHER_CTX *state = EVP_CIPHER_CTX_new();
  if (state == NULL) return 0;
  int written = 0;
  int ok = EVP_EncryptInit_ex(state, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
           (context_count == 0 ||
            EVP_EncryptUpdate(state, NULL, &written, context, (int)context_count) == 1) &&
           (count == 0 || EVP_EncryptUpdate(state, cipher, &written, plain, (int)count) == 1) &&
           EVP_EncryptFinal_ex(state, cipher + count, &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1;
  EVP_CIPHER_CTX_free(state);
  return ok;
}

int martlet_gcm_open(
    const unsigned char *key, size_t key_count, const unsigned char *nonce,
    const unsigned char *context, size_t context_count, const unsigned char *cipher, size_t count,
    const unsigned char *tag, unsigned char *plain) {
  if (count > INT_MAX || context_count > INT_MAX) return 0;
  const EVP_CIPHER *kind = key_count == 32   ? EVP_aes_256_gcm()
                           : key_count == 24 ? EVP_aes_192_gcm()
                           : key_count == 16 ? EVP_aes_128_gcm()
                                             : NULL;
  EVP_CIPHER_CTX *state = kind == NULL ? NULL : EVP_CIPHER_CTX_new();
  if (state == NULL) return 0;
  unsigned char expected[16];
  memcpy(expected, tag, sizeof expected);
  int written = 0;
  int ok = EVP_DecryptInit_ex(state, kind, NULL, key, nonce) == 1 &&
           (context_count == 0 ||
            EVP_DecryptUpdate(state, NULL, &written, context, (int)context_count) == 1) &&
           (count == 0 || EVP_DecryptUpdate(state, plain, &written, cipher, (int)count) == 1) &&
           EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_TAG, 16, expected) == 1 &&
           EVP_DecryptFinal_ex(state, plain + count, &written) == 1;
  EVP_CIPHER_CTX_free(state);
  ERR_clear_error();
  return ok;
}

size_t martlet_cbc_encrypt(
    const unsigned char *key, const unsigned char *iv, const unsigned char *plain, size_t count,
    unsigned char *cipher) {
  EVP_CIPHER_CTX *state = count > INT_MAX - 16 ? NULL : EVP_CIPHER_CTX_new();
  if (state == NULL) return 0;
  int first = 0;
  int last = 0;
  int ok = EVP_EncryptInit_ex(state, EVP_aes_128_cbc(), NULL, key, iv) == 1 &&
           (count == 0 || EVP_EncryptUpdate(state, cipher, &first, plain, (int)count) == 1) &&
           EVP_EncryptFinal_ex(state, cipher + first, &last) == 1;
  EVP_CIPHER_CTX_free(state);
  return ok ? (size_t)(first + last) : 0;
}

long martlet_cbc_decrypt(
    const unsigned char *key, size_t key_count, const unsigned char *iv,
    const unsigned char *cipher, size_t count, unsigned char *plain) {
  const EVP_CIPHER *kind = key_count == 32   ? EVP_aes_256_cbc()
                           : key_count == 24 ? EVP_aes_192_cbc()
                           : key_count == 16 ? EVP_aes_128_cbc()
                                             : NULL;
  EVP_CIPHER_CTX *state = kind == NULL || count > INT_MAX ? NULL : EVP_CIPHER_CTX_new();
  if (state == NULL) return -1;
  int first = 0;
  int last = 0;
  int ok = EVP_DecryptInit_ex(state, kind, NULL, key, iv) == 1 &&
           (count == 0 || EVP_DecryptUpdate(state, plain, &first, cipher, (int)count) == 1) &&
           EVP_DecryptFinal_ex(state, plain + first, &last) == 1;
  EVP_CIPHER_CTX_free(state);
  ERR_clear_error();
  return ok ? first + last : -1;
}

int martlet_crypt(const char *password, const char *setting, char *hash) {
  struct crypt_data *data = calloc(1, sizeof *data);
  if (data == NULL) return 0;
  const char *result = crypt_r(password, setting, data);
  int ok = result != NULL && result[0] == '$' && strlen(result) < 384;
  if (ok) strcpy(hash, result);
  OPENSSL_cleanse(data, sizeof *data);
  free(data);
  return ok;
}

static EVP_PKEY *public_key_from(const char *kind, OSSL_PARAM *parameters) {
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
  if (context == NULL || parameters == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
      EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    key = NULL;
  }
  EVP_PKEY_CTX_free(context);
  ERR_clear_error();
  return key;
}

EVP_PKEY *martlet_rsa_public_key(
    const unsigned char *modulus, size_t modulus_count, const unsigned char *exponent,
    size_t exponent_count) {
  if (modulus_count > 2048 || exponent_count > 8) return NULL;
  BIGNUM *n = BN_bin2bn(modulus, (int)modulus_count, NULL);
  BIGNUM *e = BN_bin2bn(exponent, (int)exponent_count, NULL);
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM *parameters = NULL;
  EVP_PKEY *key = NULL;
  if (n != NULL && e != NULL && builder != NULL &&
      OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
      OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
    parameters = OSSL_PARAM_BLD_to_param(builder);
    key = public_key_from("RSA", parameters);
  }
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  BN_free(n);
  BN_free(e);
  return key;
}

EVP_PKEY *martlet_p256_public_key(const unsigned char *x, const unsigned char *y) {
  unsigned char point[65] = {4};
  memcpy(point + 1, x, 32);
  memcpy(point + 33, y, 32);
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM *parameters = NULL;
  EVP_PKEY *key = NULL;
  if (builder != NULL &&
      OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1) {
    parameters = OSSL_PARAM_BLD_to_param(builder);
    key = public_key_from("EC", parameters);
  }
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  return key;
}

static int refuse_passphrase(char *buffer, int size, int writing, void *data) {
  (void)buffer, (void)size, (void)writing, (void)data;
  return -1;
}

EVP_PKEY *martlet_private_key(const unsigned char *pem, size_t count) {
  if (count > INT_MAX) return NULL;
  BIO *source = BIO_new_mem_buf(pem, (int)count);
  if (source == NULL) return NULL;
  EVP_PKEY *key = PEM_read_bio_PrivateKey(source, NULL, refuse_passphrase, NULL);
  BIO_free(source);
  ERR_clear_error();
  return key;
}

size_t martlet_new_rsa_key(unsigned int bits, unsigned char *pem, size_t capacity) {
  EVP_PKEY *key = EVP_RSA_gen(bits);
  BIO *sink = BIO_new(BIO_s_mem());
  size_t written = 0;
  if (key != NULL && sink != NULL &&
      PEM_write_bio_PKCS8PrivateKey(sink, key, NULL, NULL, 0, NULL, NULL) == 1) {
    char *text = NULL;
    long count = BIO_get_mem_data(sink, &text);
    if (count > 0 && (size_t)count <= capacity) {
      memcpy(pem, text, (size_t)count);
      written = (size_t)count;
    }
  }
  BIO_free(sink);
  EVP_PKEY_free(key);
  ERR_clear_error();
  return written;
}

static int set_padding(EVP_PKEY_CTX *context, enum martlet_padding padding) {
  switch (padding) {
    case martlet_padding_none:
      return 1;
    case martlet_padding_pkcs1:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    case martlet_padding_pss:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
  }
  return 0;
}

int martlet_verify(
    EVP_PKEY *key, const EVP_MD *digest, enum martlet_padding padding,
    const unsigned char *signature, size_t signature_count, const unsigned char *message,
    size_t message_count) {
  EVP_MD_CTX *state = EVP_MD_CTX_new();
  if (state == NULL) return 0;
  EVP_PKEY_CTX *context = NULL;  // owned by the state
  int ok = EVP_DigestVerifyInit(state, &context, digest, NULL, key) == 1 &&
           set_padding(context, padding) &&
           EVP_DigestVerify(state, signature, signature_count, message, message_count) == 1;
  EVP_MD_CTX_free(state);
  ERR_clear_error();
  return ok;
}

size_t martlet_sign(
    EVP_PKEY *key, const EVP_MD *digest, enum martlet_padding padding, unsigned char *signature,
    size_t capacity, const unsigned char *message, size_t message_count) {
  EVP_MD_CTX *state = EVP_MD_CTX_new();
  if (state == NULL) return 0;
  EVP_PKEY_CTX *context = NULL;  // owned by the state
  size_t count = capacity;
  int ok = EVP_DigestSignInit(state, &context, digest, NULL, key) == 1 &&
           set_padding(context, padding) &&
           EVP_DigestSign(state, signature, &count, message, message_count) == 1;
  EVP_MD_CTX_free(state);
  ERR_clear_error();
  return ok ? count : 0;
}

size_t martlet_ecdsa_der(const unsigned char *r_and_s, unsigned char *der) {
  ECDSA_SIG *signature = ECDSA_SIG_new();
  BIGNUM *r = BN_bin2bn(r_and_s, 32, NULL);
  BIGNUM *s = BN_bin2bn(r_and_s + 32, 32, NULL);
  if (signature == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(signature, r, s) != 1) {
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    return 0;
  }
  unsigned char *end = der;
  int count = i2d_ECDSA_SIG(signature, &end);
  ECDSA_SIG_free(signature);
  return count > 0 ? (size_t)count : 0;
}

EVP_PKEY *martlet_generate_rsa(int bits) {
  EVP_PKEY *key = EVP_RSA_gen((unsigned int)bits);
  ERR_clear_error();
  return key;
}

EVP_PKEY *martlet_generate_curve(const char *curve) {
  EVP_PKEY *key = EVP_EC_gen(curve);
  ERR_clear_error();
  return key;
}

size_t martlet_private_der(EVP_PKEY *key, unsigned char *der, size_t capacity) {
  PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
  if (info == NULL) return 0;
  int count = i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
  if (count > 0 && (size_t)count <= capacity) {
    count = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  } else {
    count = 0;
  }
  PKCS8_PRIV_KEY_INFO_free(info);
  ERR_clear_error();
  return count > 0 ? (size_t)count : 0;
}

size_t martlet_public_der(EVP_PKEY *key, unsigned char *der, size_t capacity) {
  int count = i2d_PUBKEY(key, NULL);
  if (count <= 0 || (size_t)count > capacity) return 0;
  count = i2d_PUBKEY(key, &der);
  ERR_clear_error();
  return count > 0 ? (size_t)count : 0;
}

EVP_PKEY *martlet_private_key_der(const unsigned char *der, size_t count) {
  if (count > LONG_MAX) return NULL;
  EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &der, (long)count);
  ERR_clear_error();
  return key;
}

size_t martlet_sign_digest(
    EVP_PKEY *key, const EVP_MD *kind, enum martlet_padding padding, unsigned char *signature,
    size_t capacity, const unsigned char *digest, size_t digest_count) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
  size_t count = capacity;
  int ok = context != NULL && EVP_PKEY_sign_init(context) == 1 && set_padding(context, padding) &&
           EVP_PKEY_CTX_set_signature_md(context, kind) == 1 &&
           EVP_PKEY_sign(context, signature, &count, digest, digest_count) == 1;
  EVP_PKEY_CTX_free(context);
  ERR_clear_error();
  return ok ? count : 0;
}

int martlet_verify_digest(
    EVP_PKEY *key, const EVP_MD *kind, enum martlet_padding padding,
    const unsigned char *signature, size_t signature_count, const unsigned char *digest,
    size_t digest_count) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
  int ok = context != NULL && EVP_PKEY_verify_init(context) == 1 && set_padding(context, padding) &&
           EVP_PKEY_CTX_set_signature_md(context, kind) == 1 &&
           EVP_PKEY_verify(context, signature, signature_count, digest, digest_count) == 1;
  EVP_PKEY_CTX_free(context);
  ERR_clear_error();
  return ok;
}

static int set_oaep(EVP_PKEY_CTX *context, const EVP_MD *digest) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_oaep_md(context, digest) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1;
}

size_t martlet_oaep_encrypt(
    EVP_PKEY *key, const EVP_MD *digest, const unsigned char *plain, size_t count,
    unsigned char *cipher, size_t capacity) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
  size_t written = capacity;
  int ok = context != NULL && EVP_PKEY_encrypt_init(context) == 1 && set_oaep(context, digest) &&
           EVP_PKEY_encrypt(context, cipher, &written, plain, count) == 1;
  EVP_PKEY_CTX_free(context);
  ERR_clear_error();
  return ok ? written : 0;
}

long martlet_oaep_decrypt(
    EVP_PKEY *key, const EVP_MD *digest, const unsigned char *cipher, size_t count,
    unsigned char *plain, size_t capacity) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
  size_t written = capacity;
  int ok = context != NULL && EVP_PKEY_decrypt_init(context) == 1 && set_oaep(context, digest) &&
           EVP_PKEY_decrypt(context, plain, &written, cipher, count) == 1;
  EVP_PKEY_CTX_free(context);
  ERR_clear_error();
  return ok ? (long)written : -1;
}
