/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/codec: JSON text to tokens. Called by json_read.c, senml_json_dec.c and json_dec.c. See json_lex.h. */

#include "core/codec/json_lex.h"

#include "core/base/hex.h"
#include "core/base/utf8.h"

enum { DEPTH_MAX = 32 };

void tg_json_lex_init(tg_json_lex_t *lex, tg_slice_t text) {
  *lex = (tg_json_lex_t){text, 0};
}

static bool is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}

/* The byte at @p at, or a NUL (which no token has) behind the end. */
static uint8_t peek(tg_slice_t text, size_t at) {
  return at < text.len ? text.p[at] : 0;
}

/* The four hexadecimal digits at @p at, or -1. */
static int32_t hex4(tg_slice_t text, size_t at) {
  int32_t value = 0;
  for (size_t i = 0; i < 4; i++) {
    int digit = tg_hex_digit(peek(text, at + i));
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

static bool is_high(int32_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(int32_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* Checks the escape whose backslash is at @p *at and moves behind it. */
static tg_rc_t check_escape(tg_slice_t text, size_t *at) {
  uint8_t c = peek(text, *at + 1);
  if (c != 'u') {
    *at += 2;
    return c != '\0' && strchr("\"\\/bfnrt", c) ? TG_OK : TG_E_SYNTAX;
  }
  int32_t unit = hex4(text, *at + 2);
  *at += 6;
  if (unit < 0) return TG_E_SYNTAX;
  if (is_low(unit)) return TG_E_ENCODING;
  if (!is_high(unit)) return TG_OK;
  if (peek(text, *at) != '\\' || peek(text, *at + 1) != 'u' || !is_low(hex4(text, *at + 2))) return TG_E_ENCODING;
  *at += 6;
  return TG_OK;
}

static tg_rc_t lex_string(tg_json_lex_t *lex, tg_json_lex_token_t *token) {
  size_t start = lex->at + 1, i = start;
  bool is_ascii = true;
  token->kind = TG_JSON_LEX_STRING;
  while (i < lex->text.len && lex->text.p[i] != '"') {
    uint8_t c = lex->text.p[i];
    if (c < 0x20) return TG_E_SYNTAX;
    if (c != '\\') {
      is_ascii = is_ascii && c < 0x80;
      i++;
      continue;
    }
    token->is_escaped = true;
    tg_rc_t rc = check_escape(lex->text, &i);
    if (rc != TG_OK) return rc;
  }
  if (i >= lex->text.len) return TG_E_SYNTAX;
  token->text = tg_slice(lex->text.p + start, i - start);
  lex->at = i + 1;
  return is_ascii || tg_utf8_valid(token->text) ? TG_OK : TG_E_ENCODING;
}

static size_t skip_digits(tg_slice_t text, size_t at) {
  while (is_digit(peek(text, at))) at++;
  return at;
}

static tg_rc_t lex_number(tg_json_lex_t *lex, tg_json_lex_token_t *token) {
  tg_slice_t text = lex->text;
  size_t whole = lex->at + (peek(text, lex->at) == '-');
  size_t i = skip_digits(text, whole);
  if (i == whole || (peek(text, whole) == '0' && i > whole + 1)) return TG_E_SYNTAX;
  token->kind = TG_JSON_LEX_INTEGER;
  if (peek(text, i) == '.') {
    size_t fraction = i + 1;
    i = skip_digits(text, fraction);
    if (i == fraction) return TG_E_SYNTAX;
    token->kind = TG_JSON_LEX_NUMBER;
  }
  if ((peek(text, i) | 0x20) == 'e') {
    size_t exponent = i + 1;
    if (peek(text, exponent) == '+' || peek(text, exponent) == '-') exponent++;
    i = skip_digits(text, exponent);
    if (i == exponent) return TG_E_SYNTAX;
    token->kind = TG_JSON_LEX_NUMBER;
  }
  token->text = tg_slice(text.p + lex->at, i - lex->at);
  lex->at = i;
  return TG_OK;
}

static tg_rc_t lex_word(tg_json_lex_t *lex, const char *word, tg_json_lex_kind_t kind, tg_json_lex_token_t *token) {
  if (!tg_slice_begins(tg_slice_from(lex->text, lex->at), tg_slice_str(word))) return TG_E_SYNTAX;
  lex->at += strlen(word);
  token->kind = kind;
  return TG_OK;
}

static tg_rc_t lex_mark(tg_json_lex_t *lex, tg_json_lex_kind_t kind, tg_json_lex_token_t *token) {
  lex->at++;
  token->kind = kind;
  return TG_OK;
}

static void skip_blanks(tg_json_lex_t *lex) {
  while (lex->at < lex->text.len) {
    uint8_t c = lex->text.p[lex->at];
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') break;
    lex->at++;
  }
}

static tg_rc_t lex_token(tg_json_lex_t *lex, tg_json_lex_token_t *token) {
  if (lex->at >= lex->text.len) return TG_OK;
  switch (lex->text.p[lex->at]) {
  case '{': return lex_mark(lex, TG_JSON_LEX_OBJECT, token);
  case '}': return lex_mark(lex, TG_JSON_LEX_OBJECT_END, token);
  case '[': return lex_mark(lex, TG_JSON_LEX_ARRAY, token);
  case ']': return lex_mark(lex, TG_JSON_LEX_ARRAY_END, token);
  case ',': return lex_mark(lex, TG_JSON_LEX_COMMA, token);
  case ':': return lex_mark(lex, TG_JSON_LEX_COLON, token);
  case '"': return lex_string(lex, token);
  case 't': return lex_word(lex, "true", TG_JSON_LEX_TRUE, token);
  case 'f': return lex_word(lex, "false", TG_JSON_LEX_FALSE, token);
  case 'n': return lex_word(lex, "null", TG_JSON_LEX_NULL, token);
  default: return lex_number(lex, token);
  }
}

tg_rc_t tg_json_lex_next(tg_json_lex_t *lex, tg_json_lex_token_t *token) {
  *token = (tg_json_lex_token_t){.kind = TG_JSON_LEX_END};
  skip_blanks(lex);
  tg_rc_t rc = lex_token(lex, token);
  if (rc != TG_OK) token->kind = TG_JSON_LEX_END;
  return rc;
}

/* Where a walk through nested containers stands: what may come next depends on what came and on the innermost bracket. */
typedef struct walk {
  uint32_t objects; /* bit n: the container at depth n is an object */
  size_t depth;
  enum { WANT_VALUE, WANT_VALUE_OR_END, WANT_KEY, WANT_KEY_OR_END, WANT_COLON, WANT_COMMA_OR_END } want;
} walk_t;

/* Within a container only: at depth 0 there is no want that leads here. */
static bool in_object(const walk_t *walk) {
  return walk->objects >> (walk->depth - 1) & 1;
}

static tg_rc_t walk_open(walk_t *walk, bool is_object, size_t max) {
  if (walk->depth >= max || walk->depth >= DEPTH_MAX) return TG_E_TOO_LONG;
  uint32_t bit = UINT32_C(1) << walk->depth++;
  walk->objects = is_object ? walk->objects | bit : walk->objects & ~bit;
  walk->want = is_object ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
  return TG_OK;
}

static tg_rc_t walk_close(walk_t *walk, bool is_object) {
  bool may = walk->want == WANT_COMMA_OR_END || walk->want == (is_object ? WANT_KEY_OR_END : WANT_VALUE_OR_END);
  if (!may || in_object(walk) != is_object) return TG_E_SYNTAX;
  walk->depth--;
  walk->want = WANT_COMMA_OR_END;
  return TG_OK;
}

static tg_rc_t walk_step(walk_t *walk, const tg_json_lex_token_t *token, size_t max) {
  bool may_value = walk->want == WANT_VALUE || walk->want == WANT_VALUE_OR_END;
  bool may_key = walk->want == WANT_KEY || walk->want == WANT_KEY_OR_END;
  switch (token->kind) {
  case TG_JSON_LEX_OBJECT:
  case TG_JSON_LEX_ARRAY:
    if (!may_value) return TG_E_SYNTAX;
    return walk_open(walk, token->kind == TG_JSON_LEX_OBJECT, max);
  case TG_JSON_LEX_OBJECT_END:
  case TG_JSON_LEX_ARRAY_END: return walk_close(walk, token->kind == TG_JSON_LEX_OBJECT_END);
  case TG_JSON_LEX_COMMA:
    if (walk->want != WANT_COMMA_OR_END) return TG_E_SYNTAX;
    walk->want = in_object(walk) ? WANT_KEY : WANT_VALUE;
    return TG_OK;
  case TG_JSON_LEX_COLON:
    if (walk->want != WANT_COLON) return TG_E_SYNTAX;
    walk->want = WANT_VALUE;
    return TG_OK;
  case TG_JSON_LEX_STRING:
    if (!may_value && !may_key) return TG_E_SYNTAX;
    walk->want = may_key ? WANT_COLON : WANT_COMMA_OR_END;
    return TG_OK;
  case TG_JSON_LEX_INTEGER:
  case TG_JSON_LEX_NUMBER:
  case TG_JSON_LEX_TRUE:
  case TG_JSON_LEX_FALSE:
  case TG_JSON_LEX_NULL: walk->want = WANT_COMMA_OR_END; return may_value ? TG_OK : TG_E_SYNTAX;
  case TG_JSON_LEX_END:
  default: return TG_E_SYNTAX;
  }
}

tg_rc_t tg_json_lex_skip(tg_json_lex_t *lex, const tg_json_lex_token_t *first, size_t depth) {
  walk_t walk = {0, 0, WANT_VALUE};
  tg_json_lex_token_t token = *first;
  for (;;) {
    tg_rc_t rc = walk_step(&walk, &token, depth);
    if (rc != TG_OK) return rc;
    if (walk.depth == 0) return TG_OK;
    rc = tg_json_lex_next(lex, &token);
    if (rc != TG_OK) return rc;
  }
}

static void put_utf8(tg_buf_t *out, uint32_t c) {
  if (c < 0x80) {
    tg_buf_put_u8(out, (uint8_t)c);
  } else if (c < 0x800) {
    tg_buf_put_be16(out, (uint16_t)(0xC080 | (c & 0x7C0) << 2 | (c & 0x3F)));
  } else if (c < 0x10000) {
    tg_buf_put_be(out, 0xE08080 | (c & 0xF000) << 4 | (c & 0xFC0) << 2 | (c & 0x3F), 3);
  } else {
    tg_buf_put_be32(out, 0xF0808080 | (c & 0x1C0000) << 6 | (c & 0x3F000) << 4 | (c & 0xFC0) << 2 | (c & 0x3F));
  }
}

/* Appends the character of the escape at the start of @p text and returns the escape's length. The lexer has checked it. */
static size_t put_escape(tg_buf_t *out, tg_slice_t text) {
  static const char letters[] = "bfnrt", controls[] = "\b\f\n\r\t";
  uint8_t c = peek(text, 1);
  if (c != 'u') {
    const char *letter = strchr(letters, c);
    tg_buf_put_u8(out, letter ? (uint8_t)controls[letter - letters] : c);
    return 2;
  }
  int32_t unit = hex4(text, 2);
  if (!is_high(unit)) {
    put_utf8(out, (uint32_t)unit);
    return 6;
  }
  put_utf8(out, 0x10000 + ((uint32_t)(unit - 0xD800) << 10 | (uint32_t)(hex4(text, 8) - 0xDC00)));
  return 12;
}

void tg_json_lex_put_unescaped(tg_buf_t *out, tg_slice_t text) {
  while (text.len) {
    size_t run = tg_slice_find(text, '\\');
    tg_buf_put(out, tg_slice(text.p, run));
    text = tg_slice_from(text, run);
    if (text.len) text = tg_slice_from(text, put_escape(out, text));
  }
}
