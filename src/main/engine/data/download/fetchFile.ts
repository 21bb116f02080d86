import { mkdir, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Checksum } from '@shared/datasets/catalogue'
import { VitrineError } from '@shared/errors'
import { partOf } from '@shared/folders'
import type { JobContext } from '@engine/job'
import { throwIfEnded } from '../progress'
import { BrokenTransfer, networkReason, readAnswer, validatorOf } from './answers'
import { hasChecksum } from './checksum'
import { PartFile } from './partFile'
import { TransferProgress } from './transferProgress'

export interface FetchRequest {
  address: string
  /** Where the file is to be. */
  file: string
  checksum: Checksum
  /** Called with the bytes that are still to come, once they are known. Throws when there is no room for them. */
  checkRoom(remainingBytes: number): Promise<void>
}

export interface FetchPatience {
  /** A server that sends nothing for so long has stalled. */
  stallMs: number
  /** Waits before the next tries; each try that brings the file further begins them anew. */
  waitSeconds: readonly number[]
  /** A server that asks for more is not waited for. */
  longestWaitSeconds: number
}

const usualPatience: FetchPatience = { stallMs: 30_000, waitSeconds: [1, 2, 5, 10], longestWaitSeconds: 120 }

const cancelledSentence =
  'The download was cancelled: what has arrived is kept, and the next download goes on from there.'

/**
 * Fetches a file over HTTP. What has arrived is kept through breaks, cancelling and restarts, and is
 * gone on with while the server still has the same file; a server that can't send a part is asked for
 * the whole. A file that is there already is only checked.
 *
 * @throws VitrineError `not-found`, `unavailable`, `unreadable` for a wrong checksum, `cancelled`, what
 * `checkRoom` throws; the system's error as it is (e.g. `ENOSPC`)
 */
export async function fetchFile(
  request: FetchRequest,
  context: JobContext,
  patience: FetchPatience = usualPatience,
): Promise<void> {
  const { file, checksum, address } = request
  const checkpoint = (): void => throwIfEnded(context, cancelledSentence)
  await mkdir(dirname(file), { recursive: true })
  if ((await stat(file).catch(() => null)) !== null) {
    if (await hasChecksum(file, checksum, context, checkpoint)) return
    await rm(file)
  }
  const part = await PartFile.open(file, address)
  let isRight: boolean
  try {
    await new Transfer(part, request, context, patience).run()
    isRight = await hasChecksum(partOf(file), checksum, context, checkpoint)
  } catch (error) {
    await part.close()
    throw error
  }
  if (isRight) return part.finish()
  await part.discard()
  throw wrongChecksum(address)
}

class Transfer {
  private readonly progress: TransferProgress
  private totalBytes: number | null = null
  /** The most that was ever there: only beyond it a try has brought something. */
  private longestBytes: number

  constructor(
    private readonly part: PartFile,
    private readonly request: FetchRequest,
    private readonly context: JobContext,
    private readonly patience: FetchPatience,
  ) {
    this.progress = new TransferProgress(context)
    this.longestBytes = part.sizeBytes
  }

  /** Returns when all has arrived. */
  async run(): Promise<void> {
    for (let failed = 0; !this.part.isWhole; failed++) {
      try {
        await this.attempt()
        return
      } catch (error) {
        throwIfEnded(this.context, cancelledSentence)
        if (!(error instanceof BrokenTransfer)) throw error
        if (this.part.sizeBytes > this.longestBytes) failed = 0
        this.longestBytes = Math.max(this.longestBytes, this.part.sizeBytes)
        await this.pause(error, failed)
      }
    }
  }

  /** @throws VitrineError `unavailable` when there have been tries enough */
  private async pause(broken: BrokenTransfer, failed: number): Promise<void> {
    const { waitSeconds, longestWaitSeconds } = this.patience
    const usual = waitSeconds[failed]
    const asked = broken.waitSeconds
    if (usual === undefined || (asked !== null && asked > longestWaitSeconds)) {
      throw givenUp(this.request.address, broken, this.part.sizeBytes > 0 && this.part.validator !== null)
    }
    const seconds = asked ?? usual
    this.progress.wait(
      `Waiting ${seconds} s to try again, because ${broken.reason}`,
      this.part.sizeBytes,
      this.totalBytes,
    )
    await wait(seconds * 1000, undefined, { signal: this.context.cancelled }).catch(() => undefined)
    throwIfEnded(this.context, cancelledSentence)
  }

  private async attempt(): Promise<void> {
    throwIfEnded(this.context, cancelledSentence)
    this.progress.restart()
    const stall = new StallTimer(this.patience.stallMs)
    const signal = AbortSignal.any([stall.signal, this.context.cancelled])
    try {
      const response = await fetch(this.request.address, { headers: this.headers(), signal })
      stall.touch()
      try {
        await this.receive(response, stall)
      } finally {
        await response.body?.cancel().catch(() => undefined)
      }
    } catch (error) {
      if (error instanceof BrokenTransfer || error instanceof VitrineError || isDiskError(error)) throw error
      const reason = stall.hasStalled ? `nothing came for ${Math.round(this.patience.stallMs / 1000)} s` : null
      throw new BrokenTransfer(reason ?? networkReason(error), null, error)
    } finally {
      stall.end()
    }
  }

  private headers(): Record<string, string> {
    // The archive as it is: a compression of the transport would make ranges mean something else.
    const always = { 'accept-encoding': 'identity', 'user-agent': 'Vitrine' }
    const { sizeBytes, validator } = this.part
    if (sizeBytes === 0 || validator === null) return always
    return { ...always, range: `bytes=${sizeBytes}-`, 'if-range': validator }
  }

  private async receive(response: Response, stall: StallTimer): Promise<void> {
    const { part, request } = this
    const { address } = request
    const sent = readAnswer(response, address, part.sizeBytes)
    if (sent.from === 'elsewhere') {
      await part.begin(null)
      throw new BrokenTransfer('the server has another file now')
    }
    const { totalBytes } = sent
    if (sent.from === 'start') {
      const validator = validatorOf(response.headers)
      await part.begin(validator === null ? null : { address, validator, totalBytes })
    }
    this.totalBytes = totalBytes
    if (totalBytes !== null) await request.checkRoom(totalBytes - part.sizeBytes)
    if (response.body === null) throw new BrokenTransfer('the server sent nothing')
    this.progress.report(part.sizeBytes, totalBytes)
    for await (const chunk of response.body) {
      stall.touch()
      throwIfEnded(this.context, cancelledSentence)
      await part.append(chunk)
      this.progress.report(part.sizeBytes, totalBytes)
    }
    if (totalBytes !== null && part.sizeBytes < totalBytes) throw new BrokenTransfer('the connection broke')
  }
}

/** Aborts what has its signal when it isn't touched for a while. */
class StallTimer {
  private readonly controller = new AbortController()
  private timer: NodeJS.Timeout

  constructor(private readonly stallMs: number) {
    this.timer = this.started()
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  get hasStalled(): boolean {
    return this.controller.signal.aborted
  }

  touch(): void {
    clearTimeout(this.timer)
    this.timer = this.started()
  }

  end(): void {
    clearTimeout(this.timer)
  }

  private started(): NodeJS.Timeout {
    return setTimeout(() => this.controller.abort(), this.stallMs)
  }
}

/** The network's errors are wrapped by `fetch`: only the disk's have a system call themselves. */
function isDiskError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

function givenUp(address: string, { reason, waitSeconds, cause }: BrokenTransfer, isKept: boolean): VitrineError {
  const asks = waitSeconds === null ? '' : ` and asks for ${Math.ceil(waitSeconds / 60)} minutes`
  const kept = isKept ? ' What has arrived is kept.' : ''
  const message = `${address} can't be downloaded, because ${reason}${asks}: check the network and try again later.${kept}`
  return new VitrineError('unavailable', message, { cause })
}

function wrongChecksum(address: string): VitrineError {
  return new VitrineError(
    'unreadable',
    `What came from ${address} is not the published file (its checksum is wrong), so it was thrown away: try again, or set another address.`,
  )
}
