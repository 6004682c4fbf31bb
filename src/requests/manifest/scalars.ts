import { isAlias, isCollection, type Scalar } from 'yaml';

/**
 * What a plain word of YAML means to kubectl: the rules of YAML 1.1 as go-yaml v2 keeps them, which sigs.k8s.io/yaml
 * uses. `yes` and `off` are booleans, `0777` is octal, `1:30` and dates stay text.
 */
export type ScalarValue = string | number | boolean | null;

/** A number that would be another one once it is read: it is refused, never rounded. */
export class LongNumber extends Error {}

const TAG = 'tag:yaml.org,2002:';

const WORDS: ReadonlyMap<string, ScalarValue> = new Map<string, ScalarValue>([
  ...words(['y', 'yes', 'true', 'on'], true),
  ...words(['n', 'no', 'false', 'off'], false),
  ...words(['null'], null),
  ['', null],
  ['~', null],
]);

/** As a word is written in small letters, with a capital, and in capitals. */
function words(list: readonly string[], value: ScalarValue): [string, ScalarValue][] {
  return list.flatMap((word): [string, ScalarValue][] => [
    [word, value],
    [word.charAt(0).toUpperCase() + word.slice(1), value],
    [word.toUpperCase(), value],
  ]);
}

const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

/** The value of a scalar; quoted words and words with the tag `!!str` are text. */
export function scalarValue(scalar: Scalar): ScalarValue {
  const text = scalar.source ?? (typeof scalar.value === 'string' ? scalar.value : '');
  const tag = scalar.tag?.startsWith(TAG) === true ? scalar.tag.slice(TAG.length) : scalar.tag;
  if (tag === 'binary') return Buffer.from(text, 'base64').toString('utf8');
  const typed = tag === 'int' || tag === 'float' || tag === 'bool' || tag === 'null';
  const plain = scalar.type === 'PLAIN' || scalar.type === undefined;
  if (!typed) return tag === undefined && plain ? plainValue(text) : text;
  const value = plainValue(text);
  const fits = { int: 'number', float: 'number', bool: 'boolean', null: 'object' }[tag];
  if (typeof value !== fits) throw new SyntaxError(`"${text}" is no !!${tag}`);
  return value;
}

/** The value of a word without quotes. */
export function plainValue(text: string): ScalarValue {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (/^[-+]?\.(inf|Inf|INF|nan|NaN|NAN)$/.test(text)) throw new SyntaxError(`${text} is no number of JSON`);
  if (!/^[-+.0-9]/.test(text)) return text;
  const digits = text.startsWith('.') ? text : text.replaceAll('_', '');
  return integer(digits) ?? float(digits) ?? text;
}

function integer(digits: string): number | undefined {
  const found = INTEGER.exec(digits);
  if (found === null) return undefined;
  const [, sign, hex, binary, octal, decimal] = found;
  const base = hex !== undefined ? `0x${hex}` : binary !== undefined ? `0b${binary}` : undefined;
  const value = Number(base ?? (octal !== undefined ? `0o${octal}` : decimal));
  if (!Number.isSafeInteger(value)) throw new LongNumber(digits);
  return sign === '-' ? -value : value;
}

/** A number beyond all floats is text to go-yaml. */
function float(digits: string): number | undefined {
  if (!FLOAT.test(digits)) return undefined;
  const value = Number(digits);
  if (!Number.isFinite(value)) return undefined;
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && !/[.eE]/.test(digits))
    throw new LongNumber(digits);
  return value;
}

/** How sigs.k8s.io/yaml writes the key of a map that is no text: `on:` is the key `true`. */
export function keyText(key: unknown): string {
  if (isCollection(key) || isAlias(key))
    throw new SyntaxError('a map or a list cannot be the key of a field');
  const value = scalarValue(key as Scalar);
  if (value === null) throw new SyntaxError('a field has no name');
  return String(value);
}
