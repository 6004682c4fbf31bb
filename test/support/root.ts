/** Said at once, by name: without it such a test fails later, in the words of mount or losetup. */
export function requireRoot(what: string, uid = process.getuid?.()): void {
  if (uid !== 0) throw new Error(`needs root: it makes ${what}; run it as root: sudo npm test -- unit`);
}
