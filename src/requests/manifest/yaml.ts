import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  type YAMLMap,
  visit,
} from 'yaml';
import { keyText, LongNumber, scalarValue } from './scalars.ts';

/** One document of a file, and what a person should know about how it was read. */
export interface YamlDocument {
  readonly value: unknown;
  readonly warnings: readonly string[];
}

/** Five times what a thousand nodes with ten disks each need; a file of aliases to aliases would fill the memory. */
const MOST_NODES = 300_000;

/** A person reads no more, and each one counts lines. */
const MOST_WARNINGS = 20;

/** Reads YAML as kubectl does (sigs.k8s.io/yaml); empty documents are left out. Throws SyntaxError with line and column. */
export function readYaml(given: string): readonly YamlDocument[] {
  // A carriage return alone is a line break of YAML too, which the parser does not know.
  const text = given.replace(/\r\n?/g, '\n');
  const lines = (at: number): number => text.slice(0, at).split('\n').length;
  const parsed = parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  const documents = Array.isArray(parsed) ? (parsed as Document[]) : [];
  const found: YamlDocument[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) throw new SyntaxError(error.message.split('\n')[0] ?? 'no YAML');
    if (document.directives?.yaml.explicit === true)
      throw new SyntaxError('kubectl does not read a file with %YAML: remove that line');
    if (document.contents === null) continue;
    const reading = new Reading(document, lines);
    const value = reading.value(document.contents);
    if (value !== null) found.push({ value, warnings: reading.warnings });
  }
  return found;
}

type Fields = Map<string, unknown>;

class Reading {
  readonly warnings: string[] = [];
  readonly #named: ReadonlyMap<Alias, Node>;
  readonly #lineOf: (at: number) => number;
  readonly #open = new Set<Node>();
  #nodes = 0;

  constructor(document: Document, lineOf: (at: number) => number) {
    this.#named = namedBy(document);
    this.#lineOf = lineOf;
  }

  value(given: unknown): unknown {
    if (given === null || given === undefined) return null;
    const node = this.#target(given as Node);
    if (++this.#nodes > MOST_NODES) throw new SyntaxError('its aliases stand for too many values');
    if (isScalar(node)) return this.#at(node, () => scalarValue(node));
    return this.#within(node, () => {
      if (isSeq(node)) return node.items.map((item) => this.value(item));
      if (!isMap(node)) throw this.#wrong(node, 'this is no value');
      const fields: Fields = new Map();
      this.#fill(node, fields, new Set());
      return Object.fromEntries(fields);
    });
  }

  /** A merge takes effect where it stands: what follows it counts more, what stands before it less. */
  #fill(map: YAMLMap, fields: Fields, own: Set<string>): void {
    for (const { key, value } of map.items) {
      if (isMerge(key)) {
        this.#merge(value, fields);
        continue;
      }
      const name = this.#at(key, () => keyText(isAlias(key) ? this.#target(key) : key));
      if (own.has(name) && this.warnings.length < MOST_WARNINGS)
        this.warnings.push(`line ${this.#line(key)}: ${name} stands here a second time, the last one counts`);
      own.add(name);
      fields.set(name, this.value(value));
    }
  }

  /** Of several maps that are merged the first counts most. */
  #merge(given: unknown, fields: Fields): void {
    const node = this.#target(given as Node);
    const maps = isSeq(node) ? node.items.map((item) => this.#target(item as Node)).toReversed() : [node];
    for (const map of maps) {
      if (!isMap(map)) throw this.#wrong(node, '<< takes a map or a list of maps');
      this.#within(map, () => this.#fill(map, fields, new Set()));
    }
  }

  #target(node: Node): Node {
    if (!isAlias(node)) return node;
    const found = this.#named.get(node);
    if (found === undefined) throw this.#wrong(node, `there is no anchor &${node.source}`);
    return found;
  }

  /** An alias inside of what it names would never end. */
  #within<T>(node: Node, read: () => T): T {
    if (this.#open.has(node)) throw this.#wrong(node, 'an anchor holds itself');
    this.#open.add(node);
    try {
      return read();
    } finally {
      this.#open.delete(node);
    }
  }

  #at<T>(node: unknown, read: () => T): T {
    try {
      return read();
    } catch (err) {
      if (err instanceof LongNumber)
        throw this.#wrong(node, `${err.message} has more digits than a number keeps: write it in quotes`);
      throw this.#wrong(node, err instanceof Error ? err.message : String(err));
    }
  }

  #line(node: unknown): number {
    return this.#lineOf((node as Node | null)?.range?.[0] ?? 0);
  }

  #wrong(node: unknown, message: string): SyntaxError {
    return new SyntaxError(`${message} at line ${this.#line(node)}`);
  }
}

/** What each alias stands for: the last node before it with that anchor. The parser's own search begins again each time. */
function namedBy(document: Document): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const named = new Map<Alias, Node>();
  visit(document, {
    Node: (_key, node) => {
      const found = isAlias(node) ? anchors.get(node.source) : undefined;
      if (isAlias(node) && found !== undefined) named.set(node, found);
      if (!isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return named;
}

const isMerge = (key: unknown): boolean =>
  isScalar(key) && key.value === '<<' && (key.type === 'PLAIN' || key.tag === 'tag:yaml.org,2002:merge');
