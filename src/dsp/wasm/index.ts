export { filterSection } from './filter';
export { standardise } from './level';
export { limit, logMel } from './logmel';
