// 4×4 blocks of the operands of `matmul.wgsl`, whichever way these lie: four loads of 16 bytes (of 4 where rows are not
// whole vectors), zeros outside, transposed in registers where the operand lies along k. Needs its params, a and b.

/// Where a 4×4 block of an operand lies in memory: four rows of it, at most four neighbours in each.
struct Source {
  at: u32,
  step: u32,
  rows: u32,
  count: u32,
}

/// How many of four from `first` on are below `end`.
fn remaining(first: u32, end: u32) -> u32 {
  return min(select(0u, end - first, first < end), 4u);
}

/// The block from l (in m or n, of `extent`) and k on.
fn sourceOf(start: u32, l: u32, extent: u32, k: u32, endK: u32, alongK: bool) -> Source {
  let ofL = remaining(l, extent);
  let ofK = remaining(k, endK);
  if (alongK) {
    return Source(start + l * params.k + k, params.k, ofL, ofK);
  }
  return Source(start + k * extent + l, extent, ofK, ofL);
}

fn rowOfA(source: Source, i: u32) -> vec4f {
  let at = source.at + i * source.step;
  if (i >= source.rows || source.count == 0u) {
    return vec4f();
  }
  return select(vec4f(), $LOAD_A, vec4u(0u, 1u, 2u, 3u) < vec4u(source.count));
}

fn rowOfB(source: Source, i: u32) -> vec4f {
  let at = source.at + i * source.step;
  if (i >= source.rows || source.count == 0u) {
    return vec4f();
  }
  return select(vec4f(), $LOAD_B, vec4u(0u, 1u, 2u, 3u) < vec4u(source.count));
}

/// Column j: the values for k+j.
fn load(source: Source, ofA: bool, alongK: bool) -> mat4x4f {
  var block: mat4x4f;
  if (ofA) {
    block = mat4x4f(rowOfA(source, 0u), rowOfA(source, 1u), rowOfA(source, 2u), rowOfA(source, 3u));
  } else {
    block = mat4x4f(rowOfB(source, 0u), rowOfB(source, 1u), rowOfB(source, 2u), rowOfB(source, 3u));
  }
  if (alongK) {
    return transpose(block);
  }
  return block;
}
