import { z } from 'zod';

/** An array that nobody changes, as everything that is answered. */
export const list = <T extends z.ZodType>(of: T) => z.array(of).readonly();
