import type { Command } from 'commander';
import type { ClusterSummary } from '../../requests/answers/clusters.ts';
import type { NodeAnswer } from '../../requests/answers/nodes.ts';
import { contextOf } from '../context.ts';
import type { Terminal } from '../terminal.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** Prints what makes a shell complete commands, flags, and names of clusters and nodes. */
export function completionCommand(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .summary('print the completion script of a shell')
    .argument('<shell>', SHELLS.join(', '))
    .addHelpText(
      'after',
      '\nExamples:\n  source <(keelson completion bash)\n  keelson completion zsh > "${fpath[1]}/_keelson"\n' +
        '  keelson completion fish > ~/.config/fish/completions/keelson.fish',
    )
    .action((shell: string) => {
      const script = SCRIPTS[shell as Shell];
      if (script === undefined)
        program.error(`error: no completion for "${shell}"; there is ${SHELLS.join(', ')}`);
      terminal.out(script.trim());
    });

  // What the scripts ask: the words typed after "keelson", the last one unfinished.
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: readonly string[], _flags: object, command: Command) => {
      const candidates = await complete(program, words, (what) => namesOf(what, command, terminal));
      if (candidates.length > 0) terminal.out(candidates.join('\n'));
    });
}

type Named = 'clusters' | 'nodes';

/** Candidates for the last of these words. */
export async function complete(
  program: Command,
  words: readonly string[],
  namesOf: (what: Named) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const last = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const command = program.commands.find((c) => before.includes(c.name()));
  const visible = program.commands.filter((c) => !c.name().startsWith('__')).map((c) => c.name());
  const options = [...(command?.options ?? []), ...program.options];
  const previous = before.at(-1);
  const flag = options.find((o) => previous !== undefined && (o.long === previous || o.short === previous));
  return startingWith(last, await wanted());

  async function wanted(): Promise<readonly string[]> {
    if (flag?.required) return flag.argChoices ?? [];
    if (last.startsWith('-')) return options.flatMap((o) => o.long ?? []);
    if (command === undefined) return visible;
    const what = NAMES[command.name()];
    if (what !== undefined) return namesOf(what);
    return command.name() === 'completion' ? SHELLS : [];
  }
}

const NAMES: Readonly<Record<string, Named>> = {
  get: 'clusters',
  watch: 'clusters',
  retry: 'clusters',
  devices: 'nodes',
};

const startingWith = (prefix: string, words: readonly string[]): readonly string[] =>
  [...new Set(words)].filter((word) => word.startsWith(prefix)).sort();

/** Completing must never print an error into the line that is being typed: without an API there are no names. */
async function namesOf(what: Named, command: Command, terminal: Terminal): Promise<readonly string[]> {
  try {
    const { api } = contextOf(command, terminal);
    const { items } = await api.json<{ items: readonly (ClusterSummary | NodeAnswer)[] }>(`/v1/${what}`, {
      timeoutMs: 2_000,
    });
    return items.map((item) => item.name);
  } catch {
    return [];
  }
}

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `
_keelson() {
  local IFS=$'\\n'
  COMPREPLY=($(keelson __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  if [[ \${#COMPREPLY[@]} -eq 0 ]]; then
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  fi
}
complete -F _keelson keelson
`,
  zsh: `
#compdef keelson
_keelson() {
  local -a found
  found=(\${(f)"$(keelson __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#found} )); then compadd -- $found; else _files; fi
}
compdef _keelson keelson
`,
  fish: `
function __keelson_complete
  set -l words (commandline -opc) (commandline -ct)
  keelson __complete -- $words[2..-1] 2>/dev/null
end
complete -c keelson -a '(__keelson_complete)'
`,
};
