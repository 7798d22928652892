/**
 * Names and attributes of every op: the vocabulary shared by the tensor layer and all backends.
 * Shapes are row-major and contiguous everywhere; images are [N, C, H, W], weights [outC, inC/groups, kH, kW].
 * What an op computes is defined by `reference/<family>.ts`; its shape rule and gradient by `tensor/ops/<family>.ts`.
 */

/** Height, width. */
export type Pair = readonly [number, number];
/** Zeros added at top, bottom, left, right. */
export type Padding = readonly [number, number, number, number];

export interface Conv2dAttributes {
  readonly stride: Pair;
  readonly padding: Padding;
  readonly dilation: Pair;
  readonly groups: number;
}

export interface PoolAttributes {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Padding;
}

/** Where in the random stream a mask comes from: Philox key = seed, counter = (block, step, stream, 0). */
export interface RandomAttributes {
  readonly seed: number;
  readonly stream: number;
  readonly step: number;
}

export interface BlockAttributes {
  readonly epsilon: number;
  /** Size and stride of the windows; [1, 1] for none. */
  readonly pool: Pair;
  /** p = 0 for none. */
  readonly dropout: RandomAttributes & { readonly p: number; readonly perChannel: boolean };
}

type None = Readonly<Record<never, never>>;

/** Attributes of each op, by name. `keyof` this is the list of ops. */
export interface OpAttributes {
  // Elementwise, one input.
  neg: None;
  exp: None;
  log: None;
  sqrt: None;
  tanh: None;
  sigmoid: None;
  relu: None;
  gelu: None;
  hardswish: None;
  erf: None;
  /** x·scale + offset. */
  affine: { readonly scale: number; readonly offset: number };

  // Elementwise, two inputs, NumPy broadcasting.
  add: None;
  sub: None;
  mul: None;
  div: None;
  maximum: None;
  minimum: None;
  /** 1 where a > b, else 0. */
  greater: None;
  /** 1 where a = b, else 0. */
  equal: None;
  /** g where x > 0, else 0; inputs (x, g). The gradient of relu. */
  reluBackward: None;

  // Shape. Axes are sorted and not negative.
  sum: { readonly axes: readonly number[]; readonly keepDims: boolean };
  max: { readonly axes: readonly number[]; readonly keepDims: boolean };
  broadcastTo: { readonly shape: readonly number[] };
  /** Same values, other shape; no kernel: the output shares the input's buffer. */
  reshape: { readonly shape: readonly number[] };
  permute: { readonly axes: readonly number[] };
  /** Elements [start, start + size) of every axis. */
  slice: { readonly start: readonly number[]; readonly size: readonly number[] };
  /** `before` and `after` copies of `value` on every axis. */
  pad: { readonly before: readonly number[]; readonly after: readonly number[]; readonly value: number };
  concat: { readonly axis: number };
  /**
   * Inputs of any shapes → one vector: one after the other, each at the next multiple of 64, zeros between; times one
   * of `scales` each, where given. Scales are float32, so that every backend multiplies by the same numbers.
   */
  pack: { readonly scales?: readonly number[] };
  /** inputs (log [n], a [], b []) → the log with a in place `at` and b in the one after. */
  record: { readonly at: number };
  /** inputs (x, indices int32 [n]): picks slices of x along `axis`. */
  gather: { readonly axis: number };
  /** inputs (g, indices int32 [n]): adds slices of g along `axis` into zeros of length `size`, in index order. */
  scatterAdd: { readonly axis: number; readonly size: number };

  /** Batched matrix product of [..., M, K] and [..., K, N]; equal leading axes, or none on one side. */
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean };

  /**
   * inputs (x, weight[, bias [outC]]); then max(0,·) if relu; then, with `pool`, maxPool2d over windows of that size
   * side by side.
   */
  conv2d: Conv2dAttributes & { readonly relu: boolean; readonly pool?: Pair };
  /** inputs (dy, weight): gradient with respect to x of spatial size `inputSize`. */
  conv2dInputGrad: Conv2dAttributes & { readonly inputSize: Pair };
  /** inputs (x, dy): gradient with respect to a weight of spatial size `kernel`. */
  conv2dWeightGrad: Conv2dAttributes & { readonly kernel: Pair };

  /** Padding never wins; the first of equal maxima (row by row) is the one picked. */
  maxPool2d: PoolAttributes;
  /** inputs (x, dy): adds each dy to where maxPool2d(x) took its value; the gradient of maxPool2d. */
  maxPool2dScatter: PoolAttributes;
  /** inputs (x, g): picks g where maxPool2d(x) takes its value; the gradient of maxPool2dScatter. */
  maxPool2dGather: PoolAttributes;
  /** Mean over the window; padding counts as zeros and in the divisor (PyTorch count_include_pad). */
  avgPool2d: PoolAttributes;
  avgPool2dBackward: PoolAttributes & { readonly inputSize: Pair };

  /**
   * inputs (x [N,C,...], gamma [C], beta [C]) → (y, mean [C], variance [C] biased): batch statistics per
   * channel (axis 1) over everything else; y = gamma·(x−mean)/√(variance+epsilon)+beta, then max(0,·) if relu.
   */
  batchNorm: { readonly epsilon: number; readonly relu: boolean };
  /** inputs (x, dy, gamma, beta, mean, variance) → (dx, dgamma, dbeta). */
  batchNormBackward: { readonly epsilon: number; readonly relu: boolean };
  /**
   * inputs (x [N,C,H,W], w1 [K,C], b1 [K], w2 [C,K], b2 [C]) → (y, gate [N,C]): x times a gate for each channel,
   * σ(w2·max(0, w1·mean(x) + b1) + b2).
   */
  squeezeExcitation: None;
  /** inputs (x, dy, w1, b1, w2, b2) → (dx, dw1, db1, dw2, db2). */
  squeezeExcitationBackward: None;
  /**
   * inputs (x [N,F,P], v [K,F], c [K,1], w [heads,K], b [heads,1]) → (pooled [N,F·heads], weights [N,heads,P]):
   * weights = softmax(w·tanh(v·x + c) + b) over positions; pooled[n, f·heads + h] = Σ_p x·weights. Without v and c,
   * and with w [heads,F], the scores are w·x + b.
   */
  attentionPool: None;
  /** inputs (x, dPooled[, v, c], w, weights) → (dx[, dv, dc], dw, db). */
  attentionPoolBackward: None;
  /**
   * inputs (x [N,C,H,W], gamma [C], beta [C]) → (y [N,C,⌊H/ph⌋,⌊W/pw⌋], mean [C], variance [C] biased):
   * y = dropout(maxPool2d(batchNorm with relu)), as those three ops compute it; rows and columns that fill no window
   * count for the statistics only.
   */
  batchNormBlock: BlockAttributes;
  /**
   * inputs (x, dy, gamma, beta, mean, variance) → (dx, dgamma, dbeta). What was normalised, rectified, greatest and
   * dropped is found again from x: nothing of the size of x need be kept beside it.
   */
  batchNormBlockBackward: BlockAttributes;
  /** inputs (x [..., D], gamma [D], beta [D]) → (y, mean [...], variance [...] biased), over the last axis. */
  layerNorm: { readonly epsilon: number };
  /** inputs (x, dy, gamma, mean, variance) → (dx, dgamma, dbeta). */
  layerNormBackward: { readonly epsilon: number };

  /**
   * Zeroes with probability p, scales the rest by 1/(1−p). Unit i (flat index; n·C+c if perChannel, over the
   * first two axes) is dropped when its 16 bits of Philox(block = i>>3, step, stream, 0) are below round(p·2¹⁶):
   * those of word i&3, the lower half for the first four units of a block, the upper for the others.
   */
  dropout: RandomAttributes & { readonly p: number; readonly perChannel: boolean };

  /**
   * inputs (store [L], plan int32 [B,P], levels [B,12]) → windows [B,1,bands,frames], cut from recordings that lie
   * in the store one after the other ([bands, frames of the recording] each) and varied as the plan says: see
   * `window-plan.ts` for its layout and which steps there are. The noise of window i is made of the words of
   * Philox(block, step, stream, i). gain, noise, mixup: whether these steps are taken at all.
   */
  augmentWindows: RandomAttributes & {
    readonly bands: number;
    readonly frames: number;
    readonly frequencyMasks: number;
    readonly timeMasks: number;
    readonly gain: boolean;
    readonly noise: boolean;
    readonly mixup: boolean;
  };

  /**
   * inputs (samples [B,T], window [n], roots [n,2]: cos and −sin of 2πk/n, firstBin int32 [bands], weights
   * [bands,width]) → [B,bands,frames]: power spectra of frames `hopLength` apart, summed over the `width` bins of each
   * band from its first on. `padding` samples are thought before and behind: zeros, or the signal mirrored.
   */
  melPower: { readonly hopLength: number; readonly padding: number; readonly reflect: boolean };

  /** Over the last axis. */
  softmax: None;
  /** Over the last axis. */
  logSoftmax: None;
  /** inputs (logits [N,C], targets [N,C]) → loss [] = −Σₙ Σ_c targets·logSoftmax(logits) / divisor. */
  softmaxCrossEntropy: { readonly divisor: number };
  /** inputs (logits, targets, g []) → dlogits [N,C] = g/divisor·(softmax(logits)·Σ_c targets − targets). */
  softmaxCrossEntropyBackward: { readonly divisor: number };
  /** inputs (q [B,T,D], k [B,S,D], v [B,S,E]) → [B,T,E] = softmax(q·kᵀ·scale)·v. Heads are folded into B. */
  attention: { readonly scale: number };
  /**
   * inputs (q, k, v, g [B,T,E]) → (dq, dk, dv), the gradient of attention: with P = softmax(q·kᵀ·scale),
   * dP = g·vᵀ and dS = P∘(dP − Σ_s P∘dP)·scale: dq = dS·k, dk = dSᵀ·q, dv = Pᵀ·g.
   */
  attentionBackward: { readonly scale: number };

  /**
   * inputs (loss [], previous [], g₁, …, gₙ of any shapes) → norm [] = √(Σᵢ Σ gᵢ²); NaN where loss or previous, the
   * norm of the step before, is not finite: from then on all are, and steps that are given them change nothing.
   */
  globalNorm: None;
  /**
   * inputs (parameter, gradient, m, v[, norm []]) → (parameter, m, v) after one step of Loshchilov & Hutter's AdamW;
   * `step` counts from 1; the first `decayed` elements have weight decay. With a norm: copies of the inputs where it
   * is not finite, else the gradient is divided by max(norm, clipNorm)/clipNorm, unless clipNorm is 0.
   */
  adamwStep: {
    readonly learningRate: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly weightDecay: number;
    readonly step: number;
    readonly clipNorm: number;
    readonly decayed: number;
  };
  /** inputs (parameter, gradient, velocity) → (parameter, velocity): PyTorch's SGD with momentum. */
  sgdStep: {
    readonly learningRate: number;
    readonly momentum: number;
    readonly weightDecay: number;
    readonly nesterov: boolean;
  };
  /** inputs (a, b[, guard []]), a and b of one shape → a·keep + b·take; a where the guard is not finite. */
  blend: { readonly keep: number; readonly take: number };
}

export type OpName = keyof OpAttributes;

/** Ops whose output shares its input's buffer and that therefore have no kernel. */
export type AliasOp = 'reshape';

/** Ops that every backend has a kernel for. */
export type KernelName = Exclude<OpName, AliasOp>;
