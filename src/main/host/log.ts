/** What a developer or a bug report needs; the window never shows it. */
export function logWarning(subject: string, message: string): void {
  process.stderr.write(`[${subject}] ${message}\n`)
}
