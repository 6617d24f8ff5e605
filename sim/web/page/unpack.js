// The core comes packed by LZMA (Python's lzma, raw, lc = 3, lp = 0, pb = 2), a sixth smaller than gzip makes it, and
// browsers unpack gzip alone. After Igor Pavlov's specification of 2015 (public domain): a range coder decodes bits, each
// under odds that are learned on the way; from bits come literals, and matches with what came before.

const STATES_OF_LITERAL = 7, POSITION_STATES = 4, LITERAL_BITS = 3;
const odds = (n) => new Uint16Array(n).fill(1024);  // of 0, in units of 1/2048

export function unpack(packed, size) {
  const out = new Uint8Array(size);
  let at = 5, code = 0, range = 0xffffffff, written = 0;
  for (let k = 1; k < 5; ++k) code = ((code << 8) | packed[k]) >>> 0;

  const normalise = () => {
    if (range < 0x1000000) {
      range = (range * 256) >>> 0;
      code = ((code << 8) | packed[at++]) >>> 0;
    }
  };
  const bit = (of, k) => {
    const bound = (range >>> 11) * of[k];
    const one = code >= bound;
    if (one) {
      code -= bound;
      range -= bound;
      of[k] -= of[k] >>> 5;
    } else {
      range = bound;
      of[k] += (2048 - of[k]) >>> 5;
    }
    normalise();
    return +one;
  };
  const direct = (count) => {  // bits with even odds
    let value = 0;
    while (count--) {
      range >>>= 1;
      const one = code >= range;
      if (one) code -= range;
      value = value * 2 + one;
      normalise();
    }
    return value;
  };
  // Numbers of `count` bits, the high bit first or the low one, with odds for each beginning.
  const tree = (of, count, from = 0) => {
    let node = 1;
    for (let k = 0; k < count; ++k) node = node * 2 + bit(of, from + node);
    return node - (1 << count);
  };
  const reverse = (of, count, from = 0) => {
    let node = 1, value = 0;
    for (let k = 0; k < count; ++k) {
      const b = bit(of, from + node);
      node = node * 2 + b;
      value |= b << k;
    }
    return value;
  };

  const lengths = () => ({ choice: odds(2), low: odds(8 * POSITION_STATES), middle: odds(8 * POSITION_STATES), high: odds(256) });
  const length = (of, position) =>
    2 + (!bit(of.choice, 0) ? tree(of.low, 3, 8 * position) : !bit(of.choice, 1) ? 8 + tree(of.middle, 3, 8 * position) : 16 + tree(of.high, 8));

  const literals = odds(0x300 << LITERAL_BITS), isMatch = odds(12 * POSITION_STATES), isRepeated = odds(12), isOther = odds(12), isSecond = odds(12),
    isLast = odds(12), isLong = odds(12 * POSITION_STATES), slots = odds(64 * 4), near = odds(128), align = odds(16), fresh = lengths(), repeated = lengths();
  let state = 0, distance = 0, second = 0, third = 0, fourth = 0;

  while (written < size) {
    const position = written & (POSITION_STATES - 1), here = state * POSITION_STATES + position;
    if (!bit(isMatch, here)) {
      const from = 0x300 * ((written ? out[written - 1] : 0) >> (8 - LITERAL_BITS));
      let symbol = 1;
      if (state >= STATES_OF_LITERAL)  // after a match, the byte that would have gone on with it says what is likely
        for (let other = out[written - distance - 1]; symbol < 256; other <<= 1) {
          const expected = (other >> 7) & 1, b = bit(literals, from + ((1 + expected) << 8) + symbol);
          symbol = symbol * 2 + b;
          if (b !== expected) break;
        }
      while (symbol < 256) symbol = symbol * 2 + bit(literals, from + symbol);
      out[written++] = symbol;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let count;
    if (bit(isRepeated, state)) {
      if (!bit(isOther, state)) {
        if (!bit(isLong, here)) {
          state = state < STATES_OF_LITERAL ? 9 : 11;
          out[written] = out[written - distance - 1];
          ++written;
          continue;
        }
      } else if (!bit(isSecond, state)) {
        [distance, second] = [second, distance];
      } else if (!bit(isLast, state)) {
        [distance, second, third] = [third, distance, second];
      } else {
        [distance, second, third, fourth] = [fourth, distance, second, third];
      }
      count = length(repeated, position);
      state = state < STATES_OF_LITERAL ? 8 : 11;
    } else {
      [second, third, fourth] = [distance, second, third];
      count = length(fresh, position);
      state = state < STATES_OF_LITERAL ? 7 : 10;
      const slot = tree(slots, 6, 64 * Math.min(count - 2, 3)), bits = (slot >> 1) - 1;
      distance = slot < 4 ? slot : (2 | (slot & 1)) * 2 ** bits;
      if (slot >= 14) distance += direct(bits - 4) * 16 + reverse(align, 4);
      else if (slot >= 4) distance += reverse(near, bits, distance - slot);
    }
    for (; count && written < size; --count, ++written) out[written] = out[written - distance - 1];
  }
  return out;
}
