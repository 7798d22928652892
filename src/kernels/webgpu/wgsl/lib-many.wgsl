// Element i of any of TENSORS tensors, bound from 0 on; zero of a tensor that is not there. Declarations and cases
// are written by many.ts.

$DECLARATIONS

fn load(tensor: u32, i: u32) -> $LOADED {
  switch tensor {
    $CASES
    default: { return $LOADED(); }
  }
}
