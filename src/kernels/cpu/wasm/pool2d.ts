/**
 * Pooling. A piece is a run of planes (image, channel). Windows of 2×2 at stride 2 without padding, by far the
 * commonest, go four at a time; all others one by one, clipped to the image.
 * The maximum is the first of equals, and the first NaN if there is one.
 */
import { arg, argI } from './args';
import { evens, larger, odds, replaces } from './windows';

/** First plane of a piece. */
// @ts-ignore: decorator
@inline
function firstPlane(args: usize, piece: i32): i32 {
  return <i32>(<i64>piece * argI(args, 3) / argI(args, 4));
}

/** Windows of 2×2 side by side, all within the image. */
function isHalving(args: usize): bool {
  for (let i = 9; i < 13; i++) if (argI(args, i) != 2) return false;
  return argI(args, 13) == 0 && argI(args, 14) == 0 &&
    2 * argI(args, 7) <= argI(args, 5) && 2 * argI(args, 8) <= argI(args, 6);
}

/** Where the maximum of a clipped window is; 0 if the window is empty (no value lies at address 0). */
function maximumAt(x: usize, width: i32, top: i32, bottom: i32, left: i32, right: i32): usize {
  let best: usize = 0;
  let highest: f32 = 0;
  for (let r = top; r < bottom; r++) {
    let at = x + (<usize>(r * width + left) << 2);
    for (let c = left; c < right; c++, at += 4) {
      const value = load<f32>(at);
      if (value != value) return at;
      if (best == 0 || value > highest) {
        best = at;
        highest = value;
      }
    }
  }
  return best;
}

/**
 * What the three max-pool kernels do with the windows of a plane: PICK the maximum, SCATTER g to where it is (into
 * zeros), GATHER g from there.
 */
const PICK = 0;
const SCATTER = 1;
const GATHER = 2;

/**
 * args: result, x, g, planes, pieces, height, width, outHeight, outWidth, kernel, stride (two each), top, left.
 */
// @ts-ignore: decorator
@inline
function poolWindows(mode: i32, args: usize, piece: i32): void {
  const height = argI(args, 5);
  const width = argI(args, 6);
  const outHeight = argI(args, 7);
  const outWidth = argI(args, 8);
  const kH = argI(args, 9);
  const kW = argI(args, 10);
  const sH = argI(args, 11);
  const sW = argI(args, 12);
  const padTop = argI(args, 13);
  const padLeft = argI(args, 14);
  const planeBytes = <usize>(height * width) << 2;
  const outBytes = <usize>(outHeight * outWidth) << 2;
  const fast = isHalving(args);
  const end = firstPlane(args, piece + 1);
  for (let plane = <usize>firstPlane(args, piece); plane < <usize>end; plane++) {
    const x = arg(args, 1) + plane * planeBytes;
    // Result and g: one has the size of x, the other that of the windows.
    let small = arg(args, mode == SCATTER ? 2 : 0) + plane * outBytes;
    const large = mode == PICK ? x : arg(args, mode == SCATTER ? 0 : 2) + plane * planeBytes;
    // Windows side by side write every value they cover; the rest of a plane is cleared row by row.
    if (mode == SCATTER) {
      const covered = fast ? <usize>(2 * outHeight * width) << 2 : 0;
      memory.fill(large + covered, 0, planeBytes - covered);
    }
    for (let i = 0; i < outHeight; i++) {
      let j = 0;
      if (fast) {
        const rowBytes = <usize>width << 2;
        let at = <usize>(2 * i * width) << 2;
        for (; j + 4 <= outWidth; j += 4, at += 32, small += 16) {
          const p = x + at;
          const q = p + rowBytes;
          if (mode == PICK) {
            const low = larger(v128.load(p), v128.load(q));
            const high = larger(v128.load(p, 16), v128.load(q, 16));
            v128.store(small, larger(evens(low, high), odds(low, high)));
            continue;
          }
          const a = evens(v128.load(p), v128.load(p, 16));
          const b = odds(v128.load(p), v128.load(p, 16));
          const c = evens(v128.load(q), v128.load(q, 16));
          const d = odds(v128.load(q), v128.load(q, 16));
          const takeB = replaces(b, a);
          const ab = v128.bitselect(b, a, takeB);
          const takeC = replaces(c, ab);
          const abc = v128.bitselect(c, ab, takeC);
          const takeD = replaces(d, abc);
          const to = large + at;
          if (mode == SCATTER) {
            const g = v128.load(small);
            const gD = v128.and(g, takeD);
            const notD = v128.andnot(g, takeD);
            const gC = v128.and(notD, takeC);
            const notC = v128.andnot(notD, takeC);
            const gB = v128.and(notC, takeB);
            const gA = v128.andnot(notC, takeB);
            v128.store(to, v128.shuffle<f32>(gA, gB, 0, 4, 1, 5));
            v128.store(to, v128.shuffle<f32>(gA, gB, 2, 6, 3, 7), 16);
            v128.store(to + rowBytes, v128.shuffle<f32>(gC, gD, 0, 4, 1, 5));
            v128.store(to + rowBytes, v128.shuffle<f32>(gC, gD, 2, 6, 3, 7), 16);
          } else {
            const gP = v128.load(to);
            const gP1 = v128.load(to, 16);
            const gQ = v128.load(to + rowBytes);
            const gQ1 = v128.load(to + rowBytes, 16);
            const gAB = v128.bitselect(odds(gP, gP1), evens(gP, gP1), takeB);
            const gABC = v128.bitselect(evens(gQ, gQ1), gAB, takeC);
            v128.store(small, v128.bitselect(odds(gQ, gQ1), gABC, takeD));
          }
        }
        if (mode == SCATTER && 2 * j < width) {
          const bytes = <usize>(width - 2 * j) << 2;
          memory.fill(large + at, 0, bytes);
          memory.fill(large + at + rowBytes, 0, bytes);
        }
      }
      const row = i * sH - padTop;
      for (; j < outWidth; j++, small += 4) {
        const column = j * sW - padLeft;
        const at = maximumAt(
          x, width, max(row, 0), min(row + kH, height), max(column, 0), min(column + kW, width),
        );
        if (mode == PICK) {
          store<f32>(small, at ? load<f32>(at) : -Infinity);
        } else if (mode == SCATTER) {
          const to = at - x + large;
          if (at) store<f32>(to, load<f32>(to) + load<f32>(small));
        } else {
          store<f32>(small, at ? load<f32>(at - x + large) : 0);
        }
      }
    }
  }
}

export function maxPool2d(args: usize, piece: i32, scratch: usize): void {
  poolWindows(PICK, args, piece);
}

export function maxPool2dScatter(args: usize, piece: i32, scratch: usize): void {
  poolWindows(SCATTER, args, piece);
}

export function maxPool2dGather(args: usize, piece: i32, scratch: usize): void {
  poolWindows(GATHER, args, piece);
}

/** Four lanes, in a fixed order. */
// @ts-ignore: decorator
@inline
function laneSum(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** args as above; result y, x unused g. Sums a window row by row, four values at a time, rows in float64. */
export function avgPool2d(args: usize, piece: i32, scratch: usize): void {
  const height = argI(args, 5);
  const width = argI(args, 6);
  const outHeight = argI(args, 7);
  const outWidth = argI(args, 8);
  const kH = argI(args, 9);
  const kW = argI(args, 10);
  const share = 1 / (<f64>kH * <f64>kW);
  const fast = isHalving(args);
  const quarter = f32x4.splat(0.25);
  const end = firstPlane(args, piece + 1);
  for (let plane = <usize>firstPlane(args, piece); plane < <usize>end; plane++) {
    const x = arg(args, 1) + (plane * <usize>(height * width) << 2);
    let y = arg(args, 0) + (plane * <usize>(outHeight * outWidth) << 2);
    for (let i = 0; i < outHeight; i++) {
      const row = i * argI(args, 11) - argI(args, 13);
      let j = 0;
      if (fast) {
        let p = x + (<usize>(2 * i * width) << 2);
        for (; j + 4 <= outWidth; j += 4, p += 32, y += 16) {
          const q = p + (<usize>width << 2);
          const a = f32x4.add(v128.load(p), v128.load(q));
          const b = f32x4.add(v128.load(p, 16), v128.load(q, 16));
          v128.store(y, f32x4.mul(f32x4.add(evens(a, b), odds(a, b)), quarter));
        }
      }
      for (; j < outWidth; j++, y += 4) {
        const column = j * argI(args, 12) - argI(args, 14);
        const left = max(column, 0);
        const right = min(column + kW, width);
        const bottom = min(row + kH, height);
        let total: f64 = 0;
        for (let r = max(row, 0); r < bottom; r++) {
          let at = x + (<usize>(r * width + left) << 2);
          let c = left;
          if (right - left >= 4) {
            let lanes = f32x4.splat(0);
            for (; c + 4 <= right; c += 4, at += 16) lanes = f32x4.add(lanes, v128.load(at));
            total += laneSum(lanes);
          }
          for (; c < right; c++, at += 4) total += load<f32>(at);
        }
        store<f32>(y, <f32>(total * share));
      }
    }
  }
}

/** args as above; result dx, x is dy. */
export function avgPool2dBackward(args: usize, piece: i32, scratch: usize): void {
  const height = argI(args, 5);
  const width = argI(args, 6);
  const outHeight = argI(args, 7);
  const outWidth = argI(args, 8);
  const kH = argI(args, 9);
  const kW = argI(args, 10);
  const share = 1 / (<f64>kH * <f64>kW);
  const fast = isHalving(args);
  const quarter = f32x4.splat(0.25);
  const end = firstPlane(args, piece + 1);
  for (let plane = <usize>firstPlane(args, piece); plane < <usize>end; plane++) {
    const dx = arg(args, 0) + (plane * <usize>(height * width) << 2);
    let dy = arg(args, 1) + (plane * <usize>(outHeight * outWidth) << 2);
    memory.fill(dx, 0, <usize>(height * width) << 2);
    for (let i = 0; i < outHeight; i++) {
      const row = i * argI(args, 11) - argI(args, 13);
      const bottom = min(row + kH, height);
      let j = 0;
      if (fast) {
        let p = dx + (<usize>(2 * i * width) << 2);
        for (; j + 4 <= outWidth; j += 4, p += 32, dy += 16) {
          const q = p + (<usize>width << 2);
          const g = f32x4.mul(v128.load(dy), quarter);
          const low = v128.shuffle<f32>(g, g, 0, 0, 1, 1);
          const high = v128.shuffle<f32>(g, g, 2, 2, 3, 3);
          v128.store(p, low);
          v128.store(p, high, 16);
          v128.store(q, low);
          v128.store(q, high, 16);
        }
      }
      for (; j < outWidth; j++, dy += 4) {
        const column = j * argI(args, 12) - argI(args, 14);
        const left = max(column, 0);
        const right = min(column + kW, width);
        const value = <f32>(<f64>load<f32>(dy) * share);
        const values = f32x4.splat(value);
        for (let r = max(row, 0); r < bottom; r++) {
          let to = dx + (<usize>(r * width + left) << 2);
          let c = left;
          for (; c + 4 <= right; c += 4, to += 16) v128.store(to, f32x4.add(v128.load(to), values));
          for (; c < right; c++, to += 4) store<f32>(to, load<f32>(to) + value);
        }
      }
    }
  }
}
