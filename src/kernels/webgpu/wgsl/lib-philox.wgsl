// Philox 4x32-10 (Salmon et al. 2011), the same words as base/philox.ts. WGSL has no 64-bit integers: the high half
// of a product is put together from 16-bit halves, as there; the low half is what u32 multiplication wraps to.
// About 250 integer instructions for 128 bits; no memory.

fn multiplyHigh(a: u32, b: u32) -> u32 {
  let aLow = a & 0xffffu;
  let aHigh = a >> 16u;
  let bLow = b & 0xffffu;
  let bHigh = b >> 16u;
  // None of these sums overflows: 0xffff·0xffff + 2·0xffff = 2³² − 1.
  let middle1 = aHigh * bLow + ((aLow * bLow) >> 16u);
  let middle2 = aLow * bHigh + (middle1 & 0xffffu);
  return aHigh * bHigh + (middle1 >> 16u) + (middle2 >> 16u);
}

/// Four random words. Convention: counter = (block, step, stream, sample), key = (seed low, seed high).
fn philox4x32(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0; round < 10; round++) {
    c = vec4u(
      multiplyHigh(0xcd9e8d57u, c.z) ^ c.y ^ k.x,
      0xcd9e8d57u * c.z,
      multiplyHigh(0xd2511f53u, c.x) ^ c.w ^ k.y,
      0xd2511f53u * c.x,
    );
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
