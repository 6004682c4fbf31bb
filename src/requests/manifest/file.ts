import { readYaml, type YamlDocument } from './yaml.ts';

/** What a file of manifests holds, in its order. */
export type ManifestFile = readonly YamlDocument[];

/**
 * Reads what a person would give kubectl: one or several documents of YAML or JSON, in UTF-8 or UTF-16, with or without a
 * byte order mark; lists are taken apart. Throws SyntaxError when it cannot be read.
 */
export function readManifestFile(bytes: Uint8Array): ManifestFile {
  const text = decoded(bytes);
  return (jsonDocuments(text) ?? readYaml(text)).flatMap(itemsOf);
}

/** PowerShell writes UTF-16 with a mark at the beginning. */
function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  const text = new TextDecoder(encoding).decode(bytes);
  if (text.includes('\0'))
    throw new SyntaxError('it holds zero bytes: save it as UTF-8, or as UTF-16 with a byte order mark');
  return text;
}

/**
 * JSON is YAML too, but far faster to read. Undefined for whatever is not plain JSON, and for long numbers, which JSON.parse
 * rounds.
 */
function jsonDocuments(text: string): ManifestFile | undefined {
  if (!/^\s*[{[]/.test(text) || /[0-9]{16}/.test(text)) return undefined;
  try {
    return objectsIn(text).map((part) => ({ value: JSON.parse(part) as unknown, warnings: [] }));
  } catch {
    return undefined;
  }
}

/** Objects one after the other, as `jq` and `kubectl get -o json` in a loop write them. */
function objectsIn(text: string): readonly string[] {
  const parts: string[] = [];
  let [depth, begin] = [0, 0];
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token.length > 1) continue;
    depth += token === '{' || token === '[' ? 1 : -1;
    if (depth > 0) continue;
    parts.push(text.slice(begin, index + 1));
    begin = index + 1;
  }
  const rest = text.slice(begin);
  return rest.trim() === '' ? parts : [...parts, rest];
}

/** `kind: List` and the lists of any kind hold manifests. */
function itemsOf({ value, warnings }: YamlDocument): ManifestFile {
  const { kind, items } = (value ?? {}) as { kind?: unknown; items?: unknown };
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items))
    return [{ value, warnings }];
  return items.flatMap((item: unknown, i) => itemsOf({ value: item, warnings: i === 0 ? warnings : [] }));
}
