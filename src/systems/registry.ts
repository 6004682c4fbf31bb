import { CURVE } from './curve/system.ts';
import { SystemRegistry } from './system.ts';

/** The systems of this product, one line each. Only entry points and the build read it; everybody else is given it. */
export const SYSTEMS = new SystemRegistry([CURVE]);
