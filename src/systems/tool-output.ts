/** How a tool ended and what it printed. Lines that explain a problem stand between the others. */
export interface ToolOutput {
  readonly exitCode: number;
  readonly output: string;
}
