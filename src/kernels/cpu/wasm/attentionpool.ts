/**
 * Attention pooling. Positions go through in panels of 8, from the features to the scores without leaving the cache.
 * Every step rounds and adds as the op of its own does: the bits are the same.
 */
import { arg, argI } from './args';
import { rowsTimesVector, vectorTimesColumns } from './dots';
import { storeFirst } from './lanes';
import { tanhV } from './math';
import { multiplyPanel, packColumns, packedBytes, packPanel, packRows, storePanel } from './panels';
import { softmaxRow } from './rows';
import { sumOfProducts } from './sums';
import { multiply } from './tile';
import { transpose4, transpose8 } from './transpose';

/** Bytes of a panel of `rows` rows and whatever makes them fours. */
// @ts-ignore: decorator
@inline
function panelBytes(rows: usize): usize {
  return ((rows + 3) & ~3) << 5;
}

// @ts-ignore: decorator
@inline
function addBias(y: usize, count: i32, bias: f32): void {
  const b = f32x4.splat(bias);
  for (let i = 0; i < count; i += 4, y += 16) storeFirst(y, f32x4.add(v128.load(y), b), <usize>min(4, count - i));
}

/** tanh(W·x + b) of a panel of x; W packed. */
// @ts-ignore: decorator
@inline
function hiddenPanel(hidden: usize, w: usize, bias: usize, panel: usize, features: i32, units: i32): void {
  multiply(hidden, w, panel, features, (units + 3) >> 2, 32);
  for (let k = 0; k < units; k++, hidden += 32, bias += 4) {
    const b = v128.load32_splat(bias);
    v128.store(hidden, tanhV(f32x4.add(v128.load(hidden), b)));
    v128.store(hidden, tanhV(f32x4.add(v128.load(hidden, 16), b)), 16);
  }
}

/**
 * args: scores, x, weight and bias of the scores, weight and bias of the hidden layer, features, hidden units (0: no such
 * layer), heads, positions, positions a piece, pieces an image.
 */
export function attentionScoresKernel(args: usize, piece: i32, scratch: usize): void {
  const features = argI(args, 6);
  const units = argI(args, 7);
  const heads = argI(args, 8);
  const positions = argI(args, 9);
  const image = piece / argI(args, 11);
  const first = (piece - image * argI(args, 11)) * argI(args, 10);
  const count = min(argI(args, 10), positions - first);
  const rowBytes = <usize>positions << 2;
  const x = arg(args, 1) + <usize>(image * features) * rowBytes + (<usize>first << 2);
  const scores = arg(args, 0) + <usize>(image * heads) * rowBytes + (<usize>first << 2);
  const scoreWeight = arg(args, 2);
  const bias = arg(args, 3);
  if (units == 0) {
    for (let h: usize = 0; h < <usize>heads; h++) {
      const y = scores + h * rowBytes;
      vectorTimesColumns(y, scoreWeight + (h * <usize>features << 2), x, count, features, rowBytes);
      addBias(y, count, load<f32>(bias + (h << 2)));
    }
    return;
  }
  const hiddenWeights = scratch;
  const scoreWeights = hiddenWeights + packedBytes(units, features);
  const panel = scoreWeights + packedBytes(heads, units);
  const hidden = panel + (<usize>features << 5);
  const tile = hidden + panelBytes(units);
  packRows(hiddenWeights, arg(args, 4), units, features);
  packRows(scoreWeights, scoreWeight, heads, units);
  for (let p = 0; p < count; p += 8) {
    const at = <usize>p << 2;
    packPanel(panel, x + at, count - p, features, rowBytes);
    hiddenPanel(hidden, hiddenWeights, arg(args, 5), panel, features, units);
    multiplyPanel(scores + at, scoreWeights, hidden, units, heads, count - p, rowBytes, tile);
    for (let h: usize = 0; h < <usize>heads; h++) {
      addBias(scores + at + h * rowBytes, min(8, count - p), load<f32>(bias + (h << 2)));
    }
  }
}

/** args: pooled, weights (scores before), x, features, heads, positions. A piece is an image. */
export function attentionPoolKernel(args: usize, piece: i32, scratch: usize): void {
  const features = argI(args, 3);
  const heads = argI(args, 4);
  const positions = argI(args, 5);
  const rowBytes = <usize>positions << 2;
  const x = arg(args, 2) + <usize>(piece * features) * rowBytes;
  const weights = arg(args, 1) + <usize>(piece * heads) * rowBytes;
  const pooled = arg(args, 0) + (<usize>(piece * features * heads) << 2);
  for (let h: usize = 0; h < <usize>heads; h++) softmaxRow(weights + h * rowBytes, weights + h * rowBytes, positions);
  if (heads == 1) {
    rowsTimesVector(pooled, x, weights, features, positions);
    return;
  }
  const rows = scratch + 128;
  const panel = rows + (rowBytes << 2);
  for (let h = 0; h < heads; h += 8) {
    transpose8(panel, weights + <usize>h * rowBytes, rowBytes, min(8, heads - h), positions);
    for (let f = 0; f < features; f += 4) {
      const valid = min(4, features - f);
      transpose4(rows, x + <usize>f * rowBytes, rowBytes, valid, positions, 16);
      const to = pooled + (<usize>(f * heads + h) << 2);
      multiplyPanel(to, rows, panel, positions, valid, heads - h, <usize>heads << 2, scratch);
    }
  }
}

/** weight·(dWeight − Σ dWeight·weight), in place of dWeight. */
// @ts-ignore: decorator
@inline
function softmaxBackward(slopes: usize, weights: usize, count: usize): void {
  const mean = f32x4.splat(sumOfProducts(slopes, weights, count));
  for (let i: usize = 0; i < count; i += 4) {
    const centred = f32x4.sub(v128.load(slopes + (i << 2)), mean);
    storeFirst(slopes + (i << 2), f32x4.mul(v128.load(weights + (i << 2)), centred), min(4, count - i));
  }
}

/** dHidden·(1 − hidden²), in place of dHidden. */
// @ts-ignore: decorator
@inline
function tanhBackward(slopes: usize, hidden: usize, bytes: usize): void {
  const one = f32x4.splat(1);
  for (let i: usize = 0; i < bytes; i += 16) {
    const h = v128.load(hidden + i);
    const slope = f32x4.sub(one, f32x4.mul(h, h));
    v128.store(slopes + i, f32x4.mul(v128.load(slopes + i), slope));
  }
}

/**
 * args: dx, x, g, weights, weight of the scores, weight and bias of the hidden layer, features, hidden units (0: no such
 * layer), heads, positions; then, a row an image, gradients of scores and of the hidden layer before tanh, and
 * of the weights of both. A piece is an image.
 */
export function attentionPoolBackwardKernel(args: usize, piece: i32, scratch: usize): void {
  const features = argI(args, 7);
  const units = argI(args, 8);
  const heads = argI(args, 9);
  const positions = argI(args, 10);
  const seen = units ? units : features;
  const rowBytes = <usize>positions << 2;
  const featureBytes = <usize>features << 2;
  const dx = arg(args, 0) + <usize>(piece * features) * rowBytes;
  const x = arg(args, 1) + <usize>(piece * features) * rowBytes;
  const g = arg(args, 2) + (<usize>(piece * features * heads) << 2);
  const weights = arg(args, 3) + <usize>(piece * heads) * rowBytes;
  const dScores = arg(args, 11) + <usize>(piece * heads) * rowBytes;
  const dBefore = arg(args, 12) + <usize>(piece * units) * rowBytes;
  const dScoreWeight = arg(args, 13) + (<usize>(piece * heads * seen) << 2);
  const dHiddenWeight = arg(args, 14) + <usize>(piece * units) * featureBytes;

  // What all panels of positions have in common, packed.
  const gRows = scratch;
  const gColumns = gRows + packedBytes(features, heads);
  const scoreWeights = gColumns + packedBytes(heads, features);
  const hiddenWeights = scoreWeights + packedBytes(seen, heads);
  const hiddenWeightsTurned = hiddenWeights + packedBytes(units, features);
  // A panel of everything.
  const panel = hiddenWeightsTurned + packedBytes(features, units);
  const ofHeads = panel + max(featureBytes, rowBytes) * 8;
  const hidden = ofHeads + panelBytes(heads);
  const dHidden = hidden + panelBytes(units);
  const direct = dHidden + panelBytes(units);
  const through = direct + panelBytes(features);
  // All positions: of the hidden layer and of its gradient.
  const hiddenTurned = through + max(panelBytes(features), max(panelBytes(units), panelBytes(heads)));
  const dBeforeRows = hiddenTurned + ((<usize>units + 7) >> 3) * rowBytes * 8;
  const dScoreRows = dBeforeRows + packedBytes(units, positions);

  packRows(gRows, g, features, heads);
  packColumns(gColumns, g, heads, features, <usize>heads << 2);
  for (let p = 0; p < positions; p += 8) {
    packPanel(panel, x + (<usize>p << 2), positions - p, features, rowBytes);
    multiplyPanel(dScores + (<usize>p << 2), gColumns, panel, features, heads, positions - p, rowBytes, through);
  }
  for (let h: usize = 0; h < <usize>heads; h++) {
    softmaxBackward(dScores + h * rowBytes, weights + h * rowBytes, positions);
  }

  packColumns(scoreWeights, arg(args, 4), seen, heads, <usize>seen << 2);
  if (units) {
    packRows(hiddenWeights, arg(args, 5), units, features);
    packColumns(hiddenWeightsTurned, arg(args, 5), features, units, featureBytes);
  }
  for (let p = 0; p < positions; p += 8) {
    const at = <usize>p << 2;
    const valid = min(8, positions - p);
    packPanel(ofHeads, weights + at, valid, heads, rowBytes);
    multiply(direct, gRows, ofHeads, heads, (features + 3) >> 2, 32);
    packPanel(ofHeads, dScores + at, valid, heads, rowBytes);
    if (units) {
      packPanel(panel, x + at, valid, features, rowBytes);
      hiddenPanel(hidden, hiddenWeights, arg(args, 6), panel, features, units);
      multiply(dHidden, scoreWeights, ofHeads, heads, (units + 3) >> 2, 32);
      tanhBackward(dHidden, hidden, <usize>units << 5);
      storePanel(dBefore + at, dHidden, units, valid, rowBytes);
      for (let k = 0; k < units; k += 8) {
        const to = hiddenTurned + <usize>(k >> 3) * rowBytes * 8 + (at << 3);
        transpose8(to, hidden + (<usize>k << 5), 32, min(8, units - k), valid);
      }
      for (let k = 0; k < units; k += 4) {
        const to = dBeforeRows + <usize>(k >> 2) * rowBytes * 4 + (at << 2);
        transpose4(to, dHidden + (<usize>k << 5), 32, min(4, units - k), valid, 16);
      }
      multiply(through, hiddenWeightsTurned, dHidden, units, (features + 3) >> 2, 32);
    } else {
      multiply(through, scoreWeights, ofHeads, heads, (features + 3) >> 2, 32);
    }
    for (let i: usize = 0; i < <usize>features << 5; i += 16) {
      v128.store(direct + i, f32x4.add(v128.load(direct + i), v128.load(through + i)));
    }
    storePanel(dx + at, direct, features, valid, rowBytes);
  }

  if (units == 0) {
    for (let h: usize = 0; h < <usize>heads; h++) {
      rowsTimesVector(dScoreWeight + h * featureBytes, x, dScores + h * rowBytes, features, positions);
    }
    return;
  }
  packRows(dScoreRows, dScores, heads, positions);
  for (let k = 0; k < units; k += 8) {
    const from = hiddenTurned + <usize>(k >> 3) * rowBytes * 8;
    const to = dScoreWeight + (<usize>k << 2);
    multiplyPanel(to, dScoreRows, from, positions, heads, units - k, <usize>units << 2, through);
  }
  for (let f = 0; f < features; f += 8) {
    transpose8(panel, x + <usize>f * rowBytes, rowBytes, min(8, features - f), positions);
    const to = dHiddenWeight + (<usize>f << 2);
    multiplyPanel(to, dBeforeRows, panel, positions, units, features - f, featureBytes, through);
  }
}
