// @ts-check
// What the page carries, packed.

/** @param {string} text base64 @returns {Uint8Array<ArrayBuffer>} */
export function bytesOf(text) {
  const raw = atob(text.trim());
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/** @param {string} text gzip in base64 @returns {Promise<ArrayBuffer>} */
export function unpack(text) {
  return new Response(new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

const mark = 1;
const digits = new TextEncoder().encode("0123456789abcdef");

/**
 * Puts bytes back into a text from which they were lifted (pack.go), as hexadecimal digits.
 * @param {Uint8Array} text with a mark, a count of bytes and a mark for each run of them
 * @param {Uint8Array} raw the bytes of all runs; none: nothing was lifted
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function unlift(text, raw) {
  if (raw.length === 0) return text.slice();
  const whole = new Uint8Array(text.length + 2 * raw.length);
  let [from, to, taken] = [0, 0, 0];
  for (;;) {
    const at = text.indexOf(mark, from);
    const plain = text.subarray(from, at < 0 ? text.length : at);
    whole.set(plain, to);
    to += plain.length;
    if (at < 0) return whole.slice(0, to);
    let bytes = 0;
    for (from = at + 1; from < text.length && text[from] !== mark; from++) bytes = 10 * bytes + text[from] - digits[0];
    from++;
    if (taken + bytes > raw.length) throw new Error("the page lacks bytes of frames");
    for (const end = taken + bytes; taken < end; taken++) {
      whole[to++] = digits[raw[taken] >> 4];
      whole[to++] = digits[raw[taken] & 15];
    }
  }
}
