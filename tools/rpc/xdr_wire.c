/*
 * XDR routines that rpcgen cannot write: small integers that refuse what does not fit, and linked lists without
 * recursion. A list travels as (1, entry) (1, entry) ... 0; here it is an array, so that a million entries need no
 * stack.
 */
#include "openl2tp_rpc.h"

#include <stdlib.h>
#include <string.h>

/* Entries that a decoder accepts before it gives up: bounds the memory that a lying peer can claim. */
#define MAX_LIST_ENTRIES (1U << 20)

static bool_t code_small(XDR* xdrs, uint32_t* value, uint32_t limit) {
  return xdr_uint32_t(xdrs, value) && *value <= limit;
}

bool_t xdr_wire_u8(XDR* xdrs, wire_u8* value) {
  uint32_t wide = *value;
  if (!code_small(xdrs, &wide, UINT8_MAX)) return FALSE;
  *value = (wire_u8)wide;
  return TRUE;
}

bool_t xdr_wire_u16(XDR* xdrs, wire_u16* value) {
  uint32_t wide = *value;
  if (!code_small(xdrs, &wide, UINT16_MAX)) return FALSE;
  *value = (wire_u16)wide;
  return TRUE;
}

typedef bool_t (*entry_coder)(XDR*, void*);

static bool_t encode_list(XDR* xdrs, u_int count, char* entries, size_t size, entry_coder code) {
  bool_t more = TRUE;
  for (u_int i = 0; i < count; ++i) {
    if (!xdr_bool(xdrs, &more) || !code(xdrs, entries + i * size)) return FALSE;
  }
  more = FALSE;
  return xdr_bool(xdrs, &more);
}

/* On failure the entries decoded so far stay in the array; the caller frees them with XDR_FREE as for any XDR value. */
static bool_t decode_list(XDR* xdrs, u_int* count, void** entries, size_t size, entry_coder code) {
  u_int capacity = 0;
  *count = 0;
  *entries = NULL;
  for (;;) {
    bool_t more;
    if (!xdr_bool(xdrs, &more)) return FALSE;
    if (!more) return TRUE;
    if (*count == MAX_LIST_ENTRIES) return FALSE;
    if (*count == capacity) {
      u_int wanted = capacity == 0 ? 16 : capacity * 2;
      void* grown = realloc(*entries, wanted * size);
      if (grown == NULL) return FALSE;
      *entries = grown;
      capacity = wanted;
    }
    char* entry = (char*)*entries + *count * size;
    memset(entry, 0, size);
    ++*count;
    if (!code(xdrs, entry)) return FALSE;
  }
}

static bool_t code_list(XDR* xdrs, u_int* count, void** entries, size_t size, entry_coder code) {
  switch (xdrs->x_op) {
  case XDR_ENCODE: return encode_list(xdrs, *count, *entries, size, code);
  case XDR_DECODE: return decode_list(xdrs, count, entries, size, code);
  case XDR_FREE:
    for (u_int i = 0; i < *count; ++i)
      code(xdrs, (char*)*entries + i * size);
    free(*entries);
    *entries = NULL;
    *count = 0;
    return TRUE;
  }
  return FALSE;
}

#define DEFINE_LIST(name)                                                                                              \
  static bool_t code_##name(XDR* xdrs, void* entry) { return xdr_##name##_entry(xdrs, entry); }                        \
  bool_t xdr_##name(XDR* xdrs, name* list) {                                                                           \
    void* entries = list->entries;                                                                                     \
    bool_t done = code_list(xdrs, &list->count, &entries, sizeof(name##_entry), code_##name);                          \
    list->entries = entries;                                                                                           \
    return done;                                                                                                       \
  }

DEFINE_LIST(l2tp_api_peer_list)
DEFINE_LIST(l2tp_api_peer_profile_list)
DEFINE_LIST(l2tp_api_tunnel_profile_list)
DEFINE_LIST(l2tp_api_session_profile_list)
DEFINE_LIST(l2tp_api_ppp_profile_list)
DEFINE_LIST(l2tp_api_user_list)
DEFINE_LIST(l2tp_ext_peer_list)
