// Masks are decimal texts: flags have 64 bits, JavaScript's numbers 53 and its operators 32.

const WIDTH = 64;

// An address may hold anything; the server says what is wrong with it.
export function integer(mask) {
  try {
    return BigInt.asUintN(WIDTH, BigInt(mask));
  } catch {
    return 0n;
  }
}

export function drops(mask, bit) {
  return ((integer(mask) >> BigInt(bit)) & 1n) === 1n;
}

export function toggled(mask, bit) {
  return String(integer(mask) ^ (1n << BigInt(bit)));
}

export function without(mask, bit) {
  return String(integer(mask) & ~(1n << BigInt(bit)));
}

export function hexadecimal(mask) {
  return `0x${integer(mask).toString(16).toUpperCase()}`;
}

// 4297064449 -> [32, 21, 0].
export function bitsOf(value) {
  const bits = [];
  for (let bit = WIDTH - 1; bit >= 0; bit -= 1) if (drops(value, bit)) bits.push(bit);
  return bits;
}

// The official guide's own way to ask for a bit, in SQL.
export function decoded(bit) {
  return `MOD(FLOOR("flags" / POWER(2, ${bit})), 2)`;
}

const CONDITION = /^MOD\(FLOOR\("flags" \/ POWER\(2, (\d+)\)\), 2\) = 1$/;

// The condition on whole rows with "only those with this flag" put in, or taken out again.
export function onlyWith(sql, bit) {
  const condition = `${decoded(bit)} = 1`;
  const parts = sql.trim().split(" AND ");
  const others = parts.filter((part) => part && !CONDITION.test(part));
  if (parts.includes(condition)) return others.join(" AND ");
  // Somebody's own OR must not swallow it.
  const own = others.join(" AND ");
  const kept = /\bOR\b/i.test(own) && !isWrapped(own) ? `(${own})` : own;
  return [kept, condition].filter(Boolean).join(" AND ");
}

// Whether one pair of brackets holds all of it; "(a) OR (b)" has two.
function isWrapped(sql) {
  let depth = 0;
  for (const [place, letter] of Array.from(sql).entries()) {
    depth += { "(": 1, ")": -1 }[letter] ?? 0;
    if (depth === 0) return place === sql.length - 1 && letter === ")";
  }
  return false;
}

export function isOnlyWith(sql, bit) {
  return sql.trim().split(" AND ").includes(`${decoded(bit)} = 1`);
}
