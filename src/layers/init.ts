import { type Backend, full, normal, type Shape, type Tensor, uniform } from '../tensor/index.ts';
import { Variable } from './layer.ts';

/**
 * Draws initial values. Each variable takes the next stream of the seed, so the values depend on the order in
 * which a model is built and on nothing else.
 */
export class Initialiser {
  readonly backend: Backend;
  private readonly seed: number;
  private stream = 0;

  constructor(seed: number, backend: Backend) {
    this.seed = seed;
    this.backend = backend;
  }

  /** Normal with variance 2/fanIn, for layers before a rectifier (He et al. 2015, eq. 10). */
  he(shape: Shape, fanIn: number): Variable {
    const draws = normal(shape, { seed: this.seed, stream: this.stream++, backend: this.backend });
    return derived(draws, (x) => x.affine(Math.sqrt(2 / fanIn), 0));
  }

  /** Uniform in ±√(6/(fanIn+fanOut)), for layers before none or a tanh (Glorot & Bengio 2010, eq. 16). */
  glorot(shape: Shape, fanIn: number, fanOut: number): Variable {
    const bound = Math.sqrt(6 / (fanIn + fanOut));
    const draws = uniform(shape, { seed: this.seed, stream: this.stream++, backend: this.backend });
    return derived(draws, (x) => x.affine(2 * bound, -bound));
  }

  constant(shape: Shape, value: number, trainable = true): Variable {
    return new Variable(full(shape, value, { backend: this.backend }), trainable);
  }

  /** A number for a layer's own random draws during training (dropout), apart from those of initial values. */
  nextStream(): number {
    return 1000 + this.stream++;
  }
}

function derived(draws: Tensor, map: (x: Tensor) => Tensor): Variable {
  const value = map(draws);
  draws.dispose();
  return new Variable(value);
}
