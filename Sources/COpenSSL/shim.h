// OpenSSL spells much of its interface as macros, which Swift cannot import: each one that is needed
// becomes an inline function over plain integers here.
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
