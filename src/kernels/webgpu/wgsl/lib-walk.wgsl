// A walk through up to three arrays by the row-major number of an element, with the axes that `walk.ts` has merged:
// params.axis[k] = (size, stride of each array), innermost first, params.axes of them.

struct Walk {
  // Index along the innermost axis.
  column: u32,
  // Offset in each array.
  at: vec3u,
}

fn walkTo(number: u32) -> Walk {
  var walk = Walk(0u, vec3u(0));
  var rest = number;
  for (var k = 0u; k < params.axes; k++) {
    let axis = params.axis[k];
    let outer = rest / axis.x;
    let index = rest - outer * axis.x;
    walk.at += index * axis.yzw;
    if (k == 0u) {
      walk.column = index;
    }
    rest = outer;
  }
  return walk;
}

// From element number - 1 to the next: divides only where a row ends.
fn walkOn(walk: Walk, number: u32) -> Walk {
  let axis = params.axis[0];
  if (walk.column + 1u == axis.x) {
    return walkTo(number);
  }
  return Walk(walk.column + 1u, walk.at + axis.yzw);
}
