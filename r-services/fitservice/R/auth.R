# Bearer or X-Internal-Token, compared in constant time. Two tokens may be valid at once, so that a
# token can be rotated without a refused request.

OPEN_ROUTES <- c("/healthz", "/health", "/readyz", "/metrics")
LOOPBACK <- c("127.0.0.1", "::1", "localhost")

# Hashes have one length, so neither the length nor the first differing byte shows in the time taken.
same_token <- function(given, known) {
  hash <- function(text) digest::digest(enc2utf8(text), algo = "sha256", serialize = FALSE, raw = TRUE)
  sum(as.integer(xor(hash(given), hash(known)))) == 0L
}

given_token <- function(req) {
  bearer <- req$HTTP_AUTHORIZATION
  if (!is.null(bearer) && grepl("^bearer ", bearer, ignore.case = TRUE)) return(substring(bearer, 8L))
  if (is.null(req$HTTP_X_INTERNAL_TOKEN)) "" else req$HTTP_X_INTERNAL_TOKEN
}

# Every known token is compared, also after a match. No token configured: only loopback gets this far.
is_authorised <- function(req, tokens) {
  if (length(tokens) == 0L || req$PATH_INFO %in% OPEN_ROUTES) return(TRUE)
  given <- given_token(req)
  any(vapply(tokens, function(known) same_token(given, known), TRUE)) && nzchar(given)
}

check_may_bind <- function(host, tokens) {
  if (length(tokens) == 0L && !host %in% LOOPBACK) {
    stop_settings("INTERNAL_TOKEN is not set; without it the service binds to 127.0.0.1 only, not to ",
                  host, ".")
  }
}
