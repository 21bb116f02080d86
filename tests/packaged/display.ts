import { spawn } from 'node:child_process'

/** A virtual screen that any account of this machine may draw on. */
export class VirtualDisplay implements AsyncDisposable {
  private constructor(
    /** E.g. `:99`. */
    readonly name: string,
    private readonly end: () => Promise<void>,
  ) {}

  static async open(): Promise<VirtualDisplay> {
    const screen = ['-screen', '0', '1600x1000x24', '-nolisten', 'tcp', '-ac']
    // The server chooses a free number and writes it to the third file.
    const server = spawn('Xvfb', ['-displayfd', '3', ...screen], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
    const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()))
    const number = await new Promise<string>((resolve, reject) => {
      server.stdio[3]?.once('data', (chunk) => resolve(String(chunk).trim()))
      server.once('error', reject)
      server.once('exit', () => reject(new Error('the virtual screen has ended')))
    })
    return new VirtualDisplay(`:${number}`, async () => {
      server.kill('SIGTERM')
      await exited
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }
}
