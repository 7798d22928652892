/**
 * How kernels read their arguments. The host writes up to 128 integers (addresses, sizes) and, behind them, up to
 * 16 float64 numbers into one block (`machine.ts`); every kernel gets its address.
 */

/** Integer argument `index`, as an address or count. */
// @ts-ignore: decorator
@inline
export function arg(args: usize, index: i32): usize {
  return <usize>load<u32>(args + (<usize>index << 2));
}

/** Integer argument `index`, signed. */
// @ts-ignore: decorator
@inline
export function argI(args: usize, index: i32): i32 {
  return load<i32>(args + (<usize>index << 2));
}

/** Float argument `index`, rounded to float32. */
// @ts-ignore: decorator
@inline
export function argF(args: usize, index: i32): f32 {
  return <f32>load<f64>(args + 512 + (<usize>index << 3));
}

/** Float argument `index`. */
// @ts-ignore: decorator
@inline
export function argD(args: usize, index: i32): f64 {
  return load<f64>(args + 512 + (<usize>index << 3));
}
